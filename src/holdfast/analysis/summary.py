"""The first thing a person reads of an answer: one sentence and a few numbers, while the answer itself lies outside."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from pydantic import JsonValue

from holdfast.analysis.cleaning import one_line
from holdfast.analysis.numbers.onset import Shift, find_shift
from holdfast.analysis.numbers.series import Series, read_series
from holdfast.analysis.numbers.signals import Signal, signal_of
from holdfast.analysis.observation import Body, rows_of, text_of, whole_of
from holdfast.analysis.readings.changes import read_commits, read_rollouts
from holdfast.analysis.readings.hosts import read_container, read_plan
from holdfast.analysis.readings.logs import mine, read_lines
from holdfast.analysis.readings.pods import belongs, ends, of_deployment, read_events, read_pods
from holdfast.analysis.readings.surroundings_told import (
    tell_claims,
    tell_config_maps,
    tell_deployments,
    tell_ingresses,
    tell_nodes,
    tell_policies,
    tell_quotas,
    tell_services,
)
from holdfast.analysis.readings.traces import tell_trace
from holdfast.analysis.rows import Tally
from holdfast.domain.evidence import EvidenceKind, EvidenceRequest

LONGEST = 300
OUTCOMES_TOLD = 20  # what became of remedies before; plans are made from it
TEMPLATES_TOLD = 5  # what a trouble is known by again; each lies in the history


@dataclass(frozen=True)
class Summary:
    """What an answer says: `summary` in at most 300 characters, `facts` worth showing, `cut` what it left out."""

    summary: str
    facts: dict[str, JsonValue] = field(default_factory=dict)
    cut: str = ""


def summarise(request: EvidenceRequest, body: Body) -> Summary:
    """Return what the answer to `request` says.

    Raises:
        KeyError: when a field of the tool's contract is absent.
        OverflowError: when a number or a time is beyond what can be counted.
        TypeError: when a field has another type, naming it.
        ValueError: when a value makes no sense, naming its field.
    """
    tally = Tally()
    text, facts = _READERS[request.kind](request, body, tally)
    aside = f" ({tally.told})" if tally.told else ""
    if tally.bad:
        facts = {**facts, "unread": tally.bad}
    said = one_line(text, LONGEST - len(aside)) + aside
    return Summary(summary=said, facts=facts, cut=one_line(text_of(body, "cut"), LONGEST))


Told = tuple[str, dict[str, JsonValue]]


def _metric(request: EvidenceRequest, body: Body, tally: Tally) -> Told:
    signal = signal_of(str(request.arguments.get("query", "")))
    series = read_series(body, signal, tally)
    if not len(series):
        return f"{signal.label} of {request.service}: no points", {
            "signal": signal.name,
            "anomalous": False,
            "points": 0,
        }
    shift = find_shift(series, signal)
    text = f"{signal.label} of {request.service} {_course(series, signal, shift)}"
    return text, _metric_facts(series, signal, shift)


def _course(series: Series, signal: Signal, shift: Shift | None) -> str:
    if shift is None:
        return f"is steady at {signal.show(_middle(series))}"
    if shift.baseline is None or shift.onset is None:
        return f"is at {signal.show(shift.now)} throughout"
    verb = ("climbs" if shift.ramp else "rose") if shift.direction > 0 else ("sinks" if shift.ramp else "fell")
    to = shift.now if shift.ramp else shift.level
    text = f"{verb} from {signal.show(shift.baseline.middle)} to {signal.show(to)} at {_clock(shift.onset)} UTC"
    peak = "" if shift.ramp else f", at most {signal.show(shift.peak)}" if shift.direction > 0 else ""
    return text + peak + (f"; back at {signal.show(shift.now)}" if shift.ended else "")


def _metric_facts(series: Series, signal: Signal, shift: Shift | None) -> dict[str, JsonValue]:
    facts: dict[str, JsonValue] = {"signal": signal.name, "anomalous": bool(shift and shift.harmful(signal))}
    if shift is None:
        return {**facts, "now": _short(_middle(series))}
    if shift.baseline is not None:
        facts["baseline"] = _short(shift.baseline.middle)
    if shift.onset is not None:
        facts["onset"] = datetime.fromtimestamp(shift.onset, UTC).isoformat(timespec="seconds")
    return {**facts, "level": _short(shift.level), "peak": _short(shift.peak), "now": _short(shift.now)}


def _logs(request: EvidenceRequest, body: Body, tally: Tally) -> Told:
    lines = read_lines(body, tally)
    templates = mine(lines)
    severe = [t for t in templates if t.severe]
    total = body.get("total")
    count = total if isinstance(total, int) and not isinstance(total, bool) else len(lines) + tally.left
    facts: dict[str, JsonValue] = {"lines": count, "errors": sum(t.count for t in severe), "templates": len(templates)}
    if not lines:
        return f"{request.service} wrote no such lines", facts
    facts["top"] = [one_line(t.text, 90) for t in (severe or templates)[:TEMPLATES_TOLD]]
    top = "; ".join(f"{t.count} x {one_line(t.text, 90)}" for t in (severe or templates)[:2])
    errors = sum(t.count for t in severe)
    return f"{_many(count, 'line')}, {_many(errors, 'error')}; most: {top}", facts


def _pods(request: EvidenceRequest, body: Body, tally: Tally) -> Told:
    pods = read_pods(body, tally)
    own = of_deployment(pods, request.service) or pods
    ready = sum(p.ready for p in own)
    reasons = ends(own)
    restarts = sum(p.restarts for p in own)
    facts: dict[str, JsonValue] = {
        "pods": len(own),
        "ready": ready,
        "restarts": restarts,
        **dict(reasons.most_common(4)),
    }
    whose = f"of {request.service}" if own is not pods else "in the namespace"
    why = ", ".join(f"{reason} x {n}" for reason, n in reasons.most_common(4))
    return f"{ready} of {len(own)} pods {whose} ready, {_many(restarts, 'restart')}" + (
        f": {why}" if why else ""
    ), facts


def _events(request: EvidenceRequest, body: Body, tally: Tally) -> Told:
    events = read_events(body, tally)
    own = [e for e in events if belongs(e.thing.partition("/")[2], request.service)] or list(events)
    warnings = [e for e in own if e.warning]
    facts: dict[str, JsonValue] = {"events": len(own), "warnings": sum(e.count for e in warnings)}
    if not warnings:
        return f"{_many(len(own), 'event')}, no warning", facts
    last = warnings[-1]
    return (
        f"{_many(sum(e.count for e in warnings), 'warning')}; last {last.reason} on {last.thing}: {last.message}",
        facts,
    )


def _rollouts(_: EvidenceRequest, body: Body, __: Tally) -> Told:
    rollouts = read_rollouts(body)
    running, previous = rollouts.running, rollouts.previous
    facts: dict[str, JsonValue] = {
        "deployment": rollouts.deployment,
        "replicas": rollouts.replicas,
        "current": rollouts.current,
        "previous": previous.number if previous else None,
    }
    if running is None:
        return f"{rollouts.deployment} has no revision on record", facts
    facts["created_at"] = running.created_at.isoformat()
    what = f" ({running.change_cause})" if running.change_cause else ""
    when = running.created_at.astimezone(UTC).strftime("%Y-%m-%d %H:%M")
    return (
        f"{rollouts.deployment} runs revision {running.number} since {when} UTC{what}, {rollouts.replicas} replicas",
        facts,
    )


def _commits(_: EvidenceRequest, body: Body, tally: Tally) -> Told:
    commits = read_commits(body, tally)
    last = f"; last: {commits[-1].title}" if commits else ""
    return f"{_many(len(commits), 'commit')}{last}", {"commits": len(commits)}


def _dependencies(request: EvidenceRequest, body: Body, _: Tally) -> Told:
    names = [text_of(row, "name") for row in rows_of(body, "dependencies")]
    return f"{request.service} depends on {', '.join(names) or 'nothing'}", {"dependencies": len(names)}


def _runbook(_: EvidenceRequest, body: Body, __: Tally) -> Told:
    runbook = body.get("runbook")
    if not isinstance(runbook, dict):
        return "no runbook", {"found": False}
    return f"runbook: {text_of(runbook, 'title')}", {"found": True}


def _similar(_: EvidenceRequest, body: Body, __: Tally) -> Told:
    rows = rows_of(body, "incidents")
    told = "; ".join(
        f"{text_of(r, 'number')} {text_of(r, 'cause')} → {text_of(r, 'action') or 'nothing'}" for r in rows[:3]
    )
    facts: dict[str, JsonValue] = {"incidents": len(rows), "outcomes": _outcomes(body)}
    return _many(len(rows), "similar incident") + (f": {told}" if told else ""), facts


def _outcomes(body: Body) -> list[JsonValue]:
    """Return what became of each remedy before, as `[cause, action, worked, failed, here]`; others may tell none."""
    rows = rows_of(body, "outcomes") if body.get("outcomes") is not None else []
    return [
        [text_of(r, "cause"), text_of(r, "action"), whole_of(r, "worked"), whole_of(r, "failed"), r.get("here") is True]
        for r in rows[:OUTCOMES_TOLD]
    ]


def _human(_: EvidenceRequest, body: Body, __: Tally) -> Told:
    return text_of(body, "text") or "a note without text", {}


_READERS: dict[EvidenceKind, Callable[[EvidenceRequest, Body, Tally], Told]] = {
    EvidenceKind.METRIC: _metric,
    EvidenceKind.LOGS: _logs,
    EvidenceKind.TRACE: lambda _, body, tally: tell_trace(body, tally),
    EvidenceKind.PODS: _pods,
    EvidenceKind.EVENTS: _events,
    EvidenceKind.ROLLOUTS: _rollouts,
    EvidenceKind.DEPLOYMENTS: lambda _, body, __: tell_deployments(body),
    EvidenceKind.SERVICES: lambda _, body, __: tell_services(body),
    EvidenceKind.INGRESSES: lambda _, body, __: tell_ingresses(body),
    EvidenceKind.NETWORK_POLICIES: lambda _, body, __: tell_policies(body),
    EvidenceKind.QUOTAS: lambda _, body, __: tell_quotas(body),
    EvidenceKind.CONFIG_MAPS: lambda _, body, __: tell_config_maps(body),
    EvidenceKind.CLAIMS: lambda _, body, __: tell_claims(body),
    EvidenceKind.NODES: lambda _, body, __: tell_nodes(body),
    EvidenceKind.CONTAINER: lambda _, body, __: read_container(body),
    EvidenceKind.PLAN: lambda _, body, __: read_plan(body),
    EvidenceKind.COMMITS: _commits,
    EvidenceKind.DEPENDENCIES: _dependencies,
    EvidenceKind.RUNBOOK: _runbook,
    EvidenceKind.SIMILAR: _similar,
    EvidenceKind.HUMAN: _human,
}


def _middle(series: Series) -> float:
    ordered = sorted(series.values.tolist())
    return float(ordered[len(ordered) // 2])


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _short(value: float) -> float:
    return float(f"{value:.4g}")


def _clock(unix: float) -> str:
    return datetime.fromtimestamp(unix, UTC).strftime("%H:%M")
