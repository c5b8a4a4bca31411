"""What opens the executor: a signed, single-use, expiring leave to do one exact action."""

from pydantic import AwareDatetime, Field

from holdfast.domain.action import Action
from holdfast.domain.approval import Vote
from holdfast.domain.decision import Decision
from holdfast.domain.noun import Noun
from holdfast.domain.plan import Plan

ALGORITHM = "EdDSA"
ISSUER = "holdfast"
AUDIENCE = "holdfast-executor"


class Grant(Noun):
    """The claims of a grant. `grant_id` is the idempotency key, so one leave is one effect."""

    grant_id: str = Field(description="`{workflow_id}/{plan_hash}/{n}`; the JWT's `jti`.")
    incident: str = Field(description="The workflow id; the JWT's `sub`.")
    plan_hash: str
    action_digest: str = Field(description="The exact action; the JWT's `act`.")
    issued_at: AwareDatetime
    expires_at: AwareDatetime


class Leave(Noun):
    """Why an action may be done: what the issuer checks before it signs a grant.

    `index` is the action's place in the plan; `backwards` asks for its way back instead.
    """

    incident: str
    plan: Plan
    decision: Decision
    votes: tuple[Vote, ...] = ()
    index: int = Field(ge=0)
    backwards: bool = False

    @property
    def action(self) -> Action:
        """Return the exact action the leave is for: the way back when it goes backwards and there is one."""
        planned = self.plan.actions[self.index]
        return planned.way_back if self.backwards and planned.way_back is not None else planned.action


def grant_id(workflow_id: str, plan_hash: str, index: int, *, backwards: bool = False) -> str:
    """Return the idempotency key of one action of one plan; it never holds the id of the run that asks.

    A reset changes the run and re-applies old signals; the key must stay the same. The plan's hash covers the id of
    the incident's first run, which neither a reset nor a continue-as-new changes.
    """
    return f"{workflow_id}/{plan_hash}/{index}" + ("/back" if backwards else "")
