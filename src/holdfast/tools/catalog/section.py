"""What the systems file says about the catalogue: its sources in the order of their word, and how labels are read."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, field_validator, model_validator

from holdfast.domain.noun import Noun
from holdfast.tools.catalog.rules import Rules
from holdfast.tools.kubernetes.section import PER_MINUTE, ClusterAccess
from holdfast.tools.outside.endpoint import Endpoint
from holdfast.tools.outside.limits import BURST

# A misspelt field would leave a default standing, and nobody would know.
_STRICT = ConfigDict(frozen=True, extra="forbid")
KINDS = 3  # of workloads


class Files(Noun):
    """A folder that people keep, best a git checkout."""

    model_config = _STRICT

    kind: Literal["files"]
    name: str = "files"
    folder: Path
    catalog: str = Field(default="catalog.yaml", description="The file with the services, within the folder.")
    runbooks: str = Field(default="runbooks", description="The folder with the runbooks (`*.md`), within the folder.")

    @field_validator("catalog", "runbooks")
    @classmethod
    def _within(cls, path: str) -> str:
        if Path(path).is_absolute() or ".." in Path(path).parts:
            raise ValueError("lies within the folder")
        return path


class Labels(ClusterAccess):
    """A Kubernetes cluster whose workloads say who they are, by labels and annotations."""

    model_config = _STRICT

    kind: Literal["kubernetes"]
    name: str = "kubernetes"
    namespaces: tuple[str, ...] = Field(default=(), description="Empty is all, which needs a ClusterRole.")
    selector: str = Field(default="", description="Such as `app.kubernetes.io/part-of=shop`.")
    environment: str = Field(default="production", description="Of workloads that do not name their own.")
    keep: float = Field(default=60.0, ge=0, le=3600, description="Seconds an answer is used again.")
    per_minute: int = Field(default=PER_MINUTE, ge=1, le=100_000, description="Requests a minute to the cluster.")

    @model_validator(mode="after")
    def _read_at_once(self) -> Self:
        """Every kind of every namespace is asked for together, which our own limit must let through."""
        together = KINDS * max(1, len(self.namespaces))
        if together > max(1, self.per_minute // BURST):
            least = f"at least {together * BURST}, or leave namespaces empty"
            raise ValueError(f"per_minute: reading takes {together} requests at once, a quarter of a minute's; {least}")
        return self


class Columns(Noun):
    """How the runbook database's properties are called."""

    model_config = _STRICT

    service: str = "Service"
    alert: str = "Alert"
    evidence: str = "Evidence"
    actions: str = "Actions"


class Notion(Endpoint):
    """A Notion database of runbooks. Newer versions of the API call what is queried a data source."""

    model_config = _STRICT

    kind: Literal["notion"]
    name: str = "notion"
    url: str = "https://api.notion.com"
    data_source: str = Field(default="", pattern=r"^[0-9a-fA-F-]*$")
    database: str = Field(default="", pattern=r"^[0-9a-fA-F-]*$", description="For version 2022-06-28.")
    properties: Columns = Columns()
    keep: float = Field(default=300.0, ge=0, le=3600, description="Seconds an answer is used again.")
    # Notion allows three requests a second on average.
    per_minute: int = Field(default=150, ge=1, le=180)

    @model_validator(mode="after")
    def _one_place(self) -> "Notion":
        if bool(self.data_source) == bool(self.database):
            raise ValueError("data_source or database: exactly one of them holds the runbooks")
        return self


AnySource = Annotated[Files | Labels | Notion, Field(discriminator="kind")]


class Catalog(Noun):
    """The section."""

    model_config = _STRICT

    sources: tuple[AnySource, ...] = Field(min_length=1, description="The first that says something is believed.")
    mapping: Rules = Rules()

    @model_validator(mode="after")
    def _distinct(self) -> "Catalog":
        names = [s.name for s in self.sources]
        twice = next((n for n in names if names.count(n) > 1), "")
        if twice:
            raise ValueError(f"sources: two are called {twice!r}; give them a name each")
        return self
