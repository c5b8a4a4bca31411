"""Which kinds of metric stores there are; each one's library is imported only where it is configured."""

from holdfast.tools.monitoring.metrics.guarded import GuardedSource, Language, Store
from holdfast.tools.monitoring.metrics.promql import check
from holdfast.tools.monitoring.section import (
    CloudWatchSection,
    DatadogSection,
    GrafanaSection,
    MetricSourceSection,
    PrometheusSection,
)
from holdfast.tools.monitoring.signals import cloudwatch, datadog, promql

PROMQL = Language(promql, recorded=True, check=check)


def metric_sources(sections: dict[str, MetricSourceSection]) -> dict[str, GuardedSource]:
    """Return the sources by name.

    Raises:
        ValueError: when a kind's library is not installed, naming the extra.
    """
    return {name: GuardedSource(*_built(name, section)) for name, section in sections.items()}


def _built(name: str, section: MetricSourceSection) -> tuple[Store, MetricSourceSection, Language]:
    match section:
        case PrometheusSection():
            from holdfast.tools.monitoring.metrics.prometheus import PrometheusStore  # noqa: PLC0415 # requests, 20 MB

            return PrometheusStore(name, section), section, PROMQL
        case GrafanaSection():
            from holdfast.tools.monitoring.metrics.grafana import GrafanaStore  # noqa: PLC0415 # as its neighbours

            return GrafanaStore(name, section), section, PROMQL
        case CloudWatchSection():
            from holdfast.tools.monitoring.metrics.cloudwatch import CloudWatchStore  # noqa: PLC0415 # boto3, 40 MB

            return CloudWatchStore(name, section), section, Language(cloudwatch)
        case DatadogSection():
            from holdfast.tools.monitoring.metrics.datadog import DatadogStore  # noqa: PLC0415 # as its neighbours

            return DatadogStore(name, section), section, Language(datadog)
