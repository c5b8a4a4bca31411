"""Two diagnoses of one case side by side, and how often many of them agree."""

from collections.abc import Sequence

from holdfast.domain.diagnosis import Diagnosis, Usage
from holdfast.domain.noun import Noun


class Compared(Noun):
    """The recorded diagnosis and the other one. `error` says why there is no other; nothing was changed anywhere."""

    name: str
    number: str = ""
    workflow_id: str = ""
    service: str = ""
    recorded: Diagnosis | None = None
    again: Diagnosis | None = None
    notes: tuple[str, ...] = ()
    error: str = ""

    @property
    def agrees(self) -> bool:
        """Return whether both put the same cause at the same service first, or both found none."""
        return self.error == "" and _first(self.recorded) == _first(self.again)


class Agreement(Noun):
    """How many of the compared agree, and what the other diagnoses cost together."""

    compared: int = 0
    agree: int = 0
    failed: int = 0
    usage: Usage = Usage()

    @property
    def share(self) -> float:
        """Return the share that agrees, 0 to 1; 0 when nothing was compared."""
        return self.agree / self.compared if self.compared else 0.0


def agreement(rows: Sequence[Compared]) -> Agreement:
    """Return the sum of the rows; one that failed is neither agreement nor the opposite."""
    done = [row for row in rows if not row.error]
    usage = Usage()
    for row in done:
        usage = usage.plus(row.again.usage if row.again else Usage())
    return Agreement(
        compared=len(done), agree=sum(row.agrees for row in done), failed=len(rows) - len(done), usage=usage
    )


def _first(diagnosis: Diagnosis | None) -> tuple[str, str] | None:
    best = diagnosis.best if diagnosis else None
    return (best.cause.value, best.service) if best else None
