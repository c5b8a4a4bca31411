"""An incident on a terminal: its story as it happens, its cause with the odds, its plan, its votes and its proof."""

from datetime import datetime
from typing import Any

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from holdfast.domain.action import describe
from holdfast.domain.attempt import Check
from holdfast.domain.incident import Incident, IncidentStatus

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


def incident_view(incident: Incident) -> RenderableType:
    """Return the whole incident."""
    parts = [head(incident), timeline(incident), causes(incident), plan(incident), checks(incident)]
    return Group(*(p for p in parts if p is not None))


def head(incident: Incident) -> Text:
    """Return one line: number, title, where it stands."""
    colour = _COLOURS.get(incident.status, "white")
    text = Text()
    text.append(f"{incident.number or 'incident'}  ", style="bold")
    text.append(incident.title, style="bold")
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
        who = "" if entry.actor in ("holdfast", "alertmanager") else f"{entry.actor}: "
        line = Text(who + entry.text, style="yellow" if entry.kind == "notice" else "")
        table.add_row(_since(incident.opened_at, entry.at), _MARKS.get(entry.kind, "·"), line)
    return table


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
        said = Text(h.statement)
        said.append(f"  [{', '.join(h.evidence)}]", style="dim")
        table.add_row(bar, said)
    return Panel(table, title="cause", title_align="left", border_style="dim")


def plan(incident: Incident) -> RenderableType | None:
    """Return the exact actions, what they change and the way back, and what policy says."""
    if incident.plan is None or not incident.plan.actions:
        return None
    lines: list[RenderableType] = []
    for p in incident.plan.actions:
        lines.append(Text(describe(p.action), style="bold"))
        lines += [
            Text(f"  {line}", style="green" if line.startswith("+") else "dim") for line in p.dry_run.diff.splitlines()
        ]
        lines.append(
            Text(f"  way back: {describe(p.way_back) if p.way_back else p.no_way_back or 'none'}", style="dim")
        )
    if incident.decision:
        d = incident.decision
        lines.append(Text(f"policy {d.verdict} by {d.rule}: {d.reason} (risk {d.risk:g})"))
    return Panel(Group(*lines), title=f"plan {incident.plan.plan_hash}", title_align="left", border_style="dim")


def _changed(line: str) -> Text:
    return Text(f"  {line}", style="green" if line.startswith("+") else "dim")


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
    return Text(check.name), Text(f"{_number(check.before)} → {_number(check.after)}"), mark


def lines_table(rows: list[dict[str, Any]]) -> Table:
    """Return a list of incidents."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    for title in ("number", "status", "severity", "service", "cause", "title", "opened"):
        table.add_column(title, overflow="fold")
    for r in rows:
        opened = datetime.fromisoformat(r["opened_at"]).strftime("%Y-%m-%d %H:%M:%SZ")
        status = Text(r["status"].replace("_", " "), style=_COLOURS.get(r["status"], ""))
        table.add_row(
            r["number"], status, r["severity"], f"{r['environment']}/{r['service']}", r["cause"], r["title"], opened
        )
    return table


def _since(start: datetime, at: datetime) -> str:
    return f"{(at - start).total_seconds():6.1f}s"


def _number(value: float | None) -> str:
    return "no data" if value is None else f"{value:.3g}"
