"""What one rule says: a cause, how strongly its evidence supports it, and which evidence that is."""

from dataclasses import dataclass, replace

from holdfast.domain.diagnosis import Cause

STRONGEST = 0.92  # no rule, and no sum of rules, is surer than this: evidence can mislead


@dataclass(frozen=True)
class Finding:
    """Support for one cause at one place.

    `strength` is the probability of the cause if this were all that was known, 0 to 1.
    """

    cause: Cause
    service: str
    strength: float
    statement: str
    evidence: tuple[str, ...]
    target: str = ""

    def scaled(self, factor: float) -> "Finding":
        """Return the same finding, stronger or weaker, within what a finding may claim."""
        return replace(self, strength=max(0.0, min(STRONGEST, self.strength * factor)))


def either(*strengths: float) -> float:
    """Return the strength of independent signs of one cause together (noisy or), at most STRONGEST."""
    doubt = 1.0
    for strength in strengths:
        doubt *= 1.0 - max(0.0, min(1.0, strength))
    return min(STRONGEST, 1.0 - doubt)
