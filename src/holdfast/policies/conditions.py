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
    "action.namespace": cel.Type.STRING,
    "action.target": cel.Type.STRING,
    "action.replicas": cel.Type.INT,
    "action.backwards": cel.Type.BOOL,
    "service.name": cel.Type.STRING,
    "service.kind": cel.Type.STRING,
    "service.tier": cel.Type.INT,
    "service.known": cel.Type.BOOL,
    "environment": cel.Type.STRING,
    "tenant": cel.Type.STRING,
    "severity": cel.Type.STRING,
    "hypothesis.cause": cel.Type.STRING,
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

Facts = Mapping[str, str | int | float | bool | datetime]


@dataclass(frozen=True)
class Answer:
    """What a condition said: `holds`, or why it could not be asked."""

    holds: bool
    error: str = ""


class Condition(Protocol):
    """One compiled condition."""

    def ask(self, facts: Facts) -> Answer:
        """Return whether it holds; an error is an answer, never an exception."""
        ...


class CelCondition:
    """One condition in CEL."""

    def __init__(self, compiled: Any) -> None:
        self._compiled = compiled

    def ask(self, facts: Facts) -> Answer:
        """Evaluate it; anything but a true or false is an error."""
        value = self._compiled.eval(data=dict(facts))
        plain = value.plain_value()
        # An error comes back as a value whose plain form is a truthy string: only a real bool counts.
        if value.type() == cel.Type.ERROR or not isinstance(plain, bool):
            return Answer(holds=False, error=str(plain)[:200])
        return Answer(holds=plain)


class Compiler:
    """Compiles conditions; a document's `vars.NAME` is put in place of its expression."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._env = cel.NewEnv(variables=VARIABLES)
        self._variables = dict(variables)

    def compile(self, text: str) -> Condition:
        """Return the condition.

        Raises:
            ValueError: with line and column, when it is no CEL or its types do not fit.
        """
        expanded = text
        for name, expression in self._variables.items():
            expanded = re.sub(rf"\bvars\.{re.escape(name)}\b", lambda _, e=expression: f"({e})", expanded)  # type: ignore[misc] # binds the loop's value
        try:
            return CelCondition(self._env.compile(expanded))
        except RuntimeError as e:
            raise ValueError(" ".join(str(e).split())[:300]) from e
