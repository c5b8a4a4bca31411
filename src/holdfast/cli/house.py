"""The commands that look into the house: replay, records, tools."""

import asyncio
import json
import logging
import os
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer
from rich.markup import escape

from holdfast.cli.incidents import AsJson
from holdfast.cli.speaking import AWAY, NO, WRONG, err, fail, out, print_json
from holdfast.cli.stack import check_transport
from holdfast.workers.places import default_data_dir, read_stack

if TYPE_CHECKING:  # a second of imports
    from temporalio.client import WorkflowHistory

    from holdfast.records.store import IncidentFilter, IncidentPage
    from holdfast.workers.replay import Replayed

T = TypeVar("T")
records_app = typer.Typer(no_args_is_help=True, help="The read model: made again from Temporal's histories.")
tools_app = typer.Typer(no_args_is_help=True, help="Tool servers: what there is, call one, serve one.")
Address = Annotated[
    str,
    typer.Option(
        "--temporal", envvar="HOLDFAST_TEMPORAL_ADDRESS", help="host:port of Temporal; by default the running stack's."
    ),
]
Namespace = Annotated[str, typer.Option(envvar="HOLDFAST_TEMPORAL_NAMESPACE", help="Temporal namespace.")]
DATABASE = "HOLDFAST_DATABASE_URL"
Database = Annotated[
    str, typer.Option(envvar=DATABASE, help="SQLAlchemy URL of the records; by default the embedded stack's.")
]


def replay(  # three sources and where they are
    files: Annotated[
        list[Path] | None, typer.Argument(help="Histories from `temporal workflow show --output json`.")
    ] = None,
    workflow_id: Annotated[str, typer.Option(help="Fetch this workflow's newest history.")] = "",
    query: Annotated[str, typer.Option(help="Fetch every run a visibility query finds.")] = "",
    address: Address = "",
    namespace: Namespace = "default",
    as_json: AsJson = False,
) -> None:
    """Replay histories against this code; exits 1 when a decision would differ or nothing is found.

    Example: holdfast replay --query "IncidentStatus = 'closed'"
    """
    from holdfast.workers import replay as replaying  # noqa: PLC0415 # a second of imports

    if not (files or workflow_id or query):
        fail("name history files, --workflow-id or --query", code=WRONG)
    where = address or temporal_address()
    with err.status("replaying…"):
        histories = _read_all(files or [])
        if workflow_id or query:
            histories += reached(replaying.fetch(where, namespace, workflow_id=workflow_id, query=query), where)
        answers = asyncio.run(replaying.replay(histories))
    if as_json:
        print_json([a.model_dump() for a in answers])
    else:
        _show_replayed(answers)
    if not answers:
        fail("nothing was found to replay", do="a query that finds no incident proves nothing: check it")
    raise typer.Exit(NO if any(a.error for a in answers) else 0)


def _read_all(files: list[Path]) -> "list[tuple[str, WorkflowHistory]]":
    from holdfast.workers import replay as replaying  # noqa: PLC0415 # a second of imports

    try:
        return [(str(f), replaying.read(f)) for f in files]
    except (ValueError, OSError) as e:
        fail(str(e), do="write one with `temporal workflow show --workflow-id ID --output json`", code=WRONG)


def _show_replayed(answers: "list[Replayed]") -> None:
    for a in answers:
        mark = "[red]differs[/]" if a.error else "[green]replays[/]"
        out.print(mark, escape(f"{a.name} ({a.events} events) {a.error}"), highlight=False, soft_wrap=True)
    out.print(f"{sum(not a.error for a in answers)} of {len(answers)} replay", highlight=False)


@records_app.command("rebuild")
def rebuild(
    database: Database = "",
    address: Address = "",
    namespace: Namespace = "default",
    as_json: AsJson = False,
) -> None:
    """Write every incident back whose history Temporal still keeps; exits 1 when one of them cannot be read.

    Example: holdfast records rebuild --database sqlite+aiosqlite:///records.db
    """
    from holdfast.workers.rebuilding import rebuild as rebuilding  # noqa: PLC0415 # a second of imports

    where = address or temporal_address()
    with err.status("reading histories…"):
        done = reached(rebuilding(where, namespace, database or records_url()), where)
    if as_json:
        print_json(done.model_dump())
    else:
        out.print(f"{done.incidents} incident(s) written back from {done.histories} histories", highlight=False)
    if done.unreadable:
        fail("histories that could not be read: " + "; ".join(done.unreadable))


@records_app.command("list")
def list_records(
    database: Database = "",
    status: Annotated[str, typer.Option(help="Only of this status.")] = "",
    service: Annotated[str, typer.Option(help="Only of this service.")] = "",
    limit: Annotated[int, typer.Option(help="How many, newest first.", min=1, max=200)] = 50,
    as_json: AsJson = False,
) -> None:
    """List what the records keep, straight from their database: nothing else has to run.

    Example: holdfast records list --status closed
    """
    from holdfast.cli.live import lines_table  # noqa: PLC0415 # a second of imports
    from holdfast.records.store import IncidentFilter  # noqa: PLC0415 # as above

    if not database and not _kept().exists():
        fail(f"no records in {_kept()} yet", do="`holdfast up` or `holdfast demo --data` make some")
    wanted = IncidentFilter(status=status, service=service, limit=limit)
    page = asyncio.run(_listed(database or records_url(), wanted)).model_dump(mode="json")
    if as_json:
        print_json(page)
    elif page["incidents"]:
        out.print(lines_table(page["incidents"]))
    else:
        err.print("no incidents" + (" match" if status or service else " are kept yet"))


async def _listed(url: str, wanted: "IncidentFilter") -> "IncidentPage":
    from holdfast.records.errors import BadDatabaseUrl, RecordsUnavailable  # noqa: PLC0415 # as above
    from holdfast.records.store import RecordsStore  # noqa: PLC0415 # as above

    try:
        store = await RecordsStore.open(url)
    except (RecordsUnavailable, BadDatabaseUrl) as e:
        fail(f"{url}: {e}", do=f"name the records with --database or {DATABASE}", code=AWAY)
    try:
        return await store.list(wanted)
    finally:
        await store.close()


@tools_app.command("list")
def list_tools(as_json: AsJson = False) -> None:
    """List every tool and what it may do: looks, tells or acts.

    Example: holdfast tools list
    """
    from holdfast.workers.toolserver import reaches  # noqa: PLC0415 # a second of imports

    _alone()
    found = _configured(reaches)
    if as_json:
        print_json(found)
        return
    for name, reach in found.items():
        out.print(f"{reach:6} {name}", highlight=False)


@tools_app.command("call")
def call_tool(
    server: Annotated[str, typer.Argument(help="Such as monitoring.")],
    tool: Annotated[str, typer.Argument(help="Such as fetch_metrics.")],
    arguments: Annotated[str, typer.Option(help="Arguments as a JSON object.")] = "{}",
    key: Annotated[
        str, typer.Option(help="Idempotency key, to repeat an earlier call; by default a new one, which is printed.")
    ] = "",
) -> None:
    """Call one tool and print its answer as JSON; a tool that acts refuses without a grant.

    Example: holdfast tools call kubernetes get_pods --arguments '{"namespace": "shop"}'
    """
    from holdfast.workers.toolserver import call, new_key  # noqa: PLC0415 # a second of imports

    _alone()
    try:
        parsed = json.loads(arguments)
    except ValueError as e:
        fail(f"--arguments: no JSON: {e}", code=WRONG)
    if not isinstance(parsed, dict):
        fail('--arguments: an object is needed, such as {"namespace": "shop"}', code=WRONG)
    used = key or new_key()
    logging.disable(logging.ERROR)  # what a tool refuses is said below, once
    try:
        print_json(_configured(lambda: asyncio.run(call(server, tool, parsed, used))))
    finally:
        logging.disable(logging.NOTSET)
        err.print(f"idempotency key: {used}", highlight=False, markup=False, soft_wrap=True)


@tools_app.command("serve")
def serve_tool(  # noqa: PLR0913, PLR0917 # where it listens, and as whom
    name: Annotated[str, typer.Argument(help="Such as monitoring; `holdfast tools list` names them.")],
    transport: Annotated[str, typer.Option(help="stdio or http.")] = "stdio",
    host: Annotated[str, typer.Option(help="For http: address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="For http: port to listen on.")] = 8100,
    allow_host: Annotated[list[str] | None, typer.Option(help="For http: further Host headers to accept.")] = None,
    tls_cert: Annotated[Path | None, typer.Option(help="For https: PEM file of the certificate chain.")] = None,
    tls_key: Annotated[Path | None, typer.Option(help="For https: PEM file of its key.")] = None,
) -> None:
    """Serve one tool server; over HTTP the bearer token is read from HOLDFAST_TOOL_TOKEN.

    Example: holdfast tools serve monitoring --transport http --port 8101
    """
    _alone()
    check_transport(transport)
    hosts = [f"--allow-host={one}" for one in allow_host or ()]
    files = [f"--tls-{what}={file}" for what, file in (("cert", tls_cert), ("key", tls_key)) if file]
    where = [f"--transport={transport}", f"--host={host}", f"--port={port}", *hosts, *files]
    # In place of this process, so that the server carries nothing of the command line with it.
    os.execv(sys.executable, [sys.executable, "-m", "holdfast.tools", name, *where])  # noqa: S606 # our own module, no shell


def _alone() -> None:
    """Outside a stack these commands work on the embedded default's own files."""
    data = default_data_dir()
    if "HOLDFAST_ESTATE" not in os.environ and "HOLDFAST_TOOLS_FILE" not in os.environ:
        os.environ.setdefault("HOLDFAST_EMBEDDED", "true")
        os.environ["HOLDFAST_ESTATE"] = str(data / "estate.db")
        os.environ.setdefault(DATABASE, records_url())
        if (data / "grant.pub").exists():
            os.environ.setdefault("HOLDFAST_GRANT_PUBLIC_KEY_FILE", str(data / "grant.pub"))


def _kept() -> Path:
    return default_data_dir() / "records.db"


def records_url(data: Path | None = None) -> str:
    """Return the address of the records that an embedded stack keeps in `data`, by default in its usual folder."""
    return f"sqlite+aiosqlite:///{(data or default_data_dir()) / 'records.db'}"


def temporal_address(data: Path | None = None) -> str:
    """Return where the Temporal of the stack that runs in `data` listens, else its usual address."""
    return read_stack(data or default_data_dir()).get("temporal", "") or "127.0.0.1:7233"


def _configured(work: Callable[[], T]) -> T:
    """Run work that reads settings; what is missing is named without a traceback."""
    from holdfast.workers.toolserver import failures  # noqa: PLC0415 # a second of imports

    try:
        return work()
    except failures() as e:
        said = e.args[0] if isinstance(e, KeyError) and e.args else e
        fail(" ".join(str(said).split())[:400])


def reached(work: Coroutine[Any, Any, T], address: str) -> T:
    """Run work that needs Temporal; say when it cannot be reached, and what it refuses."""
    from temporalio.service import RPCError, RPCStatusCode  # noqa: PLC0415 # a second of imports

    from holdfast.records.errors import RecordsUnavailable  # noqa: PLC0415 # as above

    away = f"Temporal at {address} cannot be reached"
    try:
        return asyncio.run(work)
    except RPCError as e:
        if e.status in {RPCStatusCode.UNAVAILABLE, RPCStatusCode.DEADLINE_EXCEEDED}:
            fail(f"{away}: {e}", do="name it with --temporal", code=AWAY)
        fail(f"Temporal at {address} says: {e}")
    except RecordsUnavailable as e:
        fail(str(e), do=f"name the records with --database or {DATABASE}", code=AWAY)
    except (RuntimeError, OSError) as e:
        why = "connection refused" if "ConnectionRefused" in str(e) else str(e)[:200]
        fail(f"{away}: {why}", do="name it with --temporal", code=AWAY)
