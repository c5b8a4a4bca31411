"""What was done and whether it helped: one action and its verification."""

from enum import StrEnum

from pydantic import AwareDatetime, Field, JsonValue

from holdfast.domain.action import Action
from holdfast.domain.noun import Noun
from holdfast.domain.units import shown


class Check(Noun):
    """One signal before and after: better, or not, by which rule."""

    name: str
    before: float | None = None
    after: float | None = None
    threshold: float | None = None
    passed: bool
    evidence: tuple[str, ...] = ()
    why: str = ""
    unit: str = Field(default="", description="Of the three numbers: ratio, seconds, per_second, count or number.")

    def shown(self, value: float | None, absent: str = "no data") -> str:
        """Return one of its numbers as people write it."""
        return absent if value is None else shown(value, self.unit)


class Verification(Noun):
    """Evidence gathered after an action, and what it says. `unknown` is honest when nothing answered."""

    recovered: bool
    unknown: bool = False
    checks: tuple[Check, ...] = ()
    summary: str = ""


class AttemptState(StrEnum):
    """How an action ended."""

    DONE = "done"
    FAILED = "failed"
    REFUSED = "refused"
    STOPPED = "stopped"


class Attempt(Noun):
    """One action as it was performed. `grant_id` finds it in the executor's own log."""

    round: int = 1
    action: Action
    backwards: bool = Field(default=False, description="True when it was the way back of an earlier one.")
    grant_id: str
    plan_hash: str
    state: AttemptState
    started_at: AwareDatetime
    ended_at: AwareDatetime
    result: dict[str, JsonValue] = Field(default_factory=dict)
    error: str = ""
    verification: Verification | None = None
