"""What it was not: causes that the evidence looked for and speaks against, so that nobody looks there again."""

from collections.abc import Iterator

from holdfast.analysis.numbers.signals import SIGNALS
from holdfast.analysis.report.markdown import plain, refs
from holdfast.domain.diagnosis import Cause
from holdfast.domain.evidence import Evidence, EvidenceKind
from holdfast.domain.incident import Incident
from holdfast.domain.timeline import EntryKind

# Which causes a signal of the service itself would show; steady, it speaks against them.
_OWN: dict[str, tuple[Cause, ...]] = {
    "memory_ratio": (Cause.OUT_OF_MEMORY, Cause.MEMORY_LEAK),
    "cpu_ratio": (Cause.CPU_SATURATION,),
    "request_rate": (Cause.TRAFFIC_SURGE,),
}


def ruled_out(incident: Incident) -> str:
    """Return one line a cause that is no hypothesis and that the evidence of the diagnosis speaks against."""
    if incident.diagnosis is None:
        return ""
    kept = {(h.cause, h.service) for h in incident.diagnosis.hypotheses}
    lines = dict.fromkeys(_line(*said) for said in _against(incident) if said[:2] not in kept)
    return "\n".join(lines)


_Said = tuple[Cause, str, str, str]


def _against(incident: Incident) -> Iterator[_Said]:
    """Return cause, service, why not, and the evidence."""
    service = incident.key.service
    for e in _looked_at(incident):
        if e.kind is EvidenceKind.METRIC:
            yield from _by_signal(e, service)
        elif e.kind is EvidenceKind.PODS and e.facts.get("restarts") == 0 and e.facts.get("pods"):
            yield Cause.CRASH_LOOP, service, e.summary, e.evidence_id


def _by_signal(e: Evidence, service: str) -> Iterator[_Said]:
    """Only a signal that was seen, and did not move the way that hurts, speaks against anything."""
    signal = SIGNALS.get(str(e.facts.get("signal", "")))
    if signal is None or e.facts.get("anomalous") is not False or e.facts.get("points") == 0:
        return
    if e.service == service:
        for cause in _OWN.get(signal.name, ()):
            yield cause, service, e.summary, e.evidence_id
    elif signal.name in ("up_ratio", "error_ratio"):
        cause = Cause.DATABASE_DOWN if signal.name == "up_ratio" else Cause.DEPENDENCY_FAILURE
        yield cause, e.service, e.summary, e.evidence_id


def _looked_at(incident: Incident) -> tuple[Evidence, ...]:
    """Return the answers of the last round of looking: what came after an action shows the action, not the cause."""
    rounds = [e.refs for e in incident.timeline if e.kind is EntryKind.EVIDENCE]
    wanted = set(rounds[-1]) if rounds else set()
    return tuple(e for e in incident.evidence if e.present and e.evidence_id in wanted)


def _line(cause: Cause, service: str, why: str, evidence_id: str) -> str:
    return f"- not **{plain(cause)}** on {plain(service)}: {plain(why)} {refs([evidence_id])}"
