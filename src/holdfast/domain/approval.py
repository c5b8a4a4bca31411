"""What people answer: votes, and the approval or refusal they add up to."""

from enum import StrEnum

from pydantic import AwareDatetime, Field

from holdfast.domain.noun import Noun


class Choice(StrEnum):
    """What one voice says."""

    APPROVE = "approve"
    REJECT = "reject"


class Vote(Noun):
    """One named person's voice on one exact plan. `vote_id` makes a doubled click one vote."""

    vote_id: str = Field(min_length=1, max_length=200)
    plan_hash: str = Field(min_length=1, max_length=64)
    voter: str = Field(min_length=1, max_length=200)
    choice: Choice
    reason: str = Field(default="", max_length=2000)
    channel: str = Field(default="api", description="slack, console, cli, api or temporal.")
    at: AwareDatetime | None = Field(default=None, description="When the channel says it was cast.")


class Ballot(Noun):
    """A vote as the ledger counted it: `refused` says why it does not count, or is empty."""

    vote: Vote
    counted_at: AwareDatetime
    refused: str = ""


class Outcome(StrEnum):
    """How an ask ended."""

    APPROVED = "approved"
    REJECTED = "rejected"
    EXPIRED = "expired"
    MODIFIED = "modified"
    WITHDRAWN = "withdrawn"


class Approval(Noun):
    """How one ask ended and whose voices made it so."""

    plan_hash: str
    outcome: Outcome
    voters: tuple[str, ...] = ()
    reason: str = ""
    at: AwareDatetime
