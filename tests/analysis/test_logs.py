"""Log lines become templates; chatter goes, news stays."""

from datetime import timedelta
from typing import Any

import pytest

from holdfast.analysis.readings.logs import Line, Template, mine, read_lines
from tests.analysis.answers import ONSET, START
from tests.examples import AT


def line(message: str, *, minutes: float = -5, level: str = "") -> dict[str, Any]:
    return {"time": (AT + timedelta(minutes=minutes)).isoformat(), "level": level, "message": message, "pod": "p1"}


def read(*lines: Any) -> tuple[Line, ...]:
    return read_lines({"lines": list(lines)})


def mined(*lines: Any) -> tuple[Template, ...]:
    return mine(read(*lines), ONSET, START)


def test_lines_that_say_the_same_are_one_template() -> None:
    """Numbers, ids, durations and addresses are variables."""
    found = mined(
        line("order 8412 took 12ms trace=4bf92f3577b34da6"),
        line("order 9 took 3400ms trace=aaaa2f3577b34da6"),
        line("cache miss"),
    )
    assert [(t.count, t.text) for t in found] == [(2, "order <*> took <*> trace=<*>"), (1, "cache miss")]


def test_health_checks_are_dropped_unless_they_failed() -> None:
    """A probe that passed is noise; one that failed is news."""
    kept = read(
        line("GET /healthz 200 3ms"),
        line("kube-probe/1.31 GET / 200"),
        line("GET /readyz 503 1ms"),
        line("GET /api/health-insurance 200"),
    )
    assert [k.message for k in kept] == ["GET /readyz 503 1ms", "GET /api/health-insurance 200"]


def test_a_stack_trace_is_one_failure() -> None:
    """Frames fold into the line they explain, as lines of their own or within one message."""
    kept = read("ERROR boom", "    at a (b.js:1)", "    at c (d.js:2)", "Caused by: x", "INFO next")
    assert [k.message for k in kept] == ["ERROR boom", "INFO next"]
    assert len(read(line("ERROR boom\n    at a (b.js:1)"))) == 1


def test_a_level_is_taken_from_the_text_where_the_source_gives_none() -> None:
    """A pod's raw output has its level in its words."""
    levels = [k.level for k in read("2026 WARN slow", "FATAL gone", "connection refused", "all fine", "ERR x")]
    assert levels == ["warning", "critical", "error", "info", "error"]
    assert read(line("x", level="fatal"))[0].level == "critical"
    assert read(line("x", level="odd"))[0].level == "info"


def test_a_template_that_began_with_the_trouble_is_new() -> None:
    """Three lines after the onset and none in the quiet part that was seen."""
    found = mined(*[line("refused by orders-db", minutes=-5 - n / 10, level="error") for n in range(4)])
    assert found[0].new
    assert found[0].grown
    assert (found[0].before, found[0].after) == (0, 4)


def test_what_was_always_there_is_not_new() -> None:
    """The same rate before and after is chatter, however severe it sounds."""
    found = mined(*[line("client closed connection", minutes=-29 + n, level="error") for n in range(28)])
    assert not found[0].grown


def test_more_of_the_same_has_grown() -> None:
    """Rare before and frequent after."""
    before = [line("slow query", minutes=-25, level="error")]
    found = mined(*before, *[line("slow query", minutes=-9 + n / 5, level="error") for n in range(20)])
    assert found[0].grown
    assert not found[0].new


def test_without_a_quiet_part_nothing_is_called_new() -> None:
    """An answer that was cut to its newest lines cannot say what is unusual."""
    lines = read(*[line("boom", minutes=-5 + n / 10, level="error") for n in range(5)])
    assert not mine(lines, ONSET)[0].grown
    assert not mine(lines)[0].grown


def test_new_errors_come_first_then_errors_then_the_rest() -> None:
    """The order is that of interest."""
    found = mined(
        *[line("hello", level="info") for _ in range(9)],
        *[line("old pain", minutes=-29 + n * 2.9, level="error") for n in range(10)],
        *[line("fresh pain", level="error") for _ in range(3)],
    )
    assert [t.text for t in found] == ["fresh pain", "old pain", "hello"]


def test_escape_codes_and_controls_do_not_split_templates() -> None:
    """A coloured line says the same as a plain one."""
    assert len(mined(line("\x1b[31mboom\x1b[0m"), line("boom\x00"))) == 1


@pytest.mark.parametrize(
    "bad",
    [
        {},
        {"lines": "x"},
        {"lines": [1]},
        {"lines": [{"message": 3}]},
        {"lines": [{"message": "m", "time": "noon"}]},
        {"lines": [{"message": "m", "time": "2026-03-01T03:00:00"}]},
    ],
)
def test_an_answer_of_another_shape_is_refused(bad: dict[str, Any]) -> None:
    """What nobody can read is named, not guessed."""
    with pytest.raises((KeyError, TypeError, ValueError)):
        read_lines(bad)


def test_hostile_lines_are_mined_in_linear_time() -> None:
    """A megabyte of one token, of digits or of blanks costs no more than its length."""
    for text in ("a" * 100_000, "1" * 100_000, " " * 100_000, "0x" * 50_000, "1.1." * 25_000):
        assert len(mined(line(text), line(text))) == 1
