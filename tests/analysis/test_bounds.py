"""What alerts say of their own condition, in the words that people write."""

import pytest

from holdfast.analysis.causes.bounds import bounds_of, signal_about
from holdfast.analysis.numbers.signals import DOWN, UP
from tests.examples import alert


@pytest.mark.parametrize(
    ("name", "summary", "expected"),
    [
        ("Latency", "storefront p99 above 200 ms", ("latency_p99_seconds", 0.2, UP)),
        ("Slow", "over the last 5 requests it is > 2s", ("latency_p99_seconds", 2.0, UP)),
        ("SLO", "error ratio exceeds 5%", ("error_ratio", 0.05, UP)),
        ("HighErrorRate", "more than 0.02 of the calls", ("error_ratio", 0.02, UP)),
        ("SLO", "availability below 99.5 %", ("error_ratio", 0.005, UP)),
        ("MemoryNearLimit", "above 92 percent", ("memory_ratio", 0.92, UP)),
        ("NoTraffic", "fewer than 3 requests per second", ("request_rate", 3.0, DOWN)),
    ],
)
def test_a_bound_in_words_is_read(name: str, summary: str, expected: tuple[str, float, int]) -> None:
    """The signal from the words beside it, else from the rule's name; the number in the signal's unit."""
    found = [(b.signal, round(b.value, 6), b.direction) for b in bounds_of(alert(name=name, summary=summary))]
    assert expected in found


def test_a_threshold_in_a_label_or_an_annotation_is_read() -> None:
    """As rules carry it that are made from templates."""
    found = list(bounds_of(alert(name="HighErrorRate", annotations={"threshold": "2%"}, labels={"limit": "3"})))
    assert [b.value for b in found] == [0.03, 0.02]


@pytest.mark.parametrize(
    "summary",
    [
        "",
        "checkout fails 34% of its requests",
        "error budget burns at above 14 times",
        "queue above 1000",
        "errors over",
    ],
)
def test_what_states_no_bound_of_a_known_signal_is_left_alone(summary: str) -> None:
    """A level that was reached is no bound, and a burn rate is no ratio."""
    assert list(bounds_of(alert(name="Alert", summary=summary, labels={}))) == []


def test_names_in_camel_case_say_what_they_are_about() -> None:
    """Slow requests are about slowness."""
    assert signal_about("SlowRequests") == "latency_p99_seconds"
    assert signal_about("ContainerCPUThrottled") == "cpu_ratio"
    assert signal_about("DiskAlmostFull") == ""
