"""What a ranking over metrics answers: suspects, best first, how clear the first is, or that nothing is wrong."""

from dataclasses import dataclass

from holdfast.analysis.numbers.confidence import Calibration


@dataclass(frozen=True)
class Suspect:
    """An entity that may be the cause. `metrics` are those of it that moved, nearest to the cause first."""

    entity: str
    score: float
    metrics: tuple[str, ...] = ()


@dataclass(frozen=True)
class Ranking:
    """Suspects, best first; none when nothing is out of the usual. `margin` is how clearly the first stands out."""

    suspects: tuple[Suspect, ...] = ()
    margin: float = 0.0
    confidence: float = 0.0

    @property
    def quiet(self) -> bool:
        """Return whether nothing is wrong as far as the metrics tell."""
        return not self.suspects


def ranking(suspects: tuple[Suspect, ...], margin: float, calibration: Calibration) -> Ranking:
    """Return the ranking with the confidence that its margin earns."""
    return Ranking(suspects, margin, calibration.of(margin)) if suspects else Ranking()
