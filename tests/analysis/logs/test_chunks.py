"""Lines in readable pieces, each with what is known of it."""

from datetime import timedelta

import pytest

from holdfast.analysis.logs.chunks import chunks
from holdfast.analysis.logs.line import Line
from tests.analysis.logs.lines import line, lines
from tests.examples import AT


def test_a_chunk_tells_its_time_its_pods_and_its_levels() -> None:
    """The worst level first, repeats counted."""
    seen = [*lines("retry 1", "retry 2"), line("ERROR gone", 5, pod="p2")]
    (found,) = chunks(seen)
    assert (found.first, found.last) == (AT, AT + timedelta(seconds=5))
    assert found.pods == ("p1", "p2")
    assert found.levels == (("error", 1), ("info", 2))
    assert (found.lines, found.severe) == (3, 1)
    assert "2 x [info] retry 1\n" in found.text


def test_a_chunk_is_no_longer_than_asked_and_no_line_is_lost() -> None:
    """A line that is longer by itself is cut."""
    found = chunks([line("word " * 30 + chr(97 + n), n) for n in range(20)], 400)
    assert len(found) > 1
    assert all(len(c.text) <= 400 for c in found)
    assert sum(c.lines for c in found) == 20
    assert [len(c.text) for c in chunks([line("x" * 9000)], 100)] == [100]


def test_a_pause_begins_a_new_chunk() -> None:
    """After a minute of silence something else is going on."""
    assert [c.lines for c in chunks([*lines("one", "two"), line("three", 90)])] == [2, 1]


def test_lines_without_times_have_none() -> None:
    """And no lines have no chunk."""
    (found,) = chunks([Line(None, "info", "x")])
    assert (found.first, found.last, found.pods) == (None, None, ())
    assert found.text == "[info] x"
    assert chunks([]) == ()


def test_the_cause_of_a_trace_is_shown() -> None:
    """It is why."""
    assert "(caused by disk full)" in chunks([Line(None, "error", "boom", cause="disk full")])[0].text


def test_a_limit_below_one_is_refused() -> None:
    """It would hold nothing."""
    with pytest.raises(ValueError, match="limit"):
        chunks([], 0)
