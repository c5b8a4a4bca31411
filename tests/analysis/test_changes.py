"""What was changed, and how well it explains the onset."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from holdfast.analysis.readings.changes import closeness, read_commits, read_rollouts
from tests.analysis.answers import ONSET, rollouts
from tests.examples import AT


@pytest.mark.parametrize(
    ("minutes", "expected"), [(0, 1.0), (-1, 1.0), (1, 1.0), (3, 1.0), (13, 0.5), (23, 0.25), (-2, 0.0), (-60, 0.0)]
)
def test_closeness_is_whole_just_before_and_fades(minutes: float, expected: float) -> None:
    """A change explains best what follows within minutes, and never what came before it."""
    assert closeness(ONSET - timedelta(minutes=minutes), ONSET) == pytest.approx(expected)


@given(st.floats(-1e6, 1e6), st.floats(0, 1e5))
def test_a_change_further_back_never_explains_better(lead: float, further: float) -> None:
    """Closeness falls with the lead, once the change is before the onset."""
    near = closeness(ONSET - timedelta(seconds=max(0, lead)), ONSET)
    far = closeness(ONSET - timedelta(seconds=max(0, lead) + further), ONSET)
    assert 0 <= far <= near <= 1


def test_the_running_and_the_previous_revision_are_found() -> None:
    """Whatever order the source lists them in."""
    body = rollouts()[1]
    body["revisions"].reverse()
    history = read_rollouts(body)
    assert history.running is not None
    assert history.previous is not None
    assert (history.running.number, history.previous.number) == (7, 6)


def test_a_first_revision_has_nothing_before_it() -> None:
    """There is no way back from it."""
    body = rollouts()[1] | {"current": 6}
    assert read_rollouts(body).previous is None


def test_commits_are_put_in_order() -> None:
    """Oldest first, whatever the source calls the fields."""
    rows: list[JsonValue] = [
        {"commit": "b", "at": AT.isoformat(), "title": "later"},
        {"sha": "a", "time": ONSET.isoformat(), "message": "m"},
    ]
    assert [(c.sha, c.title) for c in read_commits({"commits": rows})] == [("a", "m"), ("b", "later")]


@pytest.mark.parametrize("bad", [{}, {"revisions": [{"revision": 1}]}, {"revisions": [{"created_at": "soon"}]}])
def test_an_answer_of_another_shape_is_refused(bad: dict[str, Any]) -> None:
    """A revision without a time explains nothing."""
    with pytest.raises((KeyError, TypeError, ValueError)):
        read_rollouts(bad)
