"""The policy document: rules with conditions in CEL, the people they name, and the terms of the risk score."""

from pathlib import Path
from typing import Any, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from holdfast.domain.action import TOOLS
from holdfast.domain.decision import Verdict
from holdfast.domain.ledger import ANYONE
from holdfast.domain.noun import short_digest

TIERS = ("read_only", "automatic", "approval", "forbidden")


class PolicyError(ValueError):
    """A policy that cannot be used; the message names the field."""


class _Part(BaseModel):
    """A part of the document: what is misspelt is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Match(_Part):
    """What a rule is about; an empty list admits everything."""

    actions: tuple[str, ...] = ()
    environments: tuple[str, ...] = ()
    causes: tuple[str, ...] = ()
    tenants: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _known(self) -> Self:
        unknown = sorted(set(self.actions) - set(TOOLS))
        if unknown:
            raise ValueError(f"actions: no action is called {unknown[0]!r}")
        return self


class RiskWeight(_Part):
    """One term of the risk score: `points` when its condition holds."""

    name: str
    when: str = Field(description="CEL, to a bool.")
    points: float
    why: str = ""


class Rule(_Part):
    """One rule: when it matches and its condition holds, it gives a verdict."""

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    match: Match = Match()
    when: str = Field(default="", description="CEL, to a bool; empty always holds.")
    verdict: Verdict
    tier: str = ""
    reason: str = Field(min_length=1, description="One sentence that people are shown.")
    obligations: tuple[str, ...] = ()
    approvers: tuple[str, ...] = Field(default=(), description="Roles of `people`, for verdict ask.")
    quorum: int = Field(default=1, ge=1, le=10)
    escalate_to: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.tier and self.tier not in TIERS:
            raise ValueError(f"tier: {self.tier!r}; one of {', '.join(TIERS)}")
        if self.verdict is Verdict.ASK and not self.approvers:
            raise ValueError("approvers: a rule that asks must say whom")
        return self


class Policy(_Part):
    """The whole document."""

    name: str
    version: int = Field(ge=1)
    people: dict[str, tuple[str, ...]] = Field(default_factory=dict, description="Role to identities; `*` is anyone.")
    variables: dict[str, str] = Field(default_factory=dict, description="CEL expressions, used as `vars.NAME`.")
    risk: tuple[RiskWeight, ...] = ()
    rules: tuple[Rule, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        ids = [r.id for r in self.rules]
        doubled = sorted({i for i in ids if ids.count(i) > 1})
        if doubled:
            raise ValueError(f"rules: two rules are called {doubled[0]!r}")
        for rule in self.rules:
            unknown = sorted({*rule.approvers, *rule.escalate_to} - set(self.people))
            if unknown:
                raise ValueError(f"rules.{rule.id}.approvers: people names no role {unknown[0]!r}")
        return self

    @property
    def version_digest(self) -> str:
        """Return the version and the digest of the whole document, such as `3+1f2e3d4c5b6a`."""
        return f"{self.version}+{short_digest(self)}"

    def identities(self, roles: tuple[str, ...]) -> tuple[str, ...]:
        """Return the people of some roles, each once, in order."""
        return tuple(dict.fromkeys(p for role in roles for p in self.people[role]))


def parse(text: str, where: str = "policy") -> Policy:
    """Read a policy.

    Raises:
        PolicyError: naming the file and the field that is wrong.
    """
    try:
        raw: Any = yaml.safe_load(text)
    except yaml.YAMLError as e:
        raise PolicyError(f"{where}: no YAML: {' '.join(str(e).split())}") from e
    try:
        return Policy.model_validate(raw)
    except ValidationError as e:
        first = e.errors()[0]
        raise PolicyError(f"{where}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from e


def load(path: Path) -> Policy:
    """Read a policy file; raises PolicyError when it is missing or wrong."""
    try:
        return parse(path.read_text(), str(path))
    except OSError as e:
        raise PolicyError(f"{path}: {e.strerror}") from e


def open_to_anyone(policy: Policy) -> bool:
    """Return whether any named person may approve: right for a demonstration alone."""
    return any(ANYONE in people for people in policy.people.values())
