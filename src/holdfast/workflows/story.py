"""The story in Markdown that the Temporal Web UI shows beside a run, so that it can be read without our pages."""

from holdfast.domain.action import describe
from holdfast.domain.diagnosis import Diagnosis
from holdfast.domain.incident import Incident
from holdfast.domain.plan import Plan
from holdfast.domain.units import many

LAST_LINES = 12


def tell(incident: Incident) -> str:
    """Return the incident so far: where it stands, why, what is proposed and what happened last."""
    alerts = many(incident.alert_count, "alert")
    parts = [
        f"## {incident.number or 'incident'} · {plain(incident.title)} · **{incident.status}**",
        f"severity **{incident.severity}** · {alerts} · trace `{incident.trace_id or '-'}`",
        _diagnosis(incident.diagnosis),
        _plan(incident.plan),
        _decision(incident),
        _last_lines(incident),
    ]
    return "\n\n".join(p for p in parts if p)


def plain(text: str) -> str:
    """Return outside text with Markdown's and Slack's control characters made harmless: it is data."""
    return "".join(" " if c in "`*_[]<>|\r\n" else c for c in text)


def _diagnosis(diagnosis: Diagnosis | None) -> str:
    if diagnosis is None:
        return ""
    lines = [
        f"{n}. {plain(h.statement)} — {h.confidence:.0%} `{' '.join(h.evidence)}`"
        for n, h in enumerate(diagnosis.hypotheses[:3], 1)
    ]
    return f"### Cause ({diagnosis.method})\n" + ("\n".join(lines) or "unresolved")


def _plan(plan: Plan | None) -> str:
    if plan is None or not plan.actions:
        return ""
    lines = [
        f"- {describe(p.action)}; way back: {describe(p.way_back) if p.way_back else p.no_way_back or 'none'}"
        for p in plan.actions
    ]
    return f"### Plan `{plan.plan_hash}`\n" + "\n".join(lines)


def _decision(incident: Incident) -> str:
    d = incident.decision
    if d is None:
        return ""
    who = "any named person" if "*" in d.approvers else ", ".join(d.approvers) or "nobody"
    asked = f" {many(d.quorum, 'approval')} needed of: {who}" if incident.awaiting else ""
    return f"### Policy\n**{d.verdict}** by `{d.rule}` ({d.policy} {d.policy_version}): {plain(d.reason)}{asked}"


def _last_lines(incident: Incident) -> str:
    lines = [f"- {e.at:%H:%M:%S} {e.actor}: {plain(e.text)}" for e in incident.timeline[-LAST_LINES:]]
    return "### Latest\n" + "\n".join(lines) if lines else ""
