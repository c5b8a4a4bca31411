"""The commands that start things: the whole stack, one process of it, a demonstration; and the one that checks."""

import asyncio
import shutil
import signal
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from holdfast.cli.speaking import NO, WRONG, err, fail, out, print_json
from holdfast.workers.places import default_data_dir

Data = Annotated[Path | None, typer.Option("--data", help="Folder that keeps everything; by default in your home.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON alone.")]
serve_app = typer.Typer(no_args_is_help=True, help="Run one process; settings come from HOLDFAST_* variables.")


def up(
    data: Data = None,
    systems: Annotated[
        Path | None,
        typer.Option(help="YAML of real systems (docs/integrations) to stand on, in place of the simulated shop."),
    ] = None,
    tools: Annotated[
        Path | None, typer.Option(help="YAML of tool servers and how each is reached (deploy/tools.example.yaml).")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Run the embedded stack until Ctrl-C: Temporal with its Web UI, worker, API, a simulated estate or real systems.

    Example: holdfast up --systems ./systems.yaml
    """
    for name, file in (("systems", systems), ("tools", tools)):
        if file is not None and not file.is_file():
            fail(f"--{name}: there is no file {file}", code=WRONG)
    real = {"systems_file": systems and systems.absolute(), "tools_file": tools and tools.absolute()}
    asyncio.run(_up((data or default_data_dir()).absolute(), real, as_json=as_json))


async def _up(data: Path, real: dict[str, Path | None], *, as_json: bool) -> None:
    from holdfast.cli.playing import start  # noqa: PLC0415 # a second of imports
    from holdfast.workers.embedded import StackPlace  # noqa: PLC0415 # as above

    stop = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    stack = await start(data, err, lambda: StackPlace.choose(data).model_copy(update=real))
    place = stack.place
    if as_json:
        print_json(stack.about())
    else:
        out.print(f"API              {place.api_url}", highlight=False)
        out.print(f"Temporal Web UI  {place.web_ui_url}", highlight=False)
        out.print(f"Data and logs    {place.data_dir}", highlight=False, soft_wrap=True)
        where = "--here" if place.data_dir == default_data_dir().absolute() else f"--data {place.data_dir}"
        out.print(f"Try: holdfast demo {where}   (Ctrl-C stops)", highlight=False, soft_wrap=True)
        if where != "--here":
            out.print(f"Other commands find it by HOLDFAST_API={place.api_url}", highlight=False, soft_wrap=True)
    sys.stdout.flush()
    await stop.wait()
    with err.status("stopping…"):
        await stack.stop()


def demo(  # one option a wish
    scenario: Annotated[str, typer.Option(help="Which story to play; an unknown name lists them.")] = "bad-deploy",
    approve_as: Annotated[str, typer.Option("--approve-as", help="Answer asks by itself, as this person.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print the final incident document alone.")] = False,
    data: Annotated[
        Path | None,
        typer.Option("--data", help="Keep everything here, or play on the stack that runs here; else a new folder."),
    ] = None,
    here: Annotated[bool, typer.Option("--here", help="Play on the stack that `holdfast up` keeps running.")] = False,
    keep: Annotated[bool, typer.Option("--keep", help="Afterwards let the stack run until Ctrl-C.")] = False,
) -> None:
    """Play an incident on the embedded stack, from alert to report; exits 0 only when it ended as the story says.

    Example: holdfast demo --scenario oom-crash
    """
    from holdfast.cli.playing import Wish, play  # noqa: PLC0415 # a second of imports

    data = data or (default_data_dir() if here else None)
    folder = data.absolute() if data else Path(tempfile.mkdtemp(prefix="holdfast-demo-"))
    try:
        code = asyncio.run(play(Wish(scenario, folder, approve_as=approve_as, as_json=as_json, keep=keep)))
    except KeyboardInterrupt:
        code = 128 + signal.SIGINT
    except asyncio.CancelledError:
        code = 128 + signal.SIGTERM
    finally:
        if data is None and not keep:
            shutil.rmtree(folder, ignore_errors=True)
    raise typer.Exit(code)


@serve_app.command("api")
def serve_api() -> None:
    """Run the API, as `python -m holdfast.api` does; deploy/settings.md lists its settings.

    Example: holdfast serve api
    """
    _become("holdfast.api")


@serve_app.command("worker")
def serve_worker() -> None:
    """Run a worker, as `python -m holdfast.workers` does; deploy/settings.md lists its settings.

    Example: holdfast serve worker
    """
    _become("holdfast.workers")


def doctor(data: Data = None, as_json: AsJson = False) -> None:
    """Check the set-up and say what to do about what is wrong; exits 1 when something is.

    Example: holdfast doctor
    """
    from holdfast.workers.checks import examine  # noqa: PLC0415 # a second of imports

    with err.status("looking…"):
        found = asyncio.run(examine(data or default_data_dir()))
    if as_json:
        print_json([f.model_dump() for f in found])
    else:
        for f in found:
            mark = "[green]ok[/]   " if f.fine else "[dim]none[/] " if f.optional else "[red]no[/]   "
            out.print(mark, escape(f"{f.name}: {f.text}"), highlight=False, soft_wrap=True)
            if f.do:
                out.print(f"       → {escape(f.do)}", highlight=False, soft_wrap=True)
    raise typer.Exit(0 if all(f.fine or f.optional for f in found) else NO)


def _become(module: str) -> None:
    """Replace this process, so that signals reach the module itself."""
    import os  # noqa: PLC0415 # beside its only use

    os.execv(sys.executable, [sys.executable, "-m", module])  # noqa: S606 # our own module, no shell


def check_transport(transport: str) -> str:
    """Return the transport, or fail naming the choices."""
    if transport not in ("stdio", "http"):
        fail(f"--transport: {transport!r}; choose stdio or http", code=WRONG)
    return transport
