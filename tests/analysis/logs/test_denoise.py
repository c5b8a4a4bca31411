"""What says nothing goes, what belongs together becomes one line, what repeats is counted."""

import pytest

from holdfast.analysis.logs.denoise import collapsed, folded, is_frame, without_probes
from holdfast.analysis.logs.line import Line, level_of
from tests.analysis.logs.lines import line, lines


def test_a_passed_probe_goes_and_a_failed_one_stays() -> None:
    """By its path or by who asked."""
    kept = without_probes(lines("GET /livez 200", "GET /livez 503", "kube-probe/1.31 ok", "GET /pingpong 200"))
    assert [k.message for k in kept] == ["GET /livez 503", "GET /pingpong 200"]


def test_a_trace_is_one_line_that_keeps_its_innermost_cause() -> None:
    """The last "Caused by" is where it began."""
    raw = ("ERROR boom", "  at a", "  Caused by: slow", "  at b", "  Caused by: disk full", "  ... 3 more", "INFO on")
    found = list(folded(lines(*raw)))
    assert [(f.message, f.frames, f.cause) for f in found] == [("ERROR boom", 5, "disk full"), ("INFO on", 0, "")]


@pytest.mark.parametrize("raised", ["ValueError: no", "KeyboardInterrupt", "lib.client.Gone: x", "StopIteration"])
def test_a_trace_that_tells_at_its_end_is_known_by_that(raised: str) -> None:
    """The header says the same of every failure."""
    header = "Traceback (most recent call last):"
    found = list(folded(lines(header, "  File a", "  b()", raised, "next thing: done")))
    assert [(f.message, f.level) for f in found] == [(raised, "error"), ("next thing: done", "info")]


def test_a_line_after_a_trace_that_names_no_error_is_its_own() -> None:
    """A source that cuts the end leaves the header."""
    found = list(folded(lines("Traceback (most recent call last):", "  File a", "listening: yes")))
    assert [f.message for f in found] == ["Traceback (most recent call last):", "listening: yes"]


def test_frames_without_a_head_stay_one_line() -> None:
    """An answer that was cut in the middle of a trace."""
    assert [f.message for f in folded(lines("  at a", "  at b", "INFO on"))] == ["  at a", "INFO on"]


@pytest.mark.parametrize("text", ["    at a (b.js:1)", '  File "x.py"', "Caused by: y", "\t... 4 more", "   in f"])
def test_a_frame_is_known_by_its_beginning(text: str) -> None:
    """In the usual languages."""
    assert is_frame(text)
    assert not is_frame(text.strip()) or text.startswith("Caused")


def test_neighbours_that_say_the_same_are_counted() -> None:
    """Numbers aside, of one pod and one level, in a row."""
    many = [*lines("retry 1", "retry 2", "gave up", "retry 3"), line("retry 4", 9, pod="p2")]
    found = list(collapsed(many))
    assert [(f.line.message, f.count, f.last.message) for f in found] == [
        ("retry 1", 2, "retry 2"),
        ("gave up", 1, "gave up"),
        ("retry 3", 1, "retry 3"),
        ("retry 4", 1, "retry 4"),
    ]


def test_no_lines_are_no_trouble() -> None:
    """Nothing in, nothing out."""
    none: list[Line] = []
    assert list(folded(without_probes(none))) == []
    assert list(collapsed(none)) == []


@pytest.mark.parametrize(
    ("given", "text", "level"),
    [
        ("WARN", "x", "warning"),
        ("panic", "x", "critical"),
        ("odd", "x", "info"),
        ("", "[ERR] x", "error"),
        ("", "cannot write", "error"),
        ("", "all well", "info"),
        ("info", "cannot write", "info"),
        ("", "ok " * 60 + "warning", "info"),
    ],
)
def test_a_level_is_given_stated_or_told_by_its_words(given: str, text: str, level: str) -> None:
    """In that order."""
    assert level_of(given, text) == level
