"""What the systems file says about log stores: where each is, and how a service's lines are asked for there."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, ConfigDict, Field

from holdfast.domain.noun import Noun
from holdfast.tools.monitoring.logs.clauses import checked_clauses
from holdfast.tools.monitoring.logs.template import checked
from holdfast.tools.outside.endpoint import Endpoint

Template = Annotated[str, AfterValidator(checked)]
# What finds a text must be there: no source may answer with lines that were not asked for.
Finding = Annotated[Template, Field(min_length=3)]
Clauses = Annotated[tuple[dict[str, Any], ...], AfterValidator(checked_clauses)]


class Fields(Noun):
    """Which fields may hold what; the first that is there counts. A dot goes into an object."""

    message: tuple[str, ...] = ("message", "msg", "_msg", "body", "log", "event")
    level: tuple[str, ...] = (
        "level", "detected_level", "severity", "severity_text", "log.level", "log_level", "levelname", "lvl",
    )  # fmt: skip
    pod: tuple[str, ...] = (
        "pod", "k8s_pod_name", "k8s.pod.name", "kubernetes.pod.name", "kubernetes.pod_name", "pod_name", "host",
        "@logStream",
    )  # fmt: skip


class Shaped(Noun):
    """What every log source has: how its lines are read, and how much one answer may hold."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    fields_: Fields = Field(default=Fields(), alias="fields")
    longest_line: int = Field(default=2000, ge=100, le=20_000, description="Characters of one line that are kept.")
    most_characters: int = Field(default=200_000, ge=1000, description="Characters of one answer, all lines together.")
    cache_seconds: float = Field(default=60.0, ge=0, le=600, description="How long the same question is not repeated.")
    link_url: str = Field(default="", description="Web address that people use: Grafana, Kibana, Splunk Web.")


class LokiSection(Endpoint, Shaped):
    """Grafana Loki; the line and the level are asked for only when they are wanted."""

    kind: Literal["loki"]
    tenant: str = Field(default="", description="Sent as X-Scope-OrgID.")
    query: Template = '{service_name="{service}", environment="{environment}"}'
    contains_query: Finding = ' |= "{contains}"'
    level_query: Template = ' | detected_level=~"(?i)({level})"'
    data_source: str = Field(default="", description="Grafana's uid of this Loki, for links to Explore.")


class VictoriaLogsSection(Endpoint, Shaped):
    """VictoriaLogs; `tenant` is `AccountID:ProjectID`."""

    kind: Literal["victorialogs"]
    tenant: str = Field(default="", pattern=r"^(\d+:\d+)?$")
    query: Template = 'service.name:="{service}" environment:="{environment}"'
    contains_query: Finding = ' _msg:~"{contains}"'
    level_query: Template = ' level:~"(?i)^({level})$"'


class SplunkSection(Endpoint, Shaped):
    """Splunk Enterprise or Cloud by its management port, 8089."""

    kind: Literal["splunk"]
    query: Template = 'index=* service="{service}" environment="{environment}"'
    contains_query: Finding = ' "{contains}"'
    level_query: Template = ' level IN ("{level}")'


class ElasticsearchSection(Endpoint, Shaped):
    """Elasticsearch or OpenSearch; clauses are objects of its query language, and values are put into their texts."""

    kind: Literal["elasticsearch"]
    # A search there costs more than a range query elsewhere.
    per_minute: int = Field(default=50, ge=1)
    index: str = Field(default="logs-*", pattern=r"^[^/?#\s]+$", description="May hold {service} and {environment}.")
    filters: Clauses = ({"term": {"service.name": "{service}"}}, {"term": {"service.environment": "{environment}"}})
    contains_filters: Clauses = Field(default=({"match_phrase": {"message": "{contains}"}},), min_length=1)
    level_filters: Clauses = ({"terms": {"log.level": "{level}"}},)
    time_field: str = "@timestamp"
    link_query: Template = 'service.name: "{service}"'


class CloudWatchLogsSection(Shaped):
    """CloudWatch Logs in one region by Logs Insights; credentials come by boto3's own chain, never from this file."""

    kind: Literal["cloudwatch_logs"]
    region: str = Field(pattern=r"^[a-z]{2}(-[a-z]+)+-\d$")
    profile: str = ""
    endpoint_url: str = Field(default="", description="A private endpoint of CloudWatch Logs, where there is one.")
    log_group: str = Field(min_length=1, description="May hold {service} and {environment}.")
    query: Template = 'fields @timestamp, @message, @logStream | filter @logStream like "{service}"'
    contains_query: Finding = ' | filter @message like "{contains}"'
    level_query: Template = ' | filter level in ["{level}"]'
    timeout: float = Field(default=20.0, gt=0, le=120, description="Seconds for one request.")
    wait: float = Field(default=45.0, gt=0, le=300, description="Seconds for the whole query.")
    per_minute: int = Field(default=100, ge=1)
    retries: int = Field(default=2, ge=0, le=5)

    @property
    def endpoint(self) -> Endpoint:
        """Return the limits under which it is asked."""
        url = self.endpoint_url or f"https://logs.{self.region}.amazonaws.com"
        return Endpoint(url=url, timeout=self.timeout, per_minute=self.per_minute, retries=self.retries)


LogSourceSection = Annotated[
    LokiSection | VictoriaLogsSection | SplunkSection | ElasticsearchSection | CloudWatchLogsSection,
    Field(discriminator="kind"),
]


class LogSections(Noun):
    """The log sources by name; the first is the default."""

    logs: dict[str, LogSourceSection] = {}
