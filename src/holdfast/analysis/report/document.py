"""The whole report: each claim with the evidence it stands on, so that a reader can check it."""

from collections.abc import Iterable

from holdfast.analysis.report.acting import attempts, permission
from holdfast.analysis.report.markdown import anchor, answer, code, link, moment, paragraphs, plain, refs, table
from holdfast.analysis.report.ruled_out import is_disproved, ruled_out
from holdfast.analysis.report.timeline import CLAIMS, timeline
from holdfast.domain.alert import Alert
from holdfast.domain.diagnosis import Diagnosis, Hypothesis
from holdfast.domain.evidence import Evidence, Range
from holdfast.domain.incident import Incident
from holdfast.domain.timeline import EntryKind
from holdfast.domain.units import many

ALERTS_SHOWN = 50
_WHILE_LOOKING = (EntryKind.ALERT, EntryKind.TRIAGE, EntryKind.EVIDENCE, EntryKind.NOTICE)


def render(incident: Incident) -> str:
    """Return the report in Markdown; a part with nothing to say is left out."""
    parts = (
        _head(incident),
        _section("What people saw", _impact(incident)),
        _section("Why", _why(incident.diagnosis) if incident.diagnosis else ""),
        _section("What was ruled out", ruled_out(incident)),
        _section("What was proposed, and who allowed it", permission(incident)),
        _section("What was done", attempts(incident)),
        _section("Timeline", timeline(incident)),
        _section("Evidence", _evidence(incident.evidence)),
        _section("What was missing", _missing(incident)),
        _section("Cost", _cost(incident)),
    )
    return paragraphs(parts) + "\n"


def cited(incident: Incident) -> tuple[str, ...]:
    """Return the evidence ids that the report's claims stand on, each once, only those that exist."""
    known = {e.evidence_id for e in incident.evidence}
    claims = [ref for h in (incident.diagnosis.hypotheses if incident.diagnosis else ()) for ref in h.evidence]
    plans = (*(p.plan for p in incident.earlier), *((incident.plan,) if incident.plan else ()))
    claims += [ref for p in plans for ref in p.evidence]
    claims += [ref for a in incident.attempts if a.verification for c in a.verification.checks for ref in c.evidence]
    claims += [ref for e in incident.timeline if e.kind in CLAIMS for ref in e.refs]
    return tuple(ref for ref in dict.fromkeys(claims) if ref in known)


def _head(i: Incident) -> str:
    lasted = f" · lasted {_duration((i.ended_at - i.opened_at).total_seconds())}" if i.ended_at else ""
    key = f"{i.key.tenant} / {i.key.environment} / {i.key.service}"
    return paragraphs(
        (
            f"# {plain(i.number) or 'Incident'}: {plain(i.title)}",
            f"**{i.status}** · severity {i.severity} · {plain(key)}{lasted}",
            plain(i.outcome) or "No outcome yet.",
            f"Workflow {code(i.workflow_id)}, run {code(i.run_id)}, trace {code(i.trace_id)}.",
        )
    )


def _section(title: str, body: str) -> str:
    return f"## {title}\n\n{body}" if body else ""


def _impact(i: Incident) -> str:
    said = f"{many(i.alert_count, 'alert')} delivered"
    said += f", {len(i.alerts)} different." if i.alert_count != len(i.alerts) else "."
    if i.symptoms:
        said += f" It also explains the trouble of {plain(', '.join(i.symptoms))}."
    if i.merged_into:
        said += f" It is a symptom of {code(i.merged_into)}, which took its alerts over."
    lines = [_alert(a) for a in i.alerts[:ALERTS_SHOWN]]
    if len(i.alerts) > ALERTS_SHOWN:
        lines.append(f"- and {len(i.alerts) - ALERTS_SHOWN} more")
    return paragraphs((said, "\n".join(lines)))


def _alert(a: Alert) -> str:
    said = f": {plain(a.summary)}" if a.summary else ""
    return f"- {moment(a.starts_at)} {plain(a.name)} on {plain(a.service)} ({a.severity}, {plain(a.source)}){said}"


def _why(diagnosis: Diagnosis) -> str:
    ranked = [_hypothesis(n, h) for n, h in enumerate(diagnosis.hypotheses, 1)]
    return paragraphs(
        (
            f"Diagnosed by {plain(diagnosis.method)}.",
            "\n".join(ranked) or "Unresolved: no hypothesis explains the evidence.",
            "\n".join(f"- {plain(note)}" for note in diagnosis.notes if not is_disproved(note)),
            "\n".join(("What moved together:", "", *(f"- {plain(pair)}" for pair in diagnosis.together)))
            if diagnosis.together
            else "",
        )
    )


def _hypothesis(n: int, h: Hypothesis) -> str:
    stands_on = refs(h.evidence) or "no evidence is cited"
    return f"{n}. **{plain(h.cause)}** on {plain(h.service)}, {h.confidence:.0%}: {plain(h.statement)} {stands_on}"


def _evidence(items: Iterable[Evidence]) -> str:
    heads = ("id", "source", "exact query", "range", "digest", "what it says")
    return table(heads, (_row(e) for e in items))


def _row(e: Evidence) -> tuple[str, ...]:
    said = plain(e.summary) if e.present else f"missing: {plain(e.missing)}"
    cut = f" ({plain(e.cut)})" if e.cut else ""
    when = _range(e.range) if e.range else "-"
    sent = f" sent as {code(e.sent)}" if e.sent else ""
    query = f"{code(e.query)}{sent} {link('open', e.link)}".rstrip()
    kept = f"{code(e.digest[:12])} {answer(e.evidence_id) if e.ref else ''}".rstrip()
    return (
        f"{code(e.evidence_id)} {anchor(e.evidence_id)}".rstrip(),
        plain(e.source),
        query,
        when,
        kept,
        f"{said}{cut}",
    )


def _range(r: Range) -> str:
    return f"{moment(r.start)} to {moment(r.end)}"


def _missing(i: Incident) -> str:
    needed = (*i.missing, *(i.diagnosis.missing if i.diagnosis else ()))
    return "\n".join(f"- {plain(m)}" for m in dict.fromkeys(needed) if not is_disproved(m))


def _cost(i: Incident) -> str:
    u = i.usage
    if not u.calls and not u.lost_calls:
        return f"No model was asked; {_looking(i):.1f} s of looking and ranking, 0 tokens, no money."
    tokens = f"{u.prompt_tokens} + {u.completion_tokens} tokens"
    lost = f" {u.lost_calls} more brought no answer: about {u.lost_tokens} tokens sent, their cost unknown."
    money = f"{u.money:g} in the currency of the configured prices"
    told = f"{many(u.calls, 'call')} of {plain(u.model) or 'the model'}, {tokens}, {money}, {u.seconds:.1f} s."
    return told + (lost if u.lost_calls else "")


def _looking(i: Incident) -> float:
    """Return the seconds from each beginning of an investigation to its diagnosis, over all rounds."""
    total, since = 0.0, i.opened_at
    for entry in i.timeline:
        if entry.kind is EntryKind.DIAGNOSIS:
            total += max(0.0, (entry.at - since).total_seconds())
        if entry.kind not in _WHILE_LOOKING:
            since = entry.at
    return total


def _duration(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{seconds:.1f} s"
