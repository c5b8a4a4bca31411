"""A demonstration: a fault begins, its alert arrives, and everything that follows is shown as it happens."""

import asyncio
import contextlib
import secrets
import signal
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import typer
from rich.console import Console
from rich.markdown import Markdown

from holdfast.cli.asking import ask
from holdfast.cli.client import Api, path_of
from holdfast.cli.following import Follower, insist
from holdfast.cli.live import findings_view, incident_view
from holdfast.cli.reports import for_terminal, read_report
from holdfast.cli.speaking import AWAY, NO, WRONG, err, fail, out, print_json, tame
from holdfast.domain.incident import Incident
from holdfast.workers import demo
from holdfast.workers.demo import Scenario
from holdfast.workers.embedded import DEMO, EmbeddedStack, StackError, StackPlace
from holdfast.workers.places import read_stack
from holdfast.workers.temporal import DataInUseError


@dataclass(frozen=True)
class Wish:
    """What was asked for on the command line."""

    scenario: str
    folder: Path
    approve_as: str = ""
    as_json: bool = False
    keep: bool = False


@dataclass(frozen=True)
class Stage:
    """A stack that stands, its own or one that ran already."""

    api: str
    web_ui: str
    estate: Path
    pids: dict[str, int] = field(default_factory=dict)


async def play(wish: Wish) -> int:
    """Play one scenario and return the exit code."""
    try:
        scenario = demo.load(wish.scenario)
    except KeyError:
        fail(f"no scenario {wish.scenario!r}", do=f"choose from {', '.join(demo.names())}", code=WRONG)
    screen = err if wish.as_json else out
    _end_on_sigterm()
    async with _stage(wish, screen) as stage:
        play = _Play(scenario, stage, screen)
        incident = await play.run(wish.approve_as)
        if wish.as_json:
            print_json(incident.model_dump(mode="json"))
        else:
            await play.show_report(incident)
        code = play.judge(incident)
        if wish.keep and stage.pids:
            screen.print(f"\nit still runs, with its data in {wish.folder}; Ctrl-C stops it", highlight=False)
            await asyncio.Event().wait()
        return code


@contextlib.asynccontextmanager
async def _stage(wish: Wish, screen: Console) -> AsyncIterator[Stage]:
    running = read_stack(wish.folder)
    if running and Api(running["api"]).try_get("/readyz") is not None:
        screen.print(f"playing on the stack that runs in {wish.folder}; its incidents soak longer", highlight=False)
        yield Stage(api=running["api"], web_ui=running["web_ui"], estate=wish.folder / "estate.db")
        return
    stack = await start(wish.folder, screen, lambda: StackPlace.choose(wish.folder, DEMO))
    try:
        place = stack.place
        yield Stage(place.api_url, place.web_ui_url, place.estate, dict(stack.supervisor.pids()))
    finally:
        with screen.status("stopping…"):
            await stack.stop()


async def start(folder: Path, screen: Console, choose: Callable[[], StackPlace]) -> EmbeddedStack:
    """Start a stack and return it; what keeps it from standing is said in words."""
    try:
        with screen.status("starting Temporal, worker and API over a simulated estate…"):
            return await EmbeddedStack(choose()).__aenter__()
    except DataInUseError as e:
        fail(str(e), do="stop that one, or choose another folder with --data", code=AWAY)
    except StackError as e:
        fail(str(e), do=f"the logs are in {folder / 'logs'}", code=AWAY)
    except OSError as e:
        fail(f"the stack cannot start: {e}", do="`holdfast doctor` looks at what it needs", code=AWAY)


class _Play:
    """One play in progress."""

    def __init__(self, scenario: Scenario, stage: Stage, screen: Console) -> None:
        self._scenario = scenario
        self._stage = stage
        self._screen = screen
        self._api = Api(stage.api)
        self._asked: set[str] = set()

    async def run(self, approve_as: str) -> Incident:
        """Begin the fault, send its alert and follow the incident to its end."""
        self._introduce()
        began = datetime.now(UTC)
        payload = await asyncio.to_thread(demo.begin, self._scenario, self._stage.estate)
        accepted = await insist(self._api, "/alerts/alertmanager", payload)
        follower = Follower(self._api, accepted["incidents"][0]["ref"], self._screen, began)
        while True:
            incident = await follower.until(lambda i: i.status in demo.FINAL or self._asks(i))
            if incident.status in demo.FINAL:
                self._screen.print(incident_view(incident) if self._screen.is_terminal else findings_view(incident))
                return incident
            await self._answer(incident, follower, approve_as)

    def _asks(self, incident: Incident) -> bool:
        return incident.awaiting and incident.plan is not None and incident.plan.plan_hash not in self._asked

    def _introduce(self) -> None:
        self._screen.rule(f"[bold]{self._scenario.title}")
        self._screen.print(self._scenario.story, style="dim", highlight=False)
        self._screen.print(f"API {self._stage.api}   Temporal Web UI {self._stage.web_ui}", highlight=False)
        if self._stage.pids:
            pids = "  ".join(f"{name} {pid}" for name, pid in self._stage.pids.items())
            self._screen.print(f"kill -9 any of them and watch it go on: {pids}\n", style="dim", highlight=False)

    async def _answer(self, incident: Incident, follower: Follower, approve_as: str) -> None:
        """Vote as told, or ask whoever sits here; who votes from elsewhere meanwhile ends the question."""
        plan_hash = incident.plan.plan_hash if incident.plan else ""
        self._asked.add(plan_hash)
        choice, who = ("approve", approve_as) if approve_as else await self._ask(incident, follower)
        if not choice:
            return
        vote = {"choice": choice, "plan_hash": plan_hash, "channel": "cli", "vote_id": secrets.token_hex(8)}
        # A refusal has been said by then; somebody else may just have decided, and the play goes on.
        with contextlib.suppress(typer.Exit):
            await insist(Api(self._stage.api, who), path_of(incident.workflow_id, "votes"), vote)

    async def _ask(self, incident: Incident, follower: Follower) -> tuple[str, str]:
        """Return the choice and the name of who sits here; nothing when others answered or nobody sits here."""
        ref = incident.number or incident.workflow_id.replace("/", ":")
        self._screen.print(incident_view(incident) if self._screen.is_terminal else findings_view(incident))
        elsewhere = f"holdfast approve {ref} --as NAME --api {self._stage.api}"
        self._screen.print(f"\nfrom another terminal: {elsewhere}", highlight=False, soft_wrap=True)
        answered = asyncio.create_task(follower.quietly(lambda i: not self._is_about(i, incident)))
        try:
            return await ask(self._screen, answered)
        finally:
            answered.cancel()

    @staticmethod
    def _is_about(now: Incident, asked: Incident) -> bool:
        return now.awaiting and now.plan == asked.plan

    async def show_report(self, incident: Incident) -> None:
        """Show the report, rendered."""
        ref, links = incident.number or incident.workflow_id, self._screen.is_terminal
        markdown = await asyncio.to_thread(read_report, self._api, ref)
        self._screen.rule("report")
        shown = for_terminal(markdown, self._api, ref, links=links)
        self._screen.print(Markdown(shown, hyperlinks=links))

    def judge(self, incident: Incident) -> int:
        """Say whether it ended as the scenario promises, and return the exit code."""
        differences = demo.differences(self._scenario, incident)
        for line in differences:
            err.print(f"[bold red]ended otherwise:[/] {tame(line)}", highlight=False)
        if not differences:
            self._screen.print(f"\n[bold green]ended as the story says:[/] {tame(incident.outcome)}", highlight=False)
        return NO if differences else 0


def _end_on_sigterm() -> None:
    """Stop the stack on SIGTERM as on Ctrl-C."""
    task = asyncio.current_task()
    if task is not None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
