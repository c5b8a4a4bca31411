"""Own time: what a step spent itself, whatever the recorder did to the spans."""

import math
import time

import pytest

from holdfast.analysis.traces.own_time import MANY, own_times
from holdfast.analysis.traces.span import Span
from tests.analysis.traces.spans import span


def own(spans: list[Span]) -> dict[str, float]:
    return {t.part.operation.split()[-1]: t.own for t in own_times(spans)}


def test_a_parent_keeps_only_the_time_no_child_covers() -> None:
    found = own([span("a", "x", 0.0, 10.0), span("b", "x", 1.0, 4.0, "a"), span("c", "x", 3.0, 4.0, "a")])
    assert found == {"a": 4.0, "b": 4.0, "c": 4.0}


def test_a_call_names_the_place_it_called_and_keeps_the_network_time() -> None:
    call, _ = own_times([span("a", "x", 0.0, 5.0), span("b", "y", 1.0, 3.0, "a")])
    assert (call.part.place, call.part.peer, call.own) == ("x", "y", 2.0)


def test_a_child_whose_clock_is_off_still_counts_in_full() -> None:
    assert own([span("a", "x", 0.0, 5.0), span("b", "y", 100.0, 3.0, "a")])["a"] == 2.0
    assert own([span("a", "x", 0.0, 5.0), span("b", "y", -100.0, 3.0, "a")])["a"] == 2.0


def test_a_child_longer_than_its_parent_leaves_it_nothing_and_never_less() -> None:
    assert own([span("a", "x", 0.0, 5.0), span("b", "y", 1.0, 9.0, "a")])["a"] == 0.0


def test_an_orphan_is_a_first_step() -> None:
    (found,) = own_times([span("a", "x", 0.0, 5.0, "never recorded")])
    assert found.link.upper == ("", "")
    assert found.own == 5.0


def test_spans_that_are_their_own_ancestors_are_read_and_end() -> None:
    found = own([span("a", "x", 0.0, 5.0, "b"), span("b", "x", 1.0, 2.0, "a"), span("c", "x", 0.0, 1.0, "c")])
    assert found == {"a": 3.0, "b": 0.0, "c": 1.0}


@pytest.mark.parametrize("lost", [math.nan, -1.0])
def test_a_span_without_a_duration_has_no_own_time_and_takes_none(lost: float) -> None:
    found = own([span("a", "x", 0.0, 5.0), span("b", "x", 1.0, lost, "a")])
    assert found["a"] == 5.0
    assert math.isnan(found["b"])


def test_a_handler_is_idle_while_the_call_it_made_beside_itself_runs() -> None:
    found = own(
        [
            span("r", "x", 0.0, 10.0),
            span("h", "x", 1.0, 8.0, "r"),
            span("c", "x", 2.0, 7.0, "r"),
            span("d", "y", 3.0, 5.0, "c"),
        ]
    )
    assert found["h"] == 1.0


def test_the_same_span_id_in_another_trace_is_another_span() -> None:
    found = own_times([span("a", "x", 0.0, 5.0), span("b", "x", 0.0, 4.0, "a", trace="other")])
    assert [t.own for t in found] == [5.0, 4.0]


def test_no_spans_have_no_times() -> None:
    assert own_times([]) == []


def crowd(n: int) -> list[Span]:
    """Return a step with n handlers and n calls of one place beneath it, each call begun within many handlers."""
    handlers = [span(f"h{i}", "x", 0.01 * i, 10.0 + i % 7, "r") for i in range(n)]
    calls = [span(f"c{i}", "x", 0.01 * i + 0.005, 1.0 + i % 5, "r") for i in range(n)]
    called = [span(f"d{i}", "y", 0.01 * i + 0.006, 0.5, f"c{i}") for i in range(n)]
    return [span("r", "x", 0.0, 100.0), *handlers, *calls, *called]


def test_thousands_of_steps_side_by_side_are_read_in_seconds() -> None:
    """Not each is compared with each: what took minutes of a worker takes a moment."""
    began = time.process_time()
    assert len(own_times(crowd(2500))) == 7501
    assert time.process_time() - began < 4


def test_many_steps_add_up_as_few_do() -> None:
    """The quicker way to add is the same sum."""
    for n in (MANY - 1, MANY, MANY + 50):
        found = own(crowd(n))
        for i in (0, n // 2, n - 1):
            begun = [(0.01 * k + 0.005, 1.0 + k % 5) for k in range(n) if 0.01 * i < 0.01 * k + 0.005 < 0.01 * i + 10]
            covered, reached = 0.0, 0.01 * i
            for start, seconds in begun:
                covered += max(0.0, start + seconds - max(start, reached))
                reached = max(reached, start + seconds)
            assert found[f"h{i}"] == pytest.approx(10.0 + i % 7 - covered)
