"""Slack's signature: only Slack's own, only lately, only over this very body."""

import pytest

from holdfast.api.slack.signing import SlackSignature
from tests.vendors.slack_server import form, signed

SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
NOW = 1_780_000_000.0
BODY = form({"type": "block_actions"})


def _holds(headers: dict[str, str], body: bytes = BODY) -> bool:
    lower = {k.lower(): v for k, v in headers.items()}
    return SlackSignature(SECRET, lambda: NOW).holds(body, lower)


def test_slacks_own_signature_holds() -> None:
    """Within five minutes on either side."""
    assert all(_holds(signed(SECRET, BODY, NOW + skew)) for skew in (0, -299, 299))


def test_the_documented_example_holds() -> None:
    """The request printed in "Verifying requests from Slack" verifies at its own time."""
    body = (
        b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V"
        b"&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text="
        b"&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
        b"&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
    )
    headers = {
        "x-slack-request-timestamp": "1531420618",
        "x-slack-signature": "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
    }
    assert SlackSignature(SECRET, lambda: 1_531_420_620).holds(body, headers)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        signed("another secret", BODY, NOW),
        signed(SECRET, b"another body", NOW),
        signed(SECRET, BODY, NOW - 301),
        signed(SECRET, BODY, NOW + 301),
        signed(SECRET, BODY, NOW) | {"X-Slack-Request-Timestamp": str(int(NOW) + 1)},
        signed(SECRET, BODY, NOW) | {"X-Slack-Request-Timestamp": "now"},
        signed(SECRET, BODY, NOW) | {"X-Slack-Request-Timestamp": "²"},
        signed(SECRET, BODY, NOW) | {"X-Slack-Request-Timestamp": "9" * 400},
        signed(SECRET, BODY, NOW) | {"X-Slack-Request-Timestamp": ""},
        signed(SECRET, BODY, NOW) | {"X-Slack-Signature": "v0=ü"},
        signed(SECRET, BODY, NOW) | {"X-Slack-Signature": ""},
    ],
)
def test_anything_else_does_not(headers: dict[str, str]) -> None:
    """Forged, altered, stale, early or garbled: no, and never an exception."""
    assert not _holds(headers)


def test_bytes_that_are_no_text_do_not() -> None:
    """Slack sends forms; nothing else can be Slack's."""
    assert not _holds(signed(SECRET, b"\xff\xfe", NOW), b"\xff\xfe")
