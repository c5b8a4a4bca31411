"""Trace ids: one a request, taken from the sender when it has one, in the answer and on every log line."""

import json
import re

import httpx2
import pytest
import structlog

from holdfast.api.callers.tracing import trace_id_of

OURS = "4bf92f3577b34da6a3ce929d0e0e4736"


def test_a_senders_trace_goes_on() -> None:
    """The trace id of a valid `traceparent` is kept, also of a later version."""
    assert trace_id_of(f"00-{OURS}-00f067aa0ba902b7-01") == OURS
    assert trace_id_of(f"cc-{OURS}-00f067aa0ba902b7-01-more") == OURS


@pytest.mark.parametrize(
    "said",
    [
        "",
        "nonsense",
        f"00-{'0' * 32}-00f067aa0ba902b7-01",
        f"00-{OURS}-{'0' * 16}-01",
        f"ff-{OURS}-00f067aa0ba902b7-01",
        f"00-{OURS.upper()}-00f067aa0ba902b7-01",
        f"00-{OURS}-00f067aa0ba902b7",
        f"00-{OURS}-00f067aa0ba902b7-01\n",
    ],
)
def test_anything_else_begins_a_new_trace(said: str) -> None:
    """A malformed header is ignored, as the W3C asks."""
    made = trace_id_of(said)
    assert re.fullmatch(r"[0-9a-f]{32}", made)
    assert made not in (OURS, "0" * 32)


async def test_the_answer_and_the_log_bear_the_trace_id(away: httpx2.AsyncClient) -> None:
    """A problem, its header and its log line can be joined."""
    with structlog.testing.capture_logs(processors=[structlog.contextvars.merge_contextvars]) as lines:
        answer = await away.get("/nowhere", headers={"traceparent": f"00-{OURS}-00f067aa0ba902b7-01"})
    assert answer.headers["traceparent"].split("-")[1] == OURS
    assert answer.json()["trace_id"] == OURS
    assert [line["trace_id"] for line in lines] == [OURS]
    assert json.dumps(lines[0])
    assert (lines[0]["path"], lines[0]["status"]) == ("/nowhere", 404)


async def test_two_requests_have_two_traces(away: httpx2.AsyncClient) -> None:
    """Nothing of one request stays bound for the next."""
    first, second = await away.get("/healthz"), await away.get("/healthz")
    assert first.headers["traceparent"] != second.headers["traceparent"]
