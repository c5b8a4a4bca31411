"""Many alerts become one suspect: new ones, early ones, ones no peer shares, ones no callee explains."""

import pytest

from holdfast.analysis.topology.alerts import Alert, Background, Source
from holdfast.analysis.topology.blame import blame, margin
from holdfast.analysis.topology.graph import Topology

SHOP = Topology(
    calls={"web": frozenset({"cart"}), "cart": frozenset({"store"})},
    instance_of={f"{s}-{n}": s for s in ("web", "cart", "store") for n in range(3)},
    runs_on={f"{s}-{n}": f"host-{n}" for s in ("web", "cart", "store") for n in range(3)},
)


def metric(place: str, name: str = "memory_used", at: float = 0.0) -> Alert:
    """Return a metric's alert."""
    return Alert(at, place, name, "up")


def slow(caller: str, callee: str) -> Alert:
    """Return a caller's complaint."""
    return Alert(0.0, callee, "GET /", "slow", Source.TRACE, caller)


def first(*window: Alert, past: tuple[tuple[Alert, ...], ...] = ()) -> str:
    """Return the first suspect."""
    background = Background()
    for earlier in past:
        background.remember(earlier)
    return blame(SHOP, background, window)[0].place


def test_what_rings_all_day_says_less_than_what_never_rang() -> None:
    """Six windows of the cart's memory make it the lesser news."""
    assert first(metric("cart-0"), metric("web-0", "cpu_used"), past=((metric("cart-0"),),) * 6) == "web-0"


def test_an_alert_that_fell_silent_is_news_again_after_a_while() -> None:
    """What rang long ago surprises more than what rang just now."""
    long_ago, just_now = Background(), Background()
    for n in range(20):
        long_ago.remember([metric("cart-0")] if n == 0 else [])
        just_now.remember([metric("cart-0")] if n == 19 else [])
    assert long_ago.surprise(metric("cart-0")) > just_now.surprise(metric("cart-0"))


def test_a_half_life_must_be_one() -> None:
    """Nothing can count half after no time."""
    with pytest.raises(ValueError, match="half_life"):
        Background(0.0)


def test_the_earlier_of_two_equal_alerts_is_the_better_suspect() -> None:
    """A cause rings before its consequences."""
    assert first(metric("cart-0", "cpu_used", at=400.0), metric("web-0", at=10.0)) == "web-0"


def test_an_alert_that_peers_share_says_less_than_one_of_its_own() -> None:
    """Two carts' memory against one shop's processor."""
    window = (metric("cart-0"), metric("store-0"), metric("web-1", "cpu_used"), metric("web-2", "disk_used"))
    past = ((metric("cart-1", "cpu_used"), metric("cart-1", "disk_used")), (), ())
    places = [s.place for s in blame(SHOP, _past(past), window)]
    assert {"web-1", "web-2"} == set(places[:2])


def test_a_measurement_in_many_numbers_counts_once() -> None:
    """Sixteen processor cores are one finding, not sixteen."""
    one, many = Background(), Background()
    cores = [metric("cart-0", f"cpu_core_{n}") for n in range(16)]
    assert blame(SHOP, one, cores[:1])[0].score == pytest.approx(blame(SHOP, many, cores)[0].score)


def test_when_all_instances_ring_alike_the_service_is_suspected() -> None:
    """Not one of them."""
    assert first(*(metric(f"cart-{n}") for n in range(3))) == "cart"


def test_complaints_go_down_to_the_place_that_has_no_one_to_complain_of() -> None:
    """The web shop waits for the cart, which waits for the store."""
    assert first(slow("web-0", "cart-0"), slow("cart-0", "store-0")) == "store-0"


def test_a_cycle_of_complaints_is_borne() -> None:
    """Two places that blame each other leave no one's complaint unexplained."""
    suspects = blame(SHOP, Background(), (slow("web-0", "cart-0"), slow("cart-0", "web-0")))
    assert suspects[0].score == pytest.approx(0.0)


def test_a_place_the_graph_does_not_know_can_be_the_cause() -> None:
    """The graph may be older than the system."""
    assert first(metric("new-thing")) == "new-thing"


def test_an_empty_window_suspects_no_one() -> None:
    """All scores are 0 and the first does not stand out."""
    suspects = blame(SHOP, Background(), ())
    assert {s.score for s in suspects} == {0.0}
    assert margin(suspects) == 0.0 == margin(())


def test_a_suspect_tells_its_alerts_the_strongest_first() -> None:
    """So that a person can check."""
    suspect = blame(SHOP, Background(), (metric("cart-0", "cpu_used", at=500.0), metric("cart-0")))[0]
    assert suspect.why == ("memory_used up", "cpu_used up")


def _past(windows: tuple[tuple[Alert, ...], ...]) -> Background:
    background = Background()
    for window in windows:
        background.remember(window)
    return background
