"""What a diagnosis by a model may still cost: tokens and money of the whole incident, and time of this diagnosis."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from temporalio import workflow

from holdfast.domain.diagnosis import Usage
from holdfast.domain.incident import IncidentSettings
from holdfast.workflows.walk import Walk

LEAST_TOKENS = 500  # with fewer no question and reply fit


class BudgetSpentError(Exception):
    """A budget is spent; the message says which."""


@dataclass
class Purse:
    """The budgets, and what was spent of them. `before` is what the incident had spent when it was opened.

    Diagnoses begun before there were budgets are not `strict`: replayed, they must go on as they did.
    """

    settings: IncidentSettings
    before: Usage
    opened_at: datetime
    spent: Usage
    strict: bool = True

    @classmethod
    def of(cls, walk: Walk) -> "Purse":
        """Return a purse for one diagnosis of this incident."""
        return cls(walk.settings, walk.incident.usage, workflow.now(), Usage())

    @property
    def tokens_left(self) -> int:
        """Return the tokens left to the incident."""
        return max(0, self.settings.model_tokens - self.before.tokens - self.spent.tokens)

    @property
    def money_left(self) -> float | None:
        """Return the money left to the incident; None where there is no limit. A lost call costs the most it can."""
        if not self.settings.model_money:
            return None
        spent = self.before.plus(self.spent)
        return max(0.0, self.settings.model_money - spent.money - spent.lost_money)

    @property
    def time_left(self) -> timedelta:
        """Return the time left to this diagnosis."""
        return max(timedelta(0), self.settings.model_time - (workflow.now() - self.opened_at))

    def pay(self, cost: Usage) -> None:
        """Note what a call has cost."""
        self.spent = self.spent.plus(cost)

    def check(self) -> None:
        """Return when another call may be made.

        Raises:
            BudgetSpentError: naming the budget that is spent.
        """
        if not self.strict:
            return
        if self.tokens_left < LEAST_TOKENS:
            raise BudgetSpentError(f"the incident's budget of {self.settings.model_tokens} tokens is spent")
        if self.money_left is not None and not self.money_left:
            raise BudgetSpentError(f"the incident's budget of {self.settings.model_money:g} money is spent")
        if not self.time_left:
            raise BudgetSpentError(f"its {self.settings.model_time.total_seconds():g} s are over")
