"""The post-incident report in Markdown: each claim with the evidence it stands on, outside text shown as data."""

from collections.abc import Iterable

from holdfast.domain.action import describe
from holdfast.domain.attempt import Attempt, Check
from holdfast.domain.diagnosis import Hypothesis
from holdfast.domain.evidence import Evidence
from holdfast.domain.incident import Incident
from holdfast.domain.plan import PlannedAction

_SPECIAL = set("\\`*_{}[]<>()#+!|~")


def render(incident: Incident) -> str:
    """Return the whole report."""
    parts = [
        _head(incident),
        _section("What happened", _diagnosis(incident)),
        _section("What was proposed, and who allowed it", _decision(incident)),
        _section("What was done", _attempts(incident.attempts)),
        _section("Timeline", (f"- `{e.at:%Y-%m-%d %H:%M:%S}Z` {e.actor}: {plain(e.text)}" for e in incident.timeline)),
        _section("Evidence", _evidence(incident.evidence)),
        _section("What was missing", (f"- {plain(m)}" for m in incident.missing)),
        _section("Cost", _cost(incident)),
    ]
    return "\n\n".join(p for p in parts if p) + "\n"


def cited(incident: Incident) -> tuple[str, ...]:
    """Return the evidence ids that the report's claims stand on, each once, only those that exist."""
    known = {e.evidence_id for e in incident.evidence}
    hypotheses = incident.diagnosis.hypotheses if incident.diagnosis else ()
    claims = [ref for h in hypotheses for ref in h.evidence]
    claims += [ref for c in _checks(incident.attempts) for ref in c.evidence]
    return tuple(ref for ref in dict.fromkeys(claims) if ref in known)


def plain(text: str) -> str:
    """Return outside text so that Markdown shows it and obeys none of it."""
    one_line = " ".join(text.split())
    return "".join(f"\\{c}" if c in _SPECIAL else c for c in one_line)


def _head(i: Incident) -> str:
    lasted = f" · lasted {_duration((i.ended_at - i.opened_at).total_seconds())}" if i.ended_at else ""
    key = f"{i.key.tenant} / {i.key.environment} / {i.key.service}"
    return "\n".join(
        (
            f"# {i.number or 'Incident'}: {plain(i.title)}",
            "",
            f"**{i.status}** · severity {i.severity} · {plain(key)}{lasted}",
            "",
            plain(i.outcome) or "No outcome yet.",
            "",
            f"{i.alert_count} alert(s) delivered, {len(i.alerts)} different. Trace `{i.trace_id or '-'}`.",
            f"Workflow `{i.workflow_id}`, run `{i.run_id}`.",
        )
    )


def _section(title: str, lines: Iterable[str]) -> str:
    body = "\n".join(lines)
    return f"## {title}\n\n{body}" if body else ""


def _diagnosis(i: Incident) -> Iterable[str]:
    if i.diagnosis is None:
        return
    yield f"Diagnosed by {plain(i.diagnosis.method)}.\n"
    for n, h in enumerate(i.diagnosis.hypotheses, 1):
        yield _hypothesis(n, h)
    if not i.diagnosis.hypotheses:
        yield "Unresolved: no hypothesis explains the evidence."


def _hypothesis(n: int, h: Hypothesis) -> str:
    return f"{n}. **{h.cause}** on {plain(h.service)}, {h.confidence:.0%}: {plain(h.statement)} {_refs(h.evidence)}"


def _decision(i: Incident) -> Iterable[str]:
    for planned in i.plan.actions if i.plan else ():
        yield _planned(planned)
    d = i.decision
    if d is not None:
        policy = f"{plain(d.policy)} `{d.policy_version}`"
        yield f"\nPolicy **{d.verdict}** by rule `{d.rule}` of {policy}: {plain(d.reason)}"
        for term in d.risk_terms:
            yield f"- risk {term.points:+g} {plain(term.name)}: {plain(term.why)}"
    for ballot in i.ballots:
        v = ballot.vote
        counts = "counts" if not ballot.refused else f"does not count ({plain(ballot.refused)})"
        yield f"- {plain(v.voter)} voted {v.choice} by {plain(v.channel)} on plan `{v.plan_hash}`: {counts}"
    for a in i.approvals:
        yield f"- plan `{a.plan_hash}` {a.outcome} {plain(', '.join(a.voters))}".rstrip()


def _planned(p: PlannedAction) -> str:
    back = describe(p.way_back) if p.way_back else p.no_way_back or "none"
    return f"- {plain(describe(p.action))}; expected: {plain(p.expected) or '-'}; way back: {plain(back)}"


def _attempts(attempts: Iterable[Attempt]) -> Iterable[str]:
    for a in attempts:
        way = "way back: " if a.backwards else ""
        what = f"{way}{plain(describe(a.action))}"
        yield f"- round {a.round}: {what} — **{a.state}** {plain(a.error)} (grant `{a.grant_id}`)"
        if a.verification and not a.backwards:
            yield f"  - {plain(a.verification.summary)}"
            yield from (_check(c) for c in a.verification.checks)


def _check(c: Check) -> str:
    mark = "better" if c.passed else "not better"
    return f"  - {plain(c.name)}: {_number(c.before)} → {_number(c.after)}, {mark} {_refs(c.evidence)}"


def _evidence(items: Iterable[Evidence]) -> Iterable[str]:
    rows = [_row(e) for e in items]
    if rows:
        yield "| id | source | exact query | range | digest | what it says |\n|---|---|---|---|---|---|"
    yield from rows


def _row(e: Evidence) -> str:
    when = f"{e.range.start:%H:%M:%S} to {e.range.end:%H:%M:%S}" if e.range else "-"
    said = e.summary + (f" ({e.cut})" if e.cut else "")
    fields = (f"`{e.evidence_id}`", plain(e.source), plain(e.query), when, f"`{e.digest[:12] or '-'}`", plain(said))
    return f"| {' | '.join(fields)} |"


def _cost(i: Incident) -> Iterable[str]:
    u = i.usage
    tokens = f"{u.prompt_tokens} + {u.completion_tokens} tokens" if u.calls else "no model was asked"
    yield f"{u.calls} model call(s), {tokens}, {u.money:g} money, {u.seconds:.1f} s of thinking."


def _checks(attempts: Iterable[Attempt]) -> list[Check]:
    return [c for a in attempts if a.verification for c in a.verification.checks]


def _refs(ids: Iterable[str]) -> str:
    return " ".join(f"[`{ref}`]" for ref in ids)


def _number(value: float | None) -> str:
    return "no data" if value is None else f"{value:.4g}"


def _duration(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s" if minutes else f"{seconds:.1f} s"
