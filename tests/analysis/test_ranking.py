"""The ranker on small cases, one principle at a time."""

import dataclasses
from datetime import timedelta
from random import Random

import pytest

from holdfast.analysis.observation import Case, Observation
from holdfast.analysis.ranking import rank
from holdfast.domain.attempt import Attempt, AttemptState, Verification
from holdfast.domain.diagnosis import Cause, Hypothesis
from holdfast.domain.service import Service
from tests.analysis.answers import (
    DATABASE,
    ONSET,
    START,
    Asked,
    case,
    events,
    logs,
    metric,
    pods,
    ramp,
    rollouts,
    steady,
    step,
)
from tests.examples import AT, alert, restart, rollback

ERRORS = metric("error_ratio", step(0.002, 0.3))
CALM = tuple(
    metric(n, steady(v))
    for n, v in (
        ("error_ratio", 0.002),
        ("request_rate", 100),
        ("latency_p99_seconds", 0.2),
        ("cpu_ratio", 0.3),
        ("memory_ratio", 0.4),
    )
)
KILLED = {"ready": False, "restarts": 5, "reason": "CrashLoopBackOff", "last_reason": "OOMKilled", "exit_code": 137}


def best(of: Case) -> Hypothesis:
    found = rank(of).best
    assert found is not None
    return found


def causes(of: Case) -> list[Cause]:
    return [h.cause for h in rank(of).hypotheses]


def failed(action: object) -> Attempt:
    return Attempt.model_validate(
        {
            "action": action,
            "grant_id": "g",
            "plan_hash": "p",
            "state": AttemptState.DONE,
            "started_at": AT,
            "ended_at": AT,
            "verification": Verification(recovered=False),
        }
    )


def test_a_kill_for_memory_is_out_of_memory_and_not_its_crash_loop() -> None:
    """The loop is the consequence; the kill, the events and the full memory are the proof."""
    found = case(
        ERRORS,
        metric("memory_ratio", step(0.5, 0.98)),
        pods(KILLED, KILLED),
        events(("OOMKilling", "pod/checkout-7d9f8c6b5-x2x40", "killed")),
    )
    top = best(found)
    assert top.cause is Cause.OUT_OF_MEMORY
    assert len(top.evidence) == 3
    assert top.suggested == ("restart_deployment",)
    assert causes(found).count(Cause.CRASH_LOOP) == 0 or rank(found).hypotheses[-1].cause is Cause.CRASH_LOOP


def test_a_kill_of_long_ago_is_history() -> None:
    """A pod that was killed once last week and has lived since explains nothing today."""
    old = {"last_reason": "OOMKilled", "restarts": 0, "started_at": (AT - timedelta(days=7)).isoformat()}
    assert Cause.OUT_OF_MEMORY not in causes(case(ERRORS, pods(old)))


@pytest.mark.parametrize("message", ["chat room 7 not found", "ERROR zoom client rejected token", "bloom filter full"])
def test_a_word_within_a_word_says_nothing_of_memory(message: str) -> None:
    """Rooms are no kills, however many of them are new."""
    assert Cause.OUT_OF_MEMORY not in causes(case(ERRORS, logs(*[message] * 20)))


def test_words_of_memory_that_are_as_frequent_as_ever_say_nothing() -> None:
    """What was written all along did not begin with the trouble."""
    ever = logs(*["java.lang.OutOfMemoryError: Java heap space"] * 350, since=START)
    assert Cause.OUT_OF_MEMORY not in causes(case(ERRORS, ever))


def test_words_of_memory_alone_are_never_as_sure_as_a_kill() -> None:
    """They ask for a person; where the pods live on and memory is not near its limit, they say nothing at all."""
    told = logs(*["java.lang.OutOfMemoryError: Java heap space"] * 8)
    full = metric("memory_ratio", step(0.5, 0.98))
    assert best(case(ERRORS, told)).cause is Cause.OUT_OF_MEMORY
    assert best(case(ERRORS, told, full)).confidence < 0.6
    assert Cause.OUT_OF_MEMORY in causes(case(ERRORS, told, full, pods({})))
    assert Cause.OUT_OF_MEMORY not in causes(case(ERRORS, told, pods({})))


def test_a_kill_that_nothing_dates_is_less_than_one_of_now() -> None:
    """The pod was killed once in its life and serves: nobody knows when."""
    once = {"last_reason": "OOMKilled", "restarts": 1, "started_at": (AT - timedelta(days=30)).isoformat()}
    assert best(case(ERRORS, pods(once))).confidence < 0.6
    again = metric("restarts_total", step(0, 3))
    assert best(case(ERRORS, pods(once), again)).confidence > 0.6


def test_a_kill_that_a_node_tells_of_is_ours_only_where_it_names_us() -> None:
    """A node runs everybody's processes."""
    told = "Memory cgroup out of memory: killed process 17 ({})"
    ours = events(("OOMKilling", "node/node-1", told.format("checkout")))
    others = events(("OOMKilling", "node/node-1", told.format("cart")))
    assert Cause.OUT_OF_MEMORY in causes(case(ERRORS, ours))
    assert Cause.OUT_OF_MEMORY not in causes(case(ERRORS, others))


def test_another_services_pods_are_not_ours() -> None:
    """The namespace is shared, the trouble is not."""
    assert Cause.OUT_OF_MEMORY not in causes(case(ERRORS, pods({**KILLED, "deployment": "cart"})))


def test_memory_that_climbs_with_the_traffic_is_less_of_a_leak() -> None:
    """A cache that fills with the load is doing its work."""
    leak = metric("memory_ratio", ramp(0.4, 0.95))
    alone = best(case(leak, metric("request_rate", steady(100))))
    assert alone.cause is Cause.MEMORY_LEAK
    loaded = rank(case(leak, metric("request_rate", ramp(100, 300))))
    assert next(h.confidence for h in loaded.hypotheses if h.cause is Cause.MEMORY_LEAK) < alone.confidence


def test_a_rollout_just_before_the_onset_is_a_bad_release() -> None:
    """More so when it brought errors never seen before."""
    plain = best(case(ERRORS, rollouts()))
    assert plain.cause is Cause.BAD_RELEASE
    assert "revision 7" in plain.target
    louder = best(case(ERRORS, rollouts(), logs(*["TypeError: price is undefined"] * 5)))
    assert louder.confidence > plain.confidence


@pytest.mark.parametrize("minutes", [-5, 120])
def test_a_rollout_after_the_onset_or_long_before_it_is_innocent(minutes: int) -> None:
    """Effects do not come before causes, nor hours after."""
    found = case(ERRORS, rollouts(ONSET - timedelta(minutes=minutes)))
    assert Cause.BAD_RELEASE not in causes(found)


def test_a_rollout_that_hurt_nobody_is_innocent() -> None:
    """A change alone is no trouble."""
    assert causes(case(*CALM, rollouts())) == [Cause.HEALTHY]


def test_a_change_of_settings_with_the_same_image_is_configuration() -> None:
    """The template changed, the program did not."""
    assert best(case(ERRORS, rollouts(images=("app:6", "app:6")))).cause is Cause.CONFIGURATION


def test_a_full_cpu_is_the_bottleneck_and_the_surge_its_reason() -> None:
    """The nearest full resource leads; the traffic is named in its statement."""
    found = case(
        ERRORS,
        metric("cpu_ratio", step(0.4, 0.97)),
        metric("request_rate", step(100, 240)),
        metric("latency_p99_seconds", step(0.2, 1)),
    )
    top = best(found)
    assert top.cause is Cause.CPU_SATURATION
    assert "request rate of checkout went from" in top.statement


def test_a_surge_without_a_full_resource_is_a_surge() -> None:
    """Something is too little, and it is not the CPU."""
    found = case(ERRORS, metric("cpu_ratio", steady(0.4)), metric("request_rate", step(100, 400)))
    assert best(found).cause is Cause.TRAFFIC_SURGE


def test_a_busy_cpu_that_hurts_nobody_and_is_not_full_is_no_cause() -> None:
    """Up from 30 % to 60 % is work."""
    assert Cause.CPU_SATURATION not in causes(case(ERRORS, metric("cpu_ratio", step(0.3, 0.6))))


def test_a_database_that_is_down_explains_its_caller() -> None:
    """The cause lies where it is, not where it hurts; the caller's own words add to it."""
    down = metric("up_ratio", step(1.0, 0.0), service="orders-db")
    top = best(case(ERRORS, down, logs(*["connection to orders-db:5432 refused"] * 5)))
    assert (top.cause, top.service) == (Cause.DATABASE_DOWN, "orders-db")
    assert len(top.evidence) == 2


def test_callers_words_alone_point_at_a_dependency() -> None:
    """Where nobody measures the database, the errors that name it are the evidence."""
    top = best(case(ERRORS, logs(*["connection to orders-db:5432 refused"] * 5)))
    assert (top.cause, top.service) == (Cause.DATABASE_DOWN, "orders-db")


def test_a_dependency_that_failed_later_is_a_victim_too() -> None:
    """What began well after us did not cause us."""
    early = metric("error_ratio", step(0.002, 0.3, quiet=40, loud=80))
    late = metric("up_ratio", step(1.0, 0.0, quiet=100, loud=20), service="orders-db")
    in_time = metric("up_ratio", step(1.0, 0.0, quiet=40, loud=80), service="orders-db")
    assert best(case(early, late)).confidence < best(case(early, in_time)).confidence


def test_the_farthest_unwell_dependency_leads() -> None:
    """Checkout calls payments calls orders-db: the database is the cause of both."""
    payments = Service(name="payments", environment="production", dependencies=("orders-db",))
    found = case(
        ERRORS,
        metric("error_ratio", step(0.002, 0.4), service="payments"),
        metric("up_ratio", step(1.0, 0.0), service="orders-db"),
        dependencies=(payments, DATABASE),
    )
    ranked = rank(found).hypotheses
    assert (ranked[0].service, ranked[0].cause) == ("orders-db", Cause.DATABASE_DOWN)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ((pods({"ready": False, "reason": "ImagePullBackOff"}),), Cause.IMAGE),
        ((pods({"ready": False, "reason": "CrashLoopBackOff", "restarts": 9}),), Cause.CRASH_LOOP),
        ((pods({"ready": False, "reason": "CreateContainerConfigError"}),), Cause.CONFIGURATION),
        ((events(("FailedScheduling", "pod/checkout-7d9f8c6b5-x2x40", "0/3 nodes")),), Cause.SCHEDULING),
        ((events(("NodeNotReady", "node/node-1", "node is down")),), Cause.NODE),
        ((events(("FailedMount", "pod/checkout-7d9f8c6b5-x2x40", "no volume")),), Cause.STORAGE),
        ((logs(*["write failed: no space left on device"] * 4),), Cause.STORAGE),
        ((logs(*["lookup cart: no such host"] * 4),), Cause.NETWORK),
        ((logs(*["upstream said: permission denied"] * 4),), Cause.PERMISSIONS),
        ((logs(*["missing required environment variable X"] * 4),), Cause.CONFIGURATION),
    ],
)
def test_plain_signs_name_their_cause(asked: tuple[Asked, ...], expected: Cause) -> None:
    """What the cluster or the logs say outright."""
    assert best(case(ERRORS, *asked)).cause is expected


def test_a_pod_that_could_not_be_placed_matters_less_while_all_pods_serve() -> None:
    """It is over, or it concerns a pod that nobody waits for."""
    told = events(("FailedScheduling", "pod/checkout-7d9f8c6b5-x2x40", "0/3 nodes"))
    waiting = best(case(ERRORS, told, pods({"ready": False, "phase": "Pending"})))
    over = rank(case(ERRORS, told, pods({}, {}))).hypotheses
    assert waiting.cause is Cause.SCHEDULING
    assert sum(h.confidence for h in over if h.cause is Cause.SCHEDULING) < waiting.confidence / 2


def test_a_dependency_that_fails_little_explains_little() -> None:
    """Nobody hands on more failures than it gets."""
    payments = Service(name="payments", environment="production")
    little = metric("error_ratio", step(0.002, 0.03), service="payments")
    much = metric("error_ratio", step(0.002, 0.4), service="payments")
    weak = best(case(ERRORS, little, dependencies=(payments,)))
    assert weak.confidence < best(case(ERRORS, much, dependencies=(payments,))).confidence / 1.5


def test_a_third_more_traffic_is_hardly_a_cause() -> None:
    """Most services are built for more; four times as much is another matter."""
    little, much = (case(ERRORS, metric("request_rate", step(100, v))) for v in (140, 400))
    assert sum(h.confidence for h in rank(little).hypotheses if h.cause is Cause.TRAFFIC_SURGE) < 0.2
    assert best(much).confidence > 0.5


def test_a_small_change_of_something_is_not_healthy() -> None:
    """Half the requests are gone; each point alone is within its noise, all together are not."""
    rng = Random(3)  # noqa: S311 # a test is no secret
    jumpy = [100 * rng.lognormvariate(0, 0.3) * (1 if n < 80 else 0.6) for n in range(120)]
    others = (m for m in CALM if "request_rate" not in str(m[0].arguments))
    found = rank(case(*others, metric("request_rate", jumpy)))
    assert Cause.HEALTHY not in [h.cause for h in found.hypotheses]


def test_an_alert_about_nothing_is_healthy() -> None:
    """All golden signals usual, pods ready, no news in the logs."""
    top = best(case(*CALM, pods({}), logs("slow request", level="warning")))
    assert top.cause is Cause.HEALTHY
    assert top.confidence > 0.85
    assert top.suggested == ()


def test_health_is_less_sure_the_less_was_seen() -> None:
    """Two signals out of five say less than five."""
    assert best(case(*CALM[:2])).confidence < 0.5


@pytest.mark.parametrize(
    "wrong",
    [
        pods({"ready": False}),
        events(("Unhealthy", "pod/checkout-7d9f8c6b5-x2x40", "probe failed")),
        logs(*["something new"] * 5),
        metric("up_ratio", step(1.0, 0.4), service="orders-db"),
    ],
)
def test_one_wrong_thing_is_enough_not_to_be_healthy(wrong: Asked) -> None:
    """An alert is not talked away while anything points at trouble."""
    assert Cause.HEALTHY not in causes(case(*CALM, wrong))


LEVELS = {
    "error_ratio": 0.002,
    "request_rate": 100,
    "latency_p99_seconds": 0.2,
    "cpu_ratio": 0.3,
    "memory_ratio": 0.4,
}


@pytest.mark.parametrize(
    ("signal", "level", "told"),
    [
        ("error_ratio", 0.047, "error ratio of checkout stands at 4.7"),
        ("request_rate", 0.0, "request rate of checkout stands at 0"),
        ("latency_p99_seconds", 30, "p99 latency of checkout stands at 30"),
        ("cpu_ratio", 0.87, "CPU of checkout stands at 87"),
        ("up_ratio", 0.9, "share up of checkout stands at 90"),
    ],
)
def test_what_is_bad_all_along_is_not_healthy_because_it_did_not_move(signal: str, level: float, told: str) -> None:
    """A steady outage has no onset to see: unresolved, and what is missing is a time when it was well."""
    found = rank(case(*(metric(n, steady(v)) for n, v in {**LEVELS, signal: level}.items())))
    assert found.hypotheses == ()
    assert any(text.startswith(told) and "no time was seen when it was well" in text for text in found.missing)


def test_pods_that_restarted_forty_times_are_not_healthy() -> None:
    """Ready at this moment, and gone at the next; one restart in a month is history."""
    restarting = rank(case(*CALM, pods({"restarts": 40, "started_at": (AT - timedelta(days=2)).isoformat()})))
    assert restarting.best is None
    assert any("restarted, 40 times" in text for text in restarting.missing)
    once = {"restarts": 1, "started_at": (AT - timedelta(days=30)).isoformat()}
    assert best(case(*CALM, pods(once))).cause is Cause.HEALTHY


@pytest.mark.parametrize("summary", ["checkout p99 above 150 ms", "latency is over 0.15s", "p99 > 150ms for 5 minutes"])
def test_an_alert_whose_own_bound_is_passed_now_is_no_false_alarm(summary: str) -> None:
    """What it claims is true, usual or not; with a bound that is kept, it is one."""
    true = case(*CALM, alerts=(alert(name="LatencyAboveBudget", summary=summary),))
    assert rank(true).best is None
    assert any("above the 150 ms that LatencyAboveBudget names" in text for text in rank(true).missing)
    kept = case(*CALM, alerts=(alert(name="LatencyAboveBudget", summary=summary.replace("15", "45")),))
    assert best(kept).cause is Cause.HEALTHY


def test_an_alert_about_what_nobody_looked_at_is_not_called_false() -> None:
    """A full disk shows in none of the golden signals."""
    found = rank(case(*CALM, alerts=(alert(name="DiskAlmostFull"),)))
    assert found.best is None
    assert "nothing was seen of what DiskAlmostFull is about" in found.missing


def test_a_spike_that_passed_leaves_the_service_well() -> None:
    """Two points of a hundred and twenty beyond the bound, and good again."""
    spiked = [*steady(0.2, 100), 0.9, 0.9, *steady(0.2, 18)]
    calm = (m for m in CALM if "latency" not in str(m[0].arguments))
    told = (alert(name="LatencyAboveBudget", summary="p99 above 500 ms"),)
    assert best(case(*calm, metric("latency_p99_seconds", spiked), alerts=told)).cause is Cause.HEALTHY


def test_what_was_tried_in_vain_is_disproved_and_said() -> None:
    """The next hypothesis leads, and people read why the first is gone."""
    guilty = (ERRORS, rollouts(), metric("cpu_ratio", step(0.4, 0.97)))
    assert best(case(*guilty)).cause is Cause.BAD_RELEASE
    found = rank(case(*guilty, attempts=(failed(rollback()),)))
    assert found.best is not None
    assert found.best.cause is Cause.CPU_SATURATION
    assert found.notes == ("bad_release of checkout is disproved: its remedy did not help",)


def test_with_everything_disproved_it_is_unresolved() -> None:
    """Honest: no hypothesis, and what is missing."""
    found = rank(case(ERRORS, pods(KILLED), attempts=(failed(restart()),)))
    assert found.best is None
    assert found.missing


def test_what_moved_together_is_said_with_lag_coefficient_and_chance() -> None:
    """Whose move came first may be why; what did not move is not told of."""
    early = [0.4 + 0.5 * (70 <= n < 90 or n >= 100) for n in range(120)]
    late = [0.002 + 0.3 * (74 <= n < 94 or n >= 104) for n in range(120)]
    told = rank(
        case(metric("memory_ratio", early), metric("error_ratio", late), metric("cpu_ratio", steady(0.3)))
    ).together
    assert told == ("memory of checkout led its error ratio by 60 s (r 1.00, p < 0.001)",)


def test_where_nobody_feels_anything_nothing_moved_together() -> None:
    """A calm service has no story."""
    assert rank(case(*CALM)).together == ()


def test_what_could_not_be_seen_is_said() -> None:
    """Signals without points, and answers without sense, are named."""
    broken = metric("cpu_ratio", steady(0.3))
    observations = (*case(ERRORS).observations, Observation(case(broken).observations[0].evidence, {"series": 7}))
    found = rank(case(observations=observations))
    assert any("could not be read" in text for text in found.missing)
    assert any("no points for request rate" in text for text in found.missing)


def test_the_same_case_ranks_the_same_every_time() -> None:
    """No clock, no random, no order of a set."""
    found = case(ERRORS, rollouts(), pods(KILLED), metric("up_ratio", step(1.0, 0.5), service="orders-db"))
    shuffled = case(observations=tuple(reversed(found.observations)))
    first = rank(found)
    assert rank(found) == first
    assert [(h.cause, h.confidence) for h in rank(shuffled).hypotheses] == [
        (h.cause, h.confidence) for h in first.hypotheses
    ]


def test_every_hypothesis_cites_evidence_of_the_case() -> None:
    """No claim without an id, no id from elsewhere."""
    found = case(ERRORS, rollouts(), pods(KILLED), logs(*["no space left on device"] * 4))
    ids = {o.evidence_id for o in found.observations}
    for h in rank(found).hypotheses:
        assert h.evidence
        assert set(h.evidence) <= ids


def test_an_alert_that_no_point_reaches_yet_is_neither_explained_nor_called_false() -> None:
    """It says that it is too early, so that the sources are asked again; once they reach past the alert, it judges."""
    seen = case(*CALM, pods({}))
    early = rank(dataclasses.replace(seen, alerts=(alert(starts_at=AT + timedelta(seconds=1)),)))
    assert (early.best, early.too_early) == (None, True)
    assert "too early to say" in early.missing[-1]
    late = rank(dataclasses.replace(seen, alerts=(alert(starts_at=AT),)))
    assert late.best is not None
    assert (late.best.cause, late.too_early) == (Cause.HEALTHY, False)
