"""How the example application is measured: OpenTelemetry's HTTP server metrics, read by Prometheus.

Names and boundaries are those of OpenTelemetry's semantic conventions for HTTP metrics, 1.23
(`http.server.request.duration`).
"""

from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.metrics import Histogram
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.view import ExplicitBucketHistogramAggregation, View
from opentelemetry.sdk.resources import Resource

DURATION = "http.server.request.duration"
BOUNDARIES = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10)


def duration_histogram(service: str) -> Histogram:
    """Return the histogram of request durations in seconds; Prometheus' default registry offers it."""
    provider = MeterProvider(
        metric_readers=[PrometheusMetricReader()],
        resource=Resource.create({"service.name": service}),
        views=[View(instrument_name=DURATION, aggregation=ExplicitBucketHistogramAggregation(BOUNDARIES))],
    )
    return provider.get_meter("holdfast.example").create_histogram(DURATION, unit="s", description="Served requests.")
