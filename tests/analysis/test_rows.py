"""Single rows that make no sense cost themselves alone, and are told."""

import math
from typing import Any

import pytest
from pydantic import JsonValue

from holdfast.analysis.excerpt import excerpt
from holdfast.analysis.observation import Observation, time_of, whole_of
from holdfast.analysis.rankers import RANKERS
from holdfast.analysis.ranking import rank
from holdfast.analysis.rows import UNREADABLE, Tally, object_of
from holdfast.analysis.summary import summarise
from holdfast.domain.evidence import EvidenceKind
from tests.analysis.answers import ONSET, Asked, case, events, evidence, logs, metric, pods, step

ERRORS = metric("error_ratio", step(0.002, 0.4))
FAR = 10**400


def with_rows(asked: Asked, key: str, *rows: Any) -> Asked:
    """Return a question whose answer has more rows."""
    request, body = asked
    return request, {**body, key: [*body[key], *rows]}


def with_points(asked: Asked, *points: Any) -> Asked:
    """Return a question about a signal whose series has more points."""
    request, body = asked
    row = body["series"][0]
    return request, {**body, "series": [{**row, "points": [*row["points"], *points]}]}


def with_times(scale: float) -> Asked:
    """Return the errors with their times in another unit."""
    request, body = ERRORS
    points = [[t * scale, v] for t, v in body["series"][0]["points"]]
    return request, {**body, "series": [{"points": points}]}


SPAN: dict[str, JsonValue] = {
    "span_id": "a",
    "parent_id": "",
    "service": "checkout",
    "name": "n",
    "start": 1.0,
    "seconds": 1.0,
}
ODD: list[tuple[str, Asked, str]] = [
    ("an infinite value", with_points(ERRORS, [ONSET.timestamp(), math.inf]), "1 of 121 rows"),
    ("a value of 400 digits", with_points(ERRORS, [ONSET.timestamp(), FAR]), "1 of 121 rows"),
    ("a time of 400 digits", with_points(ERRORS, [FAR, 1.0]), "1 of 121 rows"),
    ("a point that is text", with_points(ERRORS, "x", ["y", 1]), "2 of 122 rows"),
    ("a time in milliseconds", with_points(ERRORS, [ONSET.timestamp() * 1000, 1.0]), "1 of 121 rows"),
    (
        "a line without a zone",
        with_rows(logs("boom", "boom"), "lines", {"message": "x", "time": "2026-01-01T00:00:00"}),
        "1 of 3",
    ),
    (
        "a line of another day",
        with_rows(logs("boom"), "lines", {"message": "x", "time": "9999-12-31T23:59:59-14:00"}),
        "1 of 2",
    ),
    ("a line that is a number", with_rows(logs("boom"), "lines", 7), "1 of 2 rows"),
    ("endless restarts", with_rows(pods({}), "pods", {"name": "checkout-2", "restarts": math.inf}), "1 of 2 rows"),
    ("a pod that is none", with_rows(pods({}), "pods", "checkout-2", None), "2 of 3 rows"),
    ("a pod's odd field", with_rows(pods({}), "pods", {"name": 5}), "1 of 2 rows"),
    (
        "endless events",
        with_rows(events(("BackOff", "pod/checkout-1", "again")), "events", {"count": math.inf}, {"count": FAR}),
        "2 of 3",
    ),
]


@pytest.mark.parametrize(("asked", "told"), [o[1:] for o in ODD], ids=[o[0] for o in ODD])
def test_a_single_bad_row_is_left_out_and_told(asked: Asked, told: str) -> None:
    """The rest of the answer is read as if it had not been there."""
    seen = summarise(*asked)
    assert f"{told}" in seen.summary
    assert "could not be read" in seen.summary
    assert seen.facts["unread"] == int(told.split(maxsplit=1)[0])
    missing = rank(case(asked)).missing
    assert any(told in m and "could not be read: " in m for m in missing), missing


@pytest.mark.parametrize("scale", [1000, 1e6, 1e9, 1e290, -1e6])
def test_times_that_are_no_unix_seconds_make_the_answer_unreadable(scale: float) -> None:
    """Milliseconds are not taken for the year 57972; the ranker says so instead of failing."""
    with pytest.raises(ValueError, match="no Unix second"):
        summarise(*with_times(scale))
    found = rank(case(observations=(Observation(evidence(ERRORS), with_times(scale)[1]),)))
    assert any("error_ratio could not be read: points: a time" in m for m in found.missing)


@pytest.mark.parametrize("number", [math.inf, math.nan, FAR, 1e300], ids=["inf", "nan", "far", "large"])
def test_no_ranker_fails_on_numbers_without_end(number: float) -> None:
    """Neither a rule nor what a model is shown."""
    trace = evidence(ERRORS).model_copy(update={"kind": EvidenceKind.TRACE})
    odd = (
        Observation(trace, {"spans": [{**SPAN, "start": number}]}),
        Observation(trace, {"spans": [SPAN, {**SPAN, "seconds": number}]}),
        Observation(evidence(pods()), {"pods": [{"restarts": number}]}),
        Observation(evidence(ERRORS), {"series": [{"points": [[number, number]]}]}),
    )
    for seen in odd:
        assert excerpt(seen)
        for ranker in RANKERS.values():
            ranker(case(observations=(seen,)))


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan, 2**64, FAR])
def test_a_whole_number_beyond_counting_is_named(value: float) -> None:
    """With the error that readers know."""
    with pytest.raises(ValueError, match=r"^count: .* out of range"):
        whole_of({"count": value}, "count")


def test_a_time_that_programs_write_for_none_is_none() -> None:
    """Go's zero time is no day in the year 1, and what lies outside all sense is named."""
    assert time_of({"at": "0001-01-01T00:00:00Z"}, "at") is None
    for far in ("0001-02-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "1969-12-31T23:59:59Z"):
        with pytest.raises(ValueError, match=r"^at: .* is not from 1970 to 2200"):
            time_of({"at": far}, "at")


def test_one_bad_series_leaves_the_others() -> None:
    """The points of all series are one answer."""
    request, body = ERRORS
    seen = summarise(request, {**body, "series": [*body["series"], {"points": [[1, math.inf]]}]})
    assert seen.summary.startswith("error ratio of checkout rose")


def test_rows_of_which_none_can_be_read_raise_what_the_first_did() -> None:
    """An answer of another shape is refused, not read as empty."""
    odd: list[JsonValue] = [1, "x"]
    with pytest.raises(TypeError, match="expected an object, got int"):
        Tally().take([*odd], object_of)
    assert Tally().take([], object_of) == []
    assert OverflowError in UNREADABLE
