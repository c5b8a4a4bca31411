"""What it was not: causes that the evidence looked for and speaks against, so that nobody looks there again."""

from collections.abc import Iterator, Mapping

from pydantic import JsonValue

from holdfast.analysis.numbers.signals import SIGNALS
from holdfast.analysis.report.markdown import plain, refs
from holdfast.domain.action import describe
from holdfast.domain.diagnosis import Cause
from holdfast.domain.evidence import Evidence, EvidenceKind
from holdfast.domain.incident import Incident
from holdfast.domain.timeline import EntryKind

# Which causes a signal of the service itself would show; steady, it speaks against them.
_DISPROVED = " is disproved: its remedy did not help"
_OWN: dict[str, tuple[Cause, ...]] = {
    "memory_ratio": (Cause.OUT_OF_MEMORY, Cause.MEMORY_LEAK),
    "cpu_ratio": (Cause.CPU_SATURATION,),
    "request_rate": (Cause.TRAFFIC_SURGE,),
}


def ruled_out(incident: Incident) -> str:
    """Return one line a cause that is no hypothesis: first those whose remedy did not help.

    Then those that the evidence of the diagnosis speaks against.
    """
    if incident.diagnosis is None:
        return ""
    disproved = tuple(_disproved(incident))
    kept = {(h.cause, h.service) for h in incident.diagnosis.hypotheses} | {said[:2] for said in disproved}
    lines = dict.fromkeys(_line(*said) for said in _against(incident) if said[:2] not in kept)
    return "\n".join((*(_tried(*said) for said in disproved), *lines))


def is_disproved(note: str) -> bool:
    """Return whether a diagnosis' note says that a cause is disproved, which is told as ruled out."""
    return note.endswith(_DISPROVED)


def _disproved(incident: Incident) -> Iterator[tuple[str, str, str, tuple[str, ...]]]:
    """Return cause, service, how it was seen, and the evidence, for each cause that acting on it disproved."""
    told: dict[tuple[str, str], tuple[str, tuple[str, ...]]] = {}
    notes = (*incident.missing, *(incident.diagnosis.notes if incident.diagnosis else ()))
    for note in filter(is_disproved, notes):
        cause, _, service = note.removesuffix(_DISPROVED).partition(" of ")
        told[cause, service] = ("its remedy did not help", ())
    plans = (*(p.plan for p in incident.earlier), *((incident.plan,) if incident.plan else ()))
    causes = {p.plan_hash: p.cause for p in plans}
    for a in incident.attempts:
        cause, seen = causes.get(a.plan_hash, ""), a.verification
        if cause and seen and not a.backwards and not seen.recovered and not seen.unknown:
            why = f"{describe(a.action)} did not help, {seen.summary}"
            told[cause, a.action.service] = (why, tuple(ref for c in seen.checks for ref in c.evidence))
    return ((cause, service, *said) for (cause, service), said in told.items())


def _tried(cause: str, service: str, why: str, evidence: tuple[str, ...]) -> str:
    return f"- not **{plain(cause)}** on {plain(service)}: {plain(why)} {refs(evidence)}".rstrip()


_Said = tuple[Cause, str, str, str]


def _against(incident: Incident) -> Iterator[_Said]:
    """Return cause, service, why not, and the evidence."""
    service = incident.key.service
    for e in _looked_at(incident):
        if e.kind is EvidenceKind.METRIC:
            yield from _by_signal(e, service)
        elif e.kind is EvidenceKind.PODS and _calm(e.facts):
            yield Cause.CRASH_LOOP, service, e.summary, e.evidence_id


def _calm(facts: Mapping[str, JsonValue]) -> bool:
    """Return whether every pod was read, is ready, never restarted and none waits or ended for a reason."""
    pods, ready, restarts = (facts.get(key) for key in ("pods", "ready", "restarts"))
    return bool(pods) and ready == pods and restarts == 0 and not set(facts) - {"pods", "ready", "restarts"}


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
