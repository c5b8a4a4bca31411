"""The policy document: rules with conditions in CEL, the people they name, and the terms of the risk score."""

from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from holdfast.domain.action import TOOLS
from holdfast.domain.alert import Severity
from holdfast.domain.decision import Verdict
from holdfast.domain.diagnosis import Cause
from holdfast.domain.ledger import ANYONE
from holdfast.domain.noun import short_digest
from holdfast.policies.reading import PolicyError, Problem, problems_of, read, wrong

__all__ = ["Match", "Policy", "PolicyError", "RiskWeight", "Rule", "load", "open_to_anyone", "parse", "text_of"]

Tier = Literal["read_only", "automatic", "approval", "forbidden"]

# The judge's own answers, when no rule of the document decides.
RESERVED = ("nothing-matched", "tells-only", "condition-failed", "nobody-may-approve", "no-usable-policy")
_TIERS: dict[Verdict, tuple[Tier, ...]] = {
    Verdict.ALLOW: ("automatic", "read_only"),
    Verdict.ASK: ("approval",),
    Verdict.DENY: ("forbidden",),
}


class _Part(BaseModel):
    """A part of the document: what is misspelt is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Match(_Part):
    """What a rule is about; an empty list admits everything.

    `environments`, `namespaces`, `services` and `tenants` may hold patterns: `*` is any text, `?` one letter.
    """

    actions: tuple[str, ...] = ()
    environments: tuple[str, ...] = ()
    causes: tuple[Cause, ...] = ()
    tenants: tuple[str, ...] = ()
    namespaces: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    kinds: tuple[str, ...] = Field(default=(), description="Of service: deployment, database, queue, cache, …")
    tiers: tuple[Literal[1, 2, 3], ...] = ()
    severities: tuple[Severity, ...] = ()

    @model_validator(mode="after")
    def _known(self) -> Self:
        unknown = sorted(set(self.actions) - set(TOOLS))
        if unknown:
            raise ValueError(f"actions: no action is called {unknown[0]!r}; there are {', '.join(TOOLS)}")
        return self


class RiskWeight(_Part):
    """One term of the risk score: `points` when its condition holds."""

    name: str = Field(min_length=1)
    when: str = Field(min_length=1, description="CEL, to a bool.")
    points: float = Field(allow_inf_nan=False)
    why: str = ""


class Rule(_Part):
    """One rule: when it matches and its condition holds, it gives a verdict."""

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$", max_length=100)
    description: str = Field(default="", description="For those who maintain the policy.")
    match: Match = Match()
    when: str = Field(default="", description="CEL, to a bool; empty always holds.")
    verdict: Verdict
    tier: Tier | Literal[""] = ""
    reason: str = Field(min_length=1, description="One sentence that people are shown.")
    obligations: tuple[Literal["tell"], ...] = ()
    approvers: tuple[str, ...] = Field(default=(), description="Roles of `people`, for verdict ask.")
    quorum: int = Field(default=1, ge=1, le=10)
    escalate_to: tuple[str, ...] = Field(default=(), description="Roles that are told when nobody answers.")

    @property
    def level(self) -> str:
        """Return its tier: the one it names, or the one its verdict means."""
        return self.tier or _TIERS[self.verdict][0]

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.id in RESERVED:
            raise ValueError(f"id: {self.id!r} is the judge's own word")
        if self.tier and self.tier not in _TIERS[self.verdict]:
            raise ValueError(f"tier: a rule that says {self.verdict} is {' or '.join(_TIERS[self.verdict])}")
        if self.verdict is Verdict.ASK and not self.approvers:
            raise ValueError("approvers: a rule that asks must say whom")
        return self


class Policy(_Part):
    """The whole document."""

    name: str = Field(min_length=1, max_length=100)
    version: int = Field(ge=1)
    people: dict[str, tuple[str, ...]] = Field(default_factory=dict, description="Role to identities; `*` is anyone.")
    variables: dict[str, str] = Field(default_factory=dict, description="CEL expressions, used as `variables.NAME`.")
    risk: tuple[RiskWeight, ...] = ()
    rules: tuple[Rule, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        doubled = _doubled([r.id for r in self.rules])
        if doubled:
            raise ValueError(f"rules: two rules are called {doubled!r}")
        doubled = _doubled([t.name for t in self.risk])
        if doubled:
            raise ValueError(f"risk: two terms are called {doubled!r}")
        if empty := [role for role, people in self.people.items() if not people]:
            raise ValueError(f"people.{empty[0]}: names nobody")
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

    def called(self, roles: tuple[str, ...]) -> tuple[str, ...]:
        """Return the people of some roles as they are called when nobody answers: an open role by its own name."""
        named = [(role,) if ANYONE in self.people[role] else self.people[role] for role in roles]
        return tuple(dict.fromkeys(p for group in named for p in group))


def parse(text: str, where: str = "policy") -> Policy:
    """Read a policy.

    Raises:
        PolicyError: naming the file, the field that is wrong and its line.
    """
    document = read(text, where)
    try:
        return Policy.model_validate(document.data)
    except ValidationError as e:
        raise wrong(where, problems_of(e, document)) from e


def load(path: Path) -> Policy:
    """Read a policy file; raises PolicyError when it is missing or wrong."""
    return parse(text_of(path), str(path))


def text_of(path: Path) -> str:
    """Return the text of a file.

    Raises:
        PolicyError: when it cannot be read, or is no text.
    """
    try:
        return path.read_text(encoding="utf-8")
    except OSError as e:
        raise wrong(str(path), [Problem(where="", text=e.strerror or "not readable")]) from e
    except UnicodeDecodeError as e:
        raise wrong(str(path), [Problem(where="", text="no UTF-8 text")]) from e


def open_to_anyone(policy: Policy) -> bool:
    """Return whether any named person may approve: right for a demonstration alone."""
    return any(ANYONE in people for people in policy.people.values())


def _doubled(names: list[str]) -> str:
    return next((n for i, n in enumerate(names) if n in names[:i]), "")
