"""A demonstration: a fault begins, its alert arrives, and everything that follows is shown as it happens."""

import asyncio
import sys
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.markdown import Markdown
from rich.prompt import Prompt

from holdfast.cli.client import Api, ref_of
from holdfast.cli.live import incident_view
from holdfast.cli.speaking import AWAY, NO, WRONG, err, fail, out, print_json
from holdfast.domain.incident import Incident
from holdfast.workers import demo
from holdfast.workers.embedded import DEMO, EmbeddedStack, StackPlace
from holdfast.workers.temporal import DataInUseError

LOOK_EVERY = 0.15


async def play(name: str, approve_as: str, folder: Path, *, as_json: bool) -> int:
    """Play one scenario on a stack of its own and return the exit code."""
    try:
        scenario = demo.load(name)
    except KeyError as e:
        fail(str(e.args[0]), code=WRONG)
    screen = err if as_json else out
    stack = EmbeddedStack(StackPlace.choose(folder, DEMO))
    try:
        with screen.status("setting up: Temporal, worker, API, a simulated shop…"):
            await stack.__aenter__()
    except DataInUseError as e:
        fail(str(e), code=AWAY)
    except TimeoutError:
        fail("the stack did not stand within half a minute", do=f"read the logs in {folder}/logs", code=AWAY)
    try:
        return await _Play(scenario, stack, approve_as, screen).run(as_json=as_json)
    finally:
        with screen.status("stopping…"):
            await stack.stop()


class _Play:
    """One play in progress."""

    def __init__(self, scenario: Any, stack: EmbeddedStack, approve_as: str, screen: Console) -> None:
        self._scenario = scenario
        self._stack = stack
        self._approve_as = approve_as
        self._screen = screen
        self._api = Api(stack.place.api_url)
        self._voted: set[str] = set()

    async def run(self, *, as_json: bool) -> int:
        self._introduce()
        payload = demo.begin(self._scenario, self._stack.place.estate)
        accepted = await asyncio.to_thread(self._api.post, "/alerts/alertmanager", payload)
        ref = ref_of(accepted["incidents"][0]["workflow_id"])
        incident = await self._follow(ref)
        if as_json:
            print_json(incident.model_dump(mode="json"))
        else:
            await self._show_report(ref)
        return self._judge(incident)

    def _introduce(self) -> None:
        place, pids = self._stack.place, self._stack.supervisor.pids()
        self._screen.rule(f"[bold]{self._scenario.title}")
        self._screen.print(self._scenario.story, style="dim", highlight=False)
        self._screen.print(f"API {place.api_url}   Temporal Web UI {place.web_ui_url}", highlight=False)
        kill = "  ".join(f"{name} {pid}" for name, pid in pids.items())
        self._screen.print(f"kill -9 any of them and watch it go on: {kill}\n", style="dim", highlight=False)

    async def _follow(self, ref: str) -> Incident:
        incident: Incident | None = None
        while incident is None or incident.status not in demo.FINAL:
            incident = await self._until_it_matters(ref, incident)
            if incident.awaiting and incident.plan and incident.plan.plan_hash not in self._voted:
                await self._answer(ref, incident)
        return incident

    async def _until_it_matters(self, ref: str, seen: Incident | None) -> Incident:
        """Show changes until the incident is final or asks for an approval not yet given."""
        with Live(console=self._screen, refresh_per_second=10, auto_refresh=False, transient=True) as live:
            while True:
                found = await asyncio.to_thread(self._api.try_get, f"/incidents/{ref}")
                if found is not None:
                    seen = Incident.model_validate(found)
                    live.update(incident_view(seen), refresh=True)
                    asks = seen.awaiting and seen.plan is not None and seen.plan.plan_hash not in self._voted
                    if seen.status in demo.FINAL or asks:
                        break
                await asyncio.sleep(LOOK_EVERY)
        if seen.status in demo.FINAL:
            self._screen.print(incident_view(seen))
        return seen

    async def _answer(self, ref: str, incident: Incident) -> None:
        plan_hash = incident.plan.plan_hash if incident.plan else ""
        choice, who = await self._ask(ref, incident)
        if choice:
            body = {"choice": choice, "plan_hash": plan_hash, "reason": "", "channel": "cli"}
            await asyncio.to_thread(Api(self._stack.place.api_url, who).post, f"/incidents/{ref}/votes", body)
        self._voted.add(plan_hash)

    async def _ask(self, ref: str, incident: Incident) -> tuple[str, str]:
        """Return what a person answers: nothing when they will vote from another terminal."""
        if self._approve_as:
            return "approve", self._approve_as
        self._screen.print(incident_view(incident))
        if not sys.stdin.isatty():
            url = self._stack.place.api_url
            self._screen.print(f"\nwaiting for: holdfast approve {ref} --as NAME --api {url}", highlight=False)
            return "", ""
        answer = await asyncio.to_thread(Prompt.ask, "Approve this plan?", choices=["y", "n"], console=self._screen)
        who = await asyncio.to_thread(Prompt.ask, "Your name", default="me", console=self._screen)
        return ("approve" if answer == "y" else "reject"), who

    async def _show_report(self, ref: str) -> None:
        markdown = await asyncio.to_thread(self._api.text, f"/incidents/{ref}/report")
        self._screen.rule("report")
        self._screen.print(Markdown(markdown))

    def _judge(self, incident: Incident) -> int:
        differences = demo.differences(self._scenario, incident)
        if not differences:
            self._screen.print(f"\n[bold green]ended as the story says:[/] {incident.outcome}", highlight=False)
            return 0
        for line in differences:
            err.print(f"[bold red]ended otherwise:[/] {line}", highlight=False)
        return NO
