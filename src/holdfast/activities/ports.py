"""What the hands need of the world, as Protocols; `adapters/` holds the real ones, tests hold fakes."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from pydantic import BaseModel, JsonValue

from holdfast.domain.diagnosis import Usage
from holdfast.domain.grant import Grant
from holdfast.domain.incident import Incident

Clock = Callable[[], datetime]
Progress = Callable[[str], None]


class ToolCaller(Protocol):
    """Calls one tool of one MCP server."""

    async def call(
        self, server: str, tool: str, arguments: dict[str, JsonValue], *, timeout: float, meta: dict[str, str]
    ) -> dict[str, JsonValue]:
        """Return the tool's structured answer; `timeout` is in seconds.

        Raises:
            ToolError: with `permanent` set when no retry can help.
        """
        ...


class BodyStore(Protocol):
    """Keeps large bodies outside the history, found again by the digest of what they hold."""

    async def put(self, body: JsonValue) -> str:
        """Store `body` and return its reference, the SHA-256 of its canonical JSON."""
        ...

    async def get(self, ref: str) -> JsonValue:
        """Return the body stored under `ref`.

        Raises:
            KeyError: when there is none, or what is there does not match its digest.
        """
        ...


class GrantIssuer(Protocol):
    """Signs grants with the private key that only the acting worker holds."""

    def sign(self, grant: Grant) -> str:
        """Return the grant as a compact JWT."""
        ...


class RecordsWriter(Protocol):
    """Writes the read model."""

    async def upsert(self, incident: Incident) -> str:
        """Insert or replace the incident and return its public number; the same document twice is one row.

        Raises:
            RecordsError: when the database cannot be written now.
        """
        ...

    async def previous_run(self, incident: Incident) -> str:
        """Return the run id of the incident before this one under the same key, or an empty string."""
        ...


class IncidentDirectory(Protocol):
    """Asks the Temporal server, which is never stale, whether an incident is open."""

    async def is_open(self, workflow_id: str) -> bool:
        """Return whether a run of `workflow_id` is open now."""
        ...


class ModelReply(BaseModel):
    """What a model endpoint said: text that should be JSON of the asked schema, and what it cost."""

    text: str
    usage: Usage
    finished: bool = True


class ModelMessage(BaseModel):
    """One message of a conversation."""

    role: str
    content: str


class Model(Protocol):
    """Any OpenAI-compatible model."""

    name: str

    def cost(self, prompt_tokens: int, completion_tokens: int) -> float:
        """Return what so many tokens cost at its prices."""
        ...

    async def ask(
        self, messages: list[ModelMessage], schema: type[BaseModel], *, timeout: float, max_tokens: int
    ) -> ModelReply:
        """Return the model's reply to `messages`, asked to be JSON of `schema`; `timeout` is in seconds.

        Raises:
            ModelError: with `permanent` and `retry_after` (seconds) set as the endpoint said.
        """
        ...
