"""Blame: the place that is slow, cut off or cutting short comes first, and its callers do not."""

import pytest

from holdfast.analysis.traces.deviation import Deviation, slower
from holdfast.analysis.traces.places import blame, rank_places
from holdfast.analysis.traces.span import Span
from holdfast.analysis.traces.steps import rerouted
from tests.analysis.traces.spans import requests, seen

QUIET = seen(requests(40))


def first(spans: list[Span]) -> str:
    found = rank_places(QUIET, seen(spans))
    return max(found, key=lambda p: found[p])


def test_the_slow_callee_is_blamed_and_not_the_caller_that_waits() -> None:
    assert first(requests(20, stock=0.5)) == "stock"


def test_a_slow_network_is_blamed_on_the_place_whose_calls_share_it() -> None:
    assert first(requests(20, network=0.3)) == "stock"


def test_a_place_that_leaves_out_what_it_always_did_is_blamed() -> None:
    assert first([s for s in requests(40) if s.place != "price" and s.operation != "ask price"]) == "shop"


def test_what_a_place_does_differently_when_asked_differently_is_its_callers_doing() -> None:
    inner = [Span(s.trace, f"{s.span} in", s.span, "price", "look up", s.start, 0.001) for s in requests(200)]
    priced = requests(200) + [s for s in inner if s.parent == "price"]
    # Two thirds of the requests ask no price, and where a price is asked it is no longer looked up.
    fewer = [s for s in requests(200) if int(s.trace[1:]) % 3 == 0 or "price" not in (s.place, s.operation[4:])]
    lifts = {d.places[0]: d.lift for d in rerouted(seen(priced), seen(fewer)) if d.lift}
    assert list(lifts) == ["shop"]


def test_as_usual_blames_nobody() -> None:
    assert set(rank_places(QUIET, seen(requests(30))).values()) == {0.0}


@pytest.mark.parametrize(("quiet", "troubled"), [([], []), (requests(9), []), ([], requests(9))])
def test_an_empty_window_blames_nobody(quiet: list[Span], troubled: list[Span]) -> None:
    assert not any(rank_places(seen(quiet), seen(troubled)).values())


def test_one_trace_is_enough_to_be_read_and_weighs_less_than_many() -> None:
    one, many = (rank_places(QUIET, seen(requests(n, stock=0.5)))["stock"] for n in (1, 20))
    assert 0.0 < one < many


def test_a_part_never_seen_in_quiet_has_no_usual_time() -> None:
    assert not slower(seen(requests(2)), seen(requests(5, stock=9.0)))


def test_a_place_all_of_whose_calls_are_slow_comes_before_one_that_shares_a_slow_call() -> None:
    found = blame(
        [Deviation(("b", "a"), "", 2.0, 9), Deviation(("c", "a"), "", 0.0, 9), Deviation(("b", "d"), "", 2.0, 9)]
    )
    assert max(found, key=lambda p: found[p]) == "b"
