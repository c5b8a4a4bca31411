"""What the systems file says about monitoring: which stores there are, where, and how our signals are asked there."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, ConfigDict, Field

from holdfast.domain.noun import Noun
from holdfast.tools.monitoring.signals import SignalName, checked_promql, checked_quoted
from holdfast.tools.outside.endpoint import Endpoint

_STRICT = ConfigDict(frozen=True, extra="forbid")


class Asked(Noun):
    """What every metric source has: our signals in its language, and how much one answer may hold."""

    signals: Mapping[SignalName, str] = Field(
        default_factory=dict, description="Signal name to a query with {service}, {environment}, {namespace}."
    )
    namespace: str = Field(default="", description="What {namespace} stands for when the question names none.")
    most_series: int = Field(
        default=50, ge=1, le=500, description="Series of one answer; the rest is cut, and said so."
    )
    cache_seconds: float = Field(default=60.0, ge=0, le=600, description="How long the same question is not repeated.")
    link_url: str = Field(default="", description="Web address that people use, where it is not `url`.")


class AskedInPromQL(Asked):
    """Signals are templates of PromQL, each value within double quotes."""

    signals: Mapping[SignalName, Annotated[str, AfterValidator(checked_promql)]] = {}


class PrometheusSection(AskedInPromQL, Endpoint):
    """Prometheus, or what speaks its API: Thanos, Mimir, VictoriaMetrics; `url` may hold their path prefix."""

    model_config = _STRICT
    kind: Literal["prometheus"]
    tenant: str = Field(default="", description="Sent as X-Scope-OrgID (Mimir, Cortex, Loki's kin).")
    method: Literal["auto", "GET", "POST"] = Field(default="auto", description="auto: POST for long queries alone.")


class GrafanaSection(AskedInPromQL, Endpoint):
    """A data source of Prometheus' kind behind Grafana's proxy."""

    model_config = _STRICT
    kind: Literal["grafana"]
    data_source: str = Field(pattern=r"^[A-Za-z0-9_-]{1,40}$", description="The data source's uid.")
    org: int = Field(default=1, ge=1, description="Grafana's organisation.")


class CloudWatchSection(Asked):
    """CloudWatch in one region; credentials come by boto3's own chain, never from this file."""

    model_config = _STRICT
    kind: Literal["cloudwatch"]
    signals: Mapping[SignalName, Annotated[str, AfterValidator(checked_quoted)]] = {}
    region: str = Field(pattern=r"^[a-z]{2}(-[a-z]+)+-\d$")
    profile: str = Field(default="", description="A profile of the AWS configuration, such as one that assumes a role.")
    endpoint_url: str = Field(default="", description="A private endpoint of CloudWatch, where there is one.")
    timeout: float = Field(default=20.0, gt=0, le=120)
    per_minute: int = Field(default=100, ge=1)
    retries: int = Field(default=2, ge=0, le=5)

    @property
    def endpoint(self) -> Endpoint:
        """Return the limits under which it is asked."""
        url = self.endpoint_url or f"https://monitoring.{self.region}.amazonaws.com"
        return Endpoint(url=url, timeout=self.timeout, per_minute=self.per_minute, retries=self.retries)


class DatadogSection(Asked, Endpoint):
    """Datadog; `url` is the site's API, such as https://api.datadoghq.eu."""

    model_config = _STRICT
    kind: Literal["datadog"]


MetricSourceSection = Annotated[
    PrometheusSection | GrafanaSection | CloudWatchSection | DatadogSection, Field(discriminator="kind")
]


class AlertmanagerSection(Endpoint):
    """Where alerts that we raise ourselves go."""

    model_config = _STRICT
    kind: Literal["alertmanager"] = "alertmanager"
    minutes: int = Field(default=60, ge=1, le=1440, description="How long an alert stands unless it is raised again.")
    labels: dict[str, str] = Field(default_factory=dict, description="Labels that every alert of ours bears.")


class MonitoringSection(Noun):
    """The monitoring server's whole section; the first source of each kind is the default."""

    model_config = _STRICT
    metrics: dict[str, MetricSourceSection] = {}
    logs: dict[str, Any] = {}
    traces: dict[str, Any] = {}
    alerts: AlertmanagerSection | None = None
