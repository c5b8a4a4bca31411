"""What became of each remedy before, so that what worked ranks higher next time and what failed lower."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from holdfast.analysis.recall.past import Past


@dataclass(frozen=True)
class Track:
    """How often one kind of action, done against one cause, was verified to have helped and not to have helped.

    `here` says whether that was at the service asked about, or at others of the same tenant.
    """

    cause: str
    action: str
    worked: int
    failed: int
    here: bool = True

    @property
    def share(self) -> float:
        """Return the smoothed probability that it helps; see `smoothed`."""
        return smoothed(self.worked, self.failed)


def smoothed(worked: int, failed: int) -> float:
    """Return the chance of the next success by the rule of succession (Laplace 1814): 0.5 when nothing is known."""
    return (worked + 1) / (worked + failed + 2)


def tracks(service: str, pasts: Iterable[Past]) -> list[Track]:
    """Return one track for each cause and action, those at `service` first, the most often done first."""
    counts = Counter((p.service == service, p.cause, t.action, t.worked) for p in pasts for t in p.tried)
    kinds = dict.fromkeys(key[:3] for key in counts)
    found = [
        Track(cause, action, counts[here, cause, action, True], counts[here, cause, action, False], here)
        for here, cause, action in kinds
    ]
    return sorted(found, key=lambda t: (not t.here, -(t.worked + t.failed), t.cause, t.action))
