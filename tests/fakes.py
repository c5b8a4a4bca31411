"""Fakes of the hands' ports (`activities/ports.py`): each does what the port promises, without the world."""

from dataclasses import dataclass, field

from pydantic import JsonValue

from holdfast.activities.errors import ToolError
from holdfast.domain.grant import Grant


@dataclass(frozen=True)
class Called:
    """One call of a tool, as the caller saw it."""

    name: str
    arguments: dict[str, JsonValue]
    timeout: float
    meta: dict[str, str]


@dataclass
class ScriptedCaller:
    """A tool caller that answers what a test says and remembers what it was asked."""

    answer: dict[str, JsonValue] | ToolError = field(default_factory=dict)
    called: list[Called] = field(default_factory=list)

    async def call(
        self, server: str, tool: str, arguments: dict[str, JsonValue], *, timeout: float, meta: dict[str, str]
    ) -> dict[str, JsonValue]:
        """Return the answer, or break as scripted."""
        self.called.append(Called(f"{server}.{tool}", arguments, timeout, meta))
        if isinstance(self.answer, ToolError):
            raise self.answer
        return self.answer


@dataclass
class PlainIssuer:
    """An issuer whose signature is its name; it remembers what it signed."""

    signed: list[Grant] = field(default_factory=list)

    def sign(self, grant: Grant) -> str:
        """Return a token that no executor would obey."""
        self.signed.append(grant)
        return f"signed-{len(self.signed)}"
