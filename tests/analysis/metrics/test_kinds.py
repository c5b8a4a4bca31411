"""What a metric's name tells."""

import pytest

from holdfast.analysis.metrics.kinds import is_counter, kind_of


@pytest.mark.parametrize(
    ("metric", "kind"),
    [
        ("latency_p99_seconds", "latency"),
        ("http_request_duration_seconds", "latency"),
        ("error_ratio", "errors"),
        ("up_ratio", "availability"),
        ("container_memory_rss", "memory"),
        ("cpu_ratio", "cpu"),
        ("request_rate", "requests"),
        ("backup_size", "other"),
        ("widgets", "other"),
    ],
)
def test_the_name_tells_the_kind(metric: str, kind: str) -> None:
    """By whole words; a word inside another tells nothing."""
    assert kind_of(metric).name == kind


def test_a_counter_is_told_by_its_ending() -> None:
    """Prometheus' rule."""
    assert is_counter("restarts_total")
    assert not is_counter("total_memory")
