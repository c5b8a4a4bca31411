"""Conditions in CEL, compiled once and checked by type; whatever goes wrong in one fails closed."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from cel_expr_python import cel

# What a condition may look at. CEL has no mixed arithmetic: whole numbers are INT, shares are DOUBLE.
VARIABLES: dict[str, Any] = {
    "action.kind": cel.Type.STRING,
    "action.service": cel.Type.STRING,
    "action.namespace": cel.Type.STRING,
    "action.deployment": cel.Type.STRING,
    "action.target": cel.Type.STRING,
    "action.replicas": cel.Type.INT,
    "action.backwards": cel.Type.BOOL,
    "action.has_way_back": cel.Type.BOOL,
    "service.name": cel.Type.STRING,
    "service.environment": cel.Type.STRING,
    "service.namespace": cel.Type.STRING,
    "service.deployment": cel.Type.STRING,
    "service.kind": cel.Type.STRING,
    "service.tier": cel.Type.INT,
    "service.known": cel.Type.BOOL,
    "service.owners": cel.Type.List(cel.Type.STRING),
    "environment": cel.Type.STRING,
    "tenant": cel.Type.STRING,
    "severity": cel.Type.STRING,
    "hypothesis.cause": cel.Type.STRING,
    "hypothesis.service": cel.Type.STRING,
    "hypothesis.confidence": cel.Type.DOUBLE,
    "plan.actions": cel.Type.INT,
    "plan.round": cel.Type.INT,
    "plan.proposer": cel.Type.STRING,
    "blast.pods": cel.Type.INT,
    "blast.services": cel.Type.INT,
    "dry_run.refused": cel.Type.BOOL,
    "alerts": cel.Type.INT,
    "actions_done": cel.Type.INT,
    "now": cel.Type.TIMESTAMP,
}
RISK = "risk.score"  # for rules alone: the sum of the terms, which are weighed first

Plain = str | int | float | bool | datetime | list[str]
Facts = Mapping[str, Plain]

_LONGEST_ERROR = 300


@dataclass(frozen=True)
class Answer:
    """What a condition said: `holds`, or why it could not be asked."""

    holds: bool
    error: str = ""


class Condition(Protocol):
    """One compiled condition."""

    @property
    def reads(self) -> frozenset[str]:
        """The names it looks at, those within the document's variables included."""
        ...

    def ask(self, facts: Facts) -> Answer:
        """Return whether it holds; an error is an answer, never an exception."""
        ...


class EvaluationError(Exception):
    """An expression that could not be evaluated. It never leaves this room: the judge makes a deny of it."""


class _Expression:
    """One compiled expression of any type, handed only the names it reads."""

    def __init__(self, env: Any, text: str) -> None:
        self._compiled = _checked(env, text)
        blob: bytes = self._compiled.serialize()
        # The checked form holds every name in full. A name that is also a text in it costs one needless fact.
        self.names = frozenset(n for n in env.names if n.encode() in blob)

    @property
    def type(self) -> Any:
        return self._compiled.return_type()

    def value(self, facts: Facts) -> Any:
        """Return the plain value, or raise EvaluationError."""
        try:
            value = self._compiled.eval(data={n: facts[n] for n in self.names if n in facts})
        except Exception as e:  # whatever the binding raises, the judge must deny and not break
            raise EvaluationError(_short(e)) from e
        # An error comes back as a value whose plain form is a truthy string: ask for its type first.
        if value.type() == cel.Type.ERROR:
            raise EvaluationError(_short(value.plain_value()))
        return value.plain_value()


class _Env:
    """A CEL environment that knows its own names."""

    def __init__(self, variables: Mapping[str, Any]) -> None:
        self.names = tuple(variables)
        self._env = cel.NewEnv(variables=dict(variables))

    def compile(self, text: str) -> Any:
        return self._env.compile(text)


class CelCondition:
    """One condition in CEL."""

    def __init__(self, expression: _Expression, reads: frozenset[str]) -> None:
        self._expression = expression
        self.reads = reads

    def ask(self, facts: Facts) -> Answer:
        """Evaluate it; anything but a true or false is an error."""
        try:
            plain = self._expression.value(facts)
        except EvaluationError as e:
            return Answer(holds=False, error=str(e))
        if not isinstance(plain, bool):
            return Answer(holds=False, error=f"neither true nor false: {_short(plain)}")
        return Answer(holds=plain)


class Compiler:
    """Compiles conditions over our variables and the document's own, each of which may use those before it.

    Raises:
        ValueError: naming the variable that is no CEL or whose types do not fit.
    """

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._own: dict[str, _Expression] = {}
        self._deep: dict[str, frozenset[str]] = {}
        declared = dict(VARIABLES)
        for name, text in variables.items():
            expression = _named(name, _Env(declared), text)
            full = f"variables.{name}"
            self._own[full] = expression
            self._deep[full] = self._all_names(expression)
            declared[full] = expression.type
        self._env = _Env(declared)
        self._env_with_risk = _Env({**declared, RISK: cel.Type.DOUBLE})

    def compile(self, text: str, *, with_risk: bool = True) -> Condition:
        """Return the condition; only rules may look at the risk, for its terms are weighed before them.

        Raises:
            ValueError: with line and column, when it is no CEL, its types do not fit or it is no bool.
        """
        expression = _Expression(self._env_with_risk if with_risk else self._env, text)
        if expression.type != cel.Type.BOOL:
            raise ValueError(f"must be true or false, but is {expression.type}")
        return CelCondition(expression, self._all_names(expression))

    def evaluate(self, facts: Facts) -> tuple[Facts, tuple[str, ...]]:
        """Return `facts` with the document's variables beside them, and what went wrong on the way."""
        found: dict[str, Plain] = dict(facts)
        errors: list[str] = []
        for name, expression in self._own.items():
            try:
                found[name] = expression.value(found)
            except EvaluationError as e:
                errors.append(f"{name} failed: {e}")
        return found, tuple(errors)

    def _all_names(self, expression: _Expression) -> frozenset[str]:
        return expression.names.union(*(self._deep.get(n, frozenset()) for n in expression.names))


def _named(name: str, env: _Env, text: str) -> _Expression:
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise ValueError(f"variables.{name}: a name is lower-case letters, digits and _")
    try:
        return _Expression(env, text)
    except ValueError as e:
        raise ValueError(f"variables.{name}: {e}") from e


def _checked(env: _Env, text: str) -> Any:
    try:
        return env.compile(text)
    except Exception as e:
        raise ValueError(_short(_human(str(e)))) from e


def _human(message: str) -> str:
    """Return CEL's complaint without its envelope: `1:7: undeclared reference to 'action.knd'`."""
    first = message.split("\n", 1)[0]
    return re.sub(r"^[A-Z_]+: (ERROR: <input>:)?|( \(in container ''\))| \[[A-Z_]+\]$", "", first)


def _short(what: object) -> str:
    return " ".join(str(what).split())[:_LONGEST_ERROR]
