"""Clicks: only our own buttons, exactly as we made them."""

import json
from typing import Any

import pytest

from holdfast.api.problems import Problem
from holdfast.api.slack.clicks import read_click
from holdfast.domain.approval import Choice
from tests.vendors.slack_server import Json, click, form

VALUE = json.dumps({"w": "inc/acme/production/checkout", "p": "0123456789abcdef"})


def test_a_click_says_who_what_and_about_which_plan() -> None:
    """The button's value binds it to one plan of one incident."""
    seen = read_click(form(click("holdfast.approve", VALUE, user="U7", url="https://hooks.slack.com/actions/x")), 32)
    assert seen is not None
    assert (seen.user, seen.choice) == ("U7", Choice.APPROVE)
    assert (seen.about.w, seen.about.p) == ("inc/acme/production/checkout", "0123456789abcdef")
    assert seen.response_url == "https://hooks.slack.com/actions/x"


def test_the_same_click_sent_twice_is_the_same_vote() -> None:
    """Its id is Slack's own time stamp of it; another person's click, or a later one, is another vote."""
    sent = [
        click("holdfast.reject", VALUE),
        click("holdfast.reject", VALUE),
        click("holdfast.reject", VALUE, at="1780000001.000100"),
        click("holdfast.reject", VALUE, user="U2"),
    ]
    ids = [seen.vote_id for seen in (read_click(form(s), 32) for s in sent) if seen]
    assert ids[0] == ids[1]
    assert len(set(ids)) == 3


@pytest.mark.parametrize(
    "payload",
    [
        {"type": "view_submission"},
        {"type": "block_actions"},
        {"type": "block_actions", "actions": "none"},
        click("another.app", "x"),
    ],
)
def test_what_is_not_ours_is_left_alone(payload: Json) -> None:
    """Links and other apps' buttons are acknowledged and mean nothing."""
    assert read_click(form(payload), 32) is None


def _with(**fields: Any) -> Json:
    whole = click("holdfast.approve", VALUE)
    whole["actions"][0] |= fields
    return whole


@pytest.mark.parametrize(
    ("payload", "status"),
    [
        ("", 400),
        ("{", 400),
        ("[]", 400),
        ("[" * 60 + "]" * 60, 400),
        (_with(value="not json"), 422),
        (_with(value='{"w": "inc/a/b/c"}'), 422),
        (_with(value='{"w": "monitor/a/b", "p": "0123456789abcdef"}'), 422),
        (_with(value='{"w": "inc/a/b/c", "p": "../../x"}'), 422),
        (_with(value=None), 422),
        (_with(action_ts="soon"), 422),
        (_with(action_ts=5), 422),
        (click("holdfast.approve", VALUE) | {"user": "U1"}, 422),
        (click("holdfast.approve", VALUE) | {"user": {"id": 5}}, 422),
        (click("holdfast.approve", VALUE, user="u 1"), 422),
    ],
)
def test_a_payload_that_is_not_as_slack_makes_it_is_refused(payload: Json | str, status: int) -> None:
    """A problem, never an exception, whatever the shape."""
    with pytest.raises(Problem) as refused:
        read_click(form(payload), 32)
    assert refused.value.status == status
