"""What any source tells the catalogue: what it knows of services and runbooks, and what of it could not be read."""

from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from pydantic import Field

from holdfast.domain.noun import Noun
from holdfast.domain.service import Runbook

Value = TypeVar("Value")


class ServiceEntry(Noun):
    """One source's word on a service. What it leaves out (None), the next source may say."""

    name: str = Field(min_length=1)
    environments: tuple[str, ...] = Field(default=(), description="Where it speaks of; empty is everywhere.")
    tier: int | None = Field(default=None, ge=1, le=3)
    kind: str | None = None
    namespace: str | None = None
    deployment: str | None = None
    repository: str | None = None
    owners: tuple[str, ...] | None = None
    channel: str | None = None
    dependencies: tuple[str, ...] | None = None
    runbook: str | None = Field(default=None, description="The id of a runbook written for it.")

    def speaks_of(self, environment: str) -> bool:
        """Return whether it holds in an environment."""
        return not self.environments or environment in self.environments


class CitedService(Noun):
    """An entry and where it is written, such as `files catalog.yaml@9f2c41d7ab03`."""

    entry: ServiceEntry
    source: str


class CitedRunbook(Noun):
    """A runbook and where it is written; `place` is where its source finds the body, when that comes later."""

    runbook: Runbook
    source: str
    place: str = ""


class Reading(Noun):
    """All that one source knows now; `problems` name what it could not read, with the place and the reason."""

    services: tuple[CitedService, ...] = ()
    runbooks: tuple[CitedRunbook, ...] = ()
    problems: tuple[str, ...] = ()


class Source(Protocol):
    """One place where people wrote services or runbooks down."""

    name: str

    async def read(self) -> Reading:
        """Return what is written there.

        Raises:
            ToolError: of the closed list, when nothing of it can be read.
        """
        ...

    async def whole(self, found: CitedRunbook) -> Runbook:
        """Return a runbook of this source with its body."""
        ...


@dataclass(frozen=True)
class Cited(Generic[Value]):
    """An answer, where it is written, and what could not be asked or read on the way."""

    value: Value
    sources: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
