"""May we? What policy answered, which rule said so, and what it obliges us to."""

from enum import StrEnum

from pydantic import Field

from holdfast.domain.noun import Noun


class Verdict(StrEnum):
    """The answer inside a decision; deny beats ask beats allow."""

    ALLOW = "allow"
    ASK = "ask"
    DENY = "deny"


class RiskTerm(Noun):
    """One addend of the risk score, shown so that people can argue with it."""

    name: str
    points: float
    why: str = ""


class ActionDecision(Noun):
    """The answer for one action of the plan: the rule that decided, in its own words."""

    action_digest: str
    verdict: Verdict
    rule: str
    reason: str = ""
    tier: str = Field(default="", description="read_only, automatic, approval or forbidden.")


class Decision(Noun):
    """The answer for a whole plan: the strictest of its actions' answers."""

    verdict: Verdict
    rule: str = Field(description="The id of the rule that decided.")
    reason: str = ""
    policy: str = Field(description="Name of the policy document.")
    policy_version: str = Field(description="Its version and digest, such as `3+1f2e3d4c5b6a`.")
    plan_hash: str
    actions: tuple[ActionDecision, ...] = ()
    risk: float = 0.0
    risk_terms: tuple[RiskTerm, ...] = ()
    obligations: tuple[str, ...] = Field(default=(), description="Such as `tell`.")
    approvers: tuple[str, ...] = Field(default=(), description="Who may vote; `*` is any named person.")
    quorum: int = Field(default=1, ge=1)
    escalate_to: tuple[str, ...] = Field(default=(), description="Who is asked when nobody answers.")
    errors: tuple[str, ...] = Field(default=(), description="Conditions that failed; they fail closed.")
