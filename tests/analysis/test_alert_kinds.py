"""The kind of an alert is read from its name, in whatever way names are written."""

import pytest

from holdfast.analysis.alert_kinds import UNKNOWN, kind_of
from holdfast.domain.alert import AlertStatus
from tests.examples import alert


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("KubePodCrashLooping", "crash"),
        ("OOMKilled", "crash"),
        ("pod-not-ready", "cluster"),
        ("CPUThrottlingHigh", "saturation"),
        ("disk_almost_full", "saturation"),
        ("p99 too high", "latency"),
        ("HighLatency", "latency"),
        ("HighErrorRate", "errors"),
        ("ErrorBudgetBurn", "errors"),
        ("RequestSurge", "traffic"),
        ("Etwas ist kaputt", UNKNOWN),
        ("", UNKNOWN),
    ],
)
def test_a_name_tells_the_kind(name: str, kind: str) -> None:
    """Camel case, dashes, underscores and blanks."""
    assert kind_of([alert(name=name or "-")]) == kind


def test_most_alerts_decide_and_those_that_fire_come_first() -> None:
    """What is over says less."""
    slow, failing = alert(name="HighLatency"), alert(name="HighErrorRate")
    over = failing.model_copy(update={"status": AlertStatus.RESOLVED})
    assert kind_of([slow, failing, failing]) == "errors"
    assert kind_of([slow, over, over]) == "latency"
    assert kind_of([over]) == "errors"


def test_no_alert_is_of_no_kind() -> None:
    """Nothing to go by."""
    assert kind_of([]) == UNKNOWN
