"""What playing one public data set gives: rows of the table, and every answer with the confidence it was given."""

from pydantic import BaseModel, ConfigDict


class Row(BaseModel):
    """One number beside the published one. Scores are shares, 0 to 1; `at_least` and `aim` bound `ours` from below.

    `at_most` bounds it from above instead, where less is better.
    """

    model_config = ConfigDict(frozen=True)

    dataset: str
    measure: str
    ours: float
    at_least: float | None = None
    aim: float | None = None
    at_most: float | None = None
    published: str = ""
    cases: int = 0
    note: str = ""

    @property
    def verdict(self) -> str:
        """Return how the number stands: aim, met, missed, or nothing where nothing was set."""
        if self.at_most is not None:
            return "met" if self.ours <= self.at_most else "**missed**"
        if self.at_least is None:
            return ""
        if self.aim is not None and self.ours >= self.aim:
            return "aim"
        return "met" if self.ours >= self.at_least else "**missed**"


class Answer(BaseModel):
    """One case's first answer: how sure it was (0 to 1) and whether it was right."""

    model_config = ConfigDict(frozen=True)

    case: str
    confidence: float
    right: bool


class Outcome(BaseModel):
    """All of one set. `gap` holds the rows of the cross-system test: tuned on one system, scored on the other."""

    model_config = ConfigDict(frozen=True)

    rows: tuple[Row, ...]
    answers: tuple[Answer, ...] = ()
    gap: tuple[Row, ...] = ()
