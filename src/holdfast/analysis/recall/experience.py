"""What past incidents say about the remedies of a cause, as the evidence of this incident tells it to the planner."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from pydantic import JsonValue

from holdfast.analysis.recall.outcomes import Track, smoothed
from holdfast.domain.diagnosis import Cause
from holdfast.domain.evidence import Evidence, EvidenceKind

# What more may remedy a cause where it was verified to, at this very service; without such a memory nobody tries it.
LEARNABLE: dict[Cause, tuple[str, ...]] = {
    Cause.OUT_OF_MEMORY: ("rollback_deployment", "scale_deployment"),
    Cause.MEMORY_LEAK: ("rollback_deployment",),
    Cause.CRASH_LOOP: ("rollback_deployment",),
    Cause.CPU_SATURATION: ("rollback_deployment", "restart_deployment"),
}


@dataclass(frozen=True)
class Experience:
    """What became of each kind of action against one cause, and the evidence that tells it."""

    tracks: dict[str, Track] = field(default_factory=dict)
    evidence_id: str = ""

    def learnt(self, cause: Cause) -> tuple[str, ...]:
        """Return the kinds beyond the usual ones that helped against `cause` here more often than not."""
        known = ((kind, self.tracks.get(kind)) for kind in LEARNABLE.get(cause, ()))
        return tuple(kind for kind, track in known if track and track.here and track.worked > track.failed)

    def chance(self, kind: str, *, advised: bool) -> float:
        """Return the smoothed chance that `kind` helps; a runbook's advice counts as one success."""
        track = self.tracks.get(kind)
        worked, failed = (track.worked, track.failed) if track else (0, 0)
        return smoothed(worked + advised, failed)

    def told(self, kind: str) -> str:
        """Return in words what became of it before; empty when nothing is known."""
        track = self.tracks.get(kind)
        if track is None:
            return ""
        where = "here" if track.here else "at other services"
        return f"it helped {track.worked} of {track.worked + track.failed} times before {where}"


def read_experience(evidence: Iterable[Evidence], service: str, cause: Cause) -> Experience:
    """Return what the newest answer of the memory says about `cause`; what happened at this service outweighs the rest.

    Rows that make no sense are passed over: a memory may be anyone's.
    """
    told = [e for e in evidence if e.kind is EvidenceKind.SIMILAR and e.present and e.service == service]
    if not told:
        return Experience()
    newest = max(told, key=lambda e: e.fetched_at)
    rows = newest.facts.get("outcomes")
    found = [t for t in map(_track, rows if isinstance(rows, list) else []) if t is not None and t.cause == cause]
    tracks: dict[str, Track] = {}
    for track in sorted(found, key=lambda t: not t.here):
        tracks.setdefault(track.action, track)
    return Experience(tracks, newest.evidence_id if tracks else "")


def _track(row: JsonValue) -> Track | None:
    match row:
        case [str(cause), str(action), int(worked), int(failed), bool(here)] if worked >= 0 <= failed:
            return Track(cause, action, worked, failed, here) if worked + failed else None
        case _:
            return None
