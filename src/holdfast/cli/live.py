"""An incident on a terminal: its story as it happens, its cause with the odds, its plan, its votes and its proof."""

from datetime import datetime
from typing import Any

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.panel import Panel
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from holdfast.cli.speaking import tame
from holdfast.domain.action import describe
from holdfast.domain.attempt import Check
from holdfast.domain.incident import Incident, IncidentStatus
from holdfast.domain.timeline import EntryKind, TimelineEntry

_COLOURS: dict[str, str] = {
    IncidentStatus.OPEN: "yellow",
    IncidentStatus.INVESTIGATING: "yellow",
    IncidentStatus.AWAITING_APPROVAL: "magenta",
    IncidentStatus.REMEDIATING: "cyan",
    IncidentStatus.VERIFYING: "cyan",
    IncidentStatus.RESOLVED: "green",
    IncidentStatus.CLOSED: "green",
    IncidentStatus.ESCALATED: "red",
    IncidentStatus.MERGED: "blue",
}
_MARKS = {
    "alert": "▲",
    "triage": "·",
    "evidence": "◆",
    "diagnosis": "●",
    "plan": "▤",
    "decision": "⚖",
    "approval": "✋",
    "action": "⚙",
    "verification": "✓",
    "human": "☺",
    "status": "■",
    "notice": "!",
}
BAR = 20
_MACHINES = ("holdfast", "alertmanager")


class Tail:
    """A view cut to the height of the terminal: its first line, and as many of its last ones as there is room for."""

    def __init__(self, view: RenderableType) -> None:
        self._view = view

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        lines = console.render_lines(self._view, options.update(height=None), pad=False)
        room = max(console.size.height - 2, 3)
        if len(lines) > room:
            lines = [lines[0], [Segment("   …")], *lines[len(lines) - room + 2 :]]
        for line in lines:
            yield from line
            yield Segment.line()


def incident_view(incident: Incident) -> RenderableType:
    """Return the whole incident."""
    return _group(head(incident), timeline(incident), *_panels(incident))


def findings_view(incident: Incident) -> RenderableType:
    """Return what was found and proposed, without the story that led there."""
    return _group(head(incident), *_panels(incident))


def _panels(incident: Incident) -> tuple[RenderableType | None, ...]:
    return causes(incident), plan(incident), checks(incident)


def _group(*parts: RenderableType | None) -> Group:
    return Group(*(p for p in parts if p is not None))


def head(incident: Incident) -> Text:
    """Return one line: number, title, where it stands."""
    colour = _COLOURS.get(incident.status, "white")
    text = Text()
    text.append(f"{incident.number or 'incident'}  ", style="bold")
    text.append(tame(incident.title), style="bold")
    text.append(f"  {incident.status.replace('_', ' ')}", style=f"bold {colour}")
    text.append(f"  {incident.severity}", style="dim")
    return text


def timeline(incident: Incident) -> Table:
    """Return the story, one line an entry, seconds since the first."""
    table = Table.grid(padding=(0, 1))
    table.add_column(justify="right", style="dim", no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for entry in incident.timeline:
        table.add_row(_since(incident.opened_at, entry.at), _MARKS.get(entry.kind, "·"), _said(entry))
    return table


def line_of(incident: Incident, entry: TimelineEntry) -> Text:
    """Return one entry as a line for a file."""
    return Text.assemble(_since(incident.opened_at, entry.at), f" {entry.kind:12} ", _said(entry))


def _said(entry: TimelineEntry) -> Text:
    who = "" if entry.actor in _MACHINES else f"{entry.actor}: "
    return _text(who + entry.text, style="yellow" if entry.kind is EntryKind.NOTICE else "")


def causes(incident: Incident) -> RenderableType | None:
    """Return the hypotheses with the odds as bars, and the evidence each cites."""
    if incident.diagnosis is None or not incident.diagnosis.hypotheses:
        return None
    table = Table.grid(padding=(0, 1))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for h in incident.diagnosis.hypotheses[:3]:
        full = round(h.confidence * BAR)
        bar = Text("█" * full + "░" * (BAR - full) + f" {h.confidence:4.0%}", style="cyan")
        said = _text(h.statement)
        said.append(f"  [{', '.join(h.evidence)}]", style="dim")
        table.add_row(bar, said)
    return Panel(table, title="cause", title_align="left", border_style="dim")


def plan(incident: Incident) -> RenderableType | None:
    """Return the exact actions, what they change and the way back, and what policy says."""
    if incident.plan is None or not incident.plan.actions:
        return None
    lines: list[RenderableType] = []
    for p in incident.plan.actions:
        lines.append(_text(describe(p.action), style="bold"))
        lines += [_changed(line) for line in p.dry_run.diff.splitlines()]
        back = describe(p.way_back) if p.way_back else p.no_way_back or "none"
        lines.append(_text(f"  way back: {back}", style="dim"))
    if incident.decision:
        d = incident.decision
        lines.append(_text(f"policy {d.verdict} by {d.rule}: {d.reason} (risk {d.risk:g})"))
    return Panel(Group(*lines), title=f"plan {incident.plan.plan_hash}", title_align="left", border_style="dim")


def _changed(line: str) -> Text:
    return _text(f"  {line}", style="green" if line.startswith("+") else "dim")


def checks(incident: Incident) -> RenderableType | None:
    """Return the signals before and after the last action that was verified."""
    verified = [a.verification for a in incident.attempts if a.verification]
    if not verified or not verified[-1].checks:
        return None
    table = Table.grid(padding=(0, 2))
    for check in verified[-1].checks:
        table.add_row(*_check(check))
    return Panel(table, title="before → after", title_align="left", border_style="dim")


def _check(check: Check) -> tuple[RenderableType, ...]:
    mark = Text("better", style="green") if check.passed else Text("not better", style="red")
    return _text(check.name), Text(f"{check.shown(check.before)} → {check.shown(check.after)}"), mark


_WIDEST = {"service": 40, "title": 50}


def lines_table(rows: list[dict[str, Any]]) -> Table:
    """Return a list of incidents."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    for title in ("number", "status", "severity", "service", "cause", "title", "opened"):
        # A long name is cut here; `incidents show` has it whole.
        table.add_column(title, overflow="ellipsis", no_wrap=True, max_width=_WIDEST.get(title))
    for r in rows:
        opened = datetime.fromisoformat(r["opened_at"]).strftime("%Y-%m-%d %H:%M:%SZ")
        status = Text(r["status"].replace("_", " "), style=_COLOURS.get(r["status"], ""))
        where = f"{r['environment']}/{r['service']}"
        said = (_text(str(word)) for word in (r["severity"], where, r["cause"], r["title"]))
        table.add_row(r["number"], status, *said, opened)
    return table


def _text(text: str, style: str = "") -> Text:
    """Return text that came from outside: no markup, no control characters."""
    return Text(tame(text), style=style)


def _since(start: datetime, at: datetime) -> str:
    return f"{(at - start).total_seconds():6.1f}s"
