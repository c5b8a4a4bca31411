"""What the systems file says about trace stores."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from holdfast.domain.noun import Noun
from holdfast.tools.outside.endpoint import Endpoint


class Traced(Endpoint):
    """What every trace source has."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    most_spans: int = Field(default=1000, ge=1, le=10_000, description="Spans of one answer; the rest is cut.")
    cache_seconds: float = Field(default=60.0, ge=0, le=600, description="How long the same trace is not read again.")
    link_url: str = Field(default="", description="Web address that people use: Grafana, or Jaeger's own page.")


class TempoSection(Traced):
    """Grafana Tempo; Tempo before 2.7 answers `v1` alone."""

    kind: Literal["tempo"]
    api: Literal["v1", "v2"] = "v2"
    tenant: str = Field(default="", description="Sent as X-Scope-OrgID.")
    data_source: str = Field(default="", description="Grafana's uid of this Tempo, for links to Explore.")


class JaegerSection(Traced):
    """Jaeger's query service; `url` holds its base path, where it has one."""

    kind: Literal["jaeger"]


TraceSourceSection = Annotated[TempoSection | JaegerSection, Field(discriminator="kind")]


class TraceSections(Noun):
    """The trace sources by name; the first is the default."""

    traces: dict[str, TraceSourceSection] = {}
