"""Did it help: the same signals before and after, and what may not be called recovered."""

from datetime import timedelta

import pytest

from holdfast.analysis.observation import Observation
from holdfast.analysis.recovery import verify
from holdfast.domain.alert import AlertStatus
from holdfast.domain.attempt import Verification
from tests.analysis.answers import Asked, metric, ramp, seen, steady, step
from tests.examples import AT, alert

SINCE = AT + timedelta(minutes=2)
GONE = Observation(seen(metric("error_ratio", [0.1])).evidence.model_copy(update={"missing": "timeout", "ref": ""}))


def after(name: str, *values: float | None, service: str = "checkout") -> Asked:
    return metric(name, values, service, end=SINCE)


def judged(before: list[Asked], now: list[Asked], *, resolved: bool = False) -> Verification:
    status = AlertStatus.RESOLVED if resolved else AlertStatus.FIRING
    alerts = (alert(status=status, ends_at=SINCE if resolved else None),)
    return verify([seen(a) for a in before], [seen(a) for a in now], alerts, AT + timedelta(seconds=1))


BAD = metric("error_ratio", step(0.002, 0.3))


def test_what_hurt_and_is_back_has_recovered() -> None:
    """The check tells before, after, the threshold, and cites both answers."""
    found = judged([BAD], [after("error_ratio", 0.002, 0.003)])
    assert found.recovered
    assert not found.unknown
    check = found.checks[0]
    assert (check.passed, check.name) == (True, "error ratio of checkout")
    assert check.before == pytest.approx(0.3, abs=0.01)
    assert check.threshold is not None
    assert len(check.evidence) == 2
    assert found.summary.startswith("recovered: error ratio of checkout is back at 0.3%")


def test_what_still_hurts_has_not() -> None:
    """And the summary says by how much."""
    found = judged([BAD], [after("error_ratio", 0.31, 0.29)])
    assert not found.recovered
    assert not found.unknown
    assert "is still at 29.0%, usual is at most" in found.summary


def test_half_better_is_not_recovered() -> None:
    """From 30 % to 10 % is progress, not health."""
    assert not judged([BAD], [after("error_ratio", 0.1)]).recovered


def test_every_signal_that_hurt_must_be_back() -> None:
    """Fewer errors with the same latency is no recovery."""
    slow = metric("latency_p99_seconds", step(0.2, 1.4))
    assert not judged([BAD, slow], [after("error_ratio", 0.002), after("latency_p99_seconds", 1.3)]).recovered
    assert judged([BAD, slow], [after("error_ratio", 0.002), after("latency_p99_seconds", 0.21)]).recovered


def test_the_newest_points_count() -> None:
    """Right after an action the old value may still be there; what it settles to is what matters."""
    assert judged([BAD], [after("error_ratio", 0.3, 0.2, 0.002, 0.002)]).recovered
    assert not judged([BAD], [after("error_ratio", 0.002, 0.002, 0.3, 0.3)]).recovered


@pytest.mark.parametrize("now", [[], [after("error_ratio")], [after("error_ratio", None, None)]])
def test_silence_is_unknown_and_unknown_is_not_recovered(now: list[Asked]) -> None:
    """No answer, no points, or only gaps."""
    found = judged([BAD], now)
    assert not found.recovered
    assert found.unknown


def test_a_source_that_failed_is_silence() -> None:
    """A missing answer counts as none."""
    found = verify([seen(BAD)], [GONE], (alert(),), AT + timedelta(seconds=1))
    assert (found.recovered, found.unknown) == (False, True)
    nothing = verify([GONE], [GONE], (alert(),), AT)
    assert (nothing.recovered, nothing.unknown, nothing.checks) == (False, True, ())


def test_one_silent_signal_among_those_that_hurt_is_not_recovered() -> None:
    """What hurt must be seen to be well."""
    slow = metric("latency_p99_seconds", step(0.2, 1.4))
    found = judged([BAD, slow], [after("error_ratio", 0.002)])
    assert not found.recovered
    assert not found.unknown


def test_something_that_got_worse_is_no_recovery() -> None:
    """The errors went and the CPU stands at its limit: another trouble."""
    calm = metric("cpu_ratio", steady(0.3))
    found = judged([BAD, calm], [after("error_ratio", 0.002), after("cpu_ratio", 0.98)])
    assert not found.recovered
    assert "got worse: 98.0%" in found.summary
    assert judged([BAD, calm], [after("error_ratio", 0.002), after("cpu_ratio", 0.31)]).recovered
    assert judged([BAD, calm], [after("error_ratio", 0.002)]).recovered


def test_traffic_that_stays_high_is_not_held_against_a_recovery() -> None:
    """Scaling up serves the surge; it does not send it away. Nor must CPU be as low as before."""
    before = [metric("request_rate", step(100, 240)), metric("cpu_ratio", step(0.4, 0.97)), BAD]
    now = [after("request_rate", 240), after("cpu_ratio", 0.6), after("error_ratio", 0.002)]
    assert judged(before, now).recovered


def test_traffic_that_vanished_is_held_against_it() -> None:
    """No errors because no requests is no recovery."""
    before = [metric("request_rate", steady(100)), BAD]
    assert not judged(before, [after("request_rate", 1), after("error_ratio", 0.0)]).recovered


def test_a_leak_that_was_restarted_is_back() -> None:
    """A ramp's baseline is where it started from."""
    leak = metric("memory_ratio", ramp(0.4, 0.9))
    assert judged([leak], [after("memory_ratio", 0.42)]).recovered
    assert not judged([leak], [after("memory_ratio", 0.7)]).recovered


def test_what_was_always_bad_must_come_below_its_limit() -> None:
    """Without a quiet part there is no baseline, but there is a limit."""
    bad = metric("error_ratio", steady(0.3))
    assert judged([bad], [after("error_ratio", 0.01)]).recovered
    assert not judged([bad], [after("error_ratio", 0.2)]).recovered


def test_where_nothing_had_hurt_the_alerts_decide() -> None:
    """Signals that were well prove nothing by staying well; an alert that resolved since does."""
    calm, now = metric("error_ratio", steady(0.002)), after("error_ratio", 0.002)
    found = judged([calm], [now])
    assert (found.recovered, found.unknown) == (False, True)
    assert judged([calm], [now], resolved=True).recovered
    assert not judged([calm], [after("error_ratio", 0.4)], resolved=True).recovered


def test_points_from_before_the_action_do_not_count_after_it() -> None:
    """An answer may reach back; only what came since the action is compared."""
    now = seen(metric("error_ratio", [0.002] * 20 + [0.3] * 2, end=SINCE))
    assert not verify([seen(BAD)], [now], (alert(),), SINCE - timedelta(seconds=20)).recovered
