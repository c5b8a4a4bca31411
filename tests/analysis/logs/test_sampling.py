"""A flood of lines is read in part: evenly, errors first, and it is said."""

import time
from typing import Any

import pytest
from pydantic import JsonValue

from holdfast.analysis.logs.line import SEVERE, is_severe, level_of
from holdfast.analysis.logs.sampling import MOST_LINES, sample
from holdfast.analysis.readings.logs import mine, read_lines
from holdfast.analysis.rows import Tally
from holdfast.analysis.summary import summarise
from tests.analysis.answers import logs

PLAIN, ERROR, FRAME = (False, False), (True, False), (False, True)


def test_few_lines_are_all_read_and_nothing_is_said() -> None:
    """Up to the limit."""
    chosen = sample([PLAIN, ERROR, FRAME], most=3)
    assert (list(chosen.places), chosen.told) == ([0, 1, 2], "")
    assert list(sample([], most=3).places) == []


def test_a_part_is_chosen_evenly_and_every_error_with_it() -> None:
    """No stretch of the answer is left out."""
    lines = [ERROR if n % 1000 == 0 else PLAIN for n in range(10_000)]
    chosen = sample(lines, most=1000)
    assert len(chosen.places) == 1000
    assert set(range(0, 10_000, 1000)) <= set(chosen.places)
    for start in range(0, 10_000, 1000):
        assert 98 <= sum(start <= place < start + 1000 for place in chosen.places) <= 102
    assert chosen.told == "read 1,000 of 10,000 lines, evenly, all 10 that tell of errors"


def test_errors_beyond_the_limit_are_thinned_too() -> None:
    """They take half at least, and more where there is little else."""
    half = sample([ERROR, PLAIN] * 5000, most=1000)
    assert sum(place % 2 == 0 for place in half.places) == 500
    assert half.told == "read 1,000 of 10,000 lines, evenly"
    assert len(sample([ERROR] * 10_000, most=1000).places) == 1000


def test_a_stack_trace_stays_whole() -> None:
    """Its frames go with its line, or are left out with it."""
    chosen = sample([ERROR, FRAME, FRAME, PLAIN] * 100, most=100)
    places = set(chosen.places)
    assert 80 <= len(places) <= 120
    assert all({n, n + 1, n + 2} <= places for n in places if n % 4 == 0)
    assert all(n - 1 in places for n in places if n % 4 in {1, 2})


TEXTS = ("ERROR x", "all fine", "refused", "Timed out", "timeout", "time out", 'HTTP/1.1" 503', "WARN err", "panic: x")
MORE = (
    "FATAL",
    "critical",
    "java.lang.Exception",
    "Traceback",
    "was killed",
    "denied",
    "cannot",
    "info",
    "unavailable",
)


@pytest.mark.parametrize("text", TEXTS + MORE)
@pytest.mark.parametrize("given", ["", "error", "INFO", "Warn", "fatal"])
def test_the_quick_look_at_a_line_agrees_with_the_long_one(given: str, text: str) -> None:
    """It only spares the long one."""
    assert is_severe(given, text) == (level_of(given, text) in SEVERE)


def flood(count: int) -> dict[str, JsonValue]:
    """Return an answer of one line in ten thousand that fails, all others saying that all is well."""
    return {"lines": [f"ERROR lost order {n}" if n % 10_000 == 0 else f"took order {n}" for n in range(count)]}


def test_a_million_lines_are_read_in_seconds_and_it_is_said() -> None:
    """And the few errors among them are all there."""
    tally, began = Tally(), time.process_time()
    lines = read_lines(flood(1_000_000), tally)
    found = {t.text: t.count for t in mine(lines)}
    assert time.process_time() - began < 15
    assert found == {"ERROR lost order <*>": 100, "took order <*>": MOST_LINES - 100}
    assert tally.told == "read 100,000 of 1,000,000 lines, evenly, all 100 that tell of errors"


def test_the_summary_says_how_many_lines_there_are_and_were_read() -> None:
    """Counted are the lines of the answer."""
    request: Any = logs("x")[0]
    seen = summarise(request, flood(MOST_LINES + 20_000))
    assert seen.summary.startswith("120000 lines, 12 errors")
    assert seen.summary.endswith("(read 100,000 of 120,000 lines, evenly, all 12 that tell of errors)")
    assert "unread" not in seen.facts
