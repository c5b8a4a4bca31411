"""People are told each thing once: by the outbox's ledger, and through Slack where it is configured."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from mcp.server.mcpserver import MCPServer

from holdfast.tools import registry
from holdfast.tools.simulation.estate import Estate
from tests.tools.stand import answer, needs, refusal
from tests.vendors.slack_server import TOKEN, SlackServer, channel_id, slack_server

SLACK: dict[str, Any] = {"channel": "#payments-oncall", "text": "checkout is failing"}
TOLD: dict[str, dict[str, Any]] = {
    "send_slack_message": SLACK,
    "create_jira_ticket": {"project": "OPS", "summary": "s", "description": "d"},
    "trigger_pagerduty_alert": {"summary": "s", "severity": "critical", "source": "x", "dedup_key": "k"},
    "send_email": {"to": ["ops@example.org"], "subject": "s", "body": "b"},
    "send_teams_message": {"channel": "ops", "text": "t"},
    "create_servicenow_incident": {"short_description": "s", "description": "d"},
}


@pytest.fixture
async def slack() -> AsyncIterator[SlackServer]:
    """A Slack of this test's own."""
    async with slack_server() as made:
        yield made


def through(slack: SlackServer, folder: Path) -> MCPServer:
    """Return the server that posts to a Slack."""
    return registry.build("communication", needs(folder, slack_token=TOKEN, slack_base_url=slack.base_url))


@pytest.mark.parametrize("tool", TOLD)
async def test_with_one_key_a_thing_is_told_once(tmp_path: Path, tool: str) -> None:
    """The second call sends nothing and answers the first id."""
    server = registry.build("communication", needs(tmp_path))
    first = await answer(server, tool, TOLD[tool], "k1")
    again = await answer(server, tool, TOLD[tool], "k1")
    other = await answer(server, tool, TOLD[tool], "k2")
    assert first["first"]
    assert again == {**first, "first": False}
    assert other["first"]
    sent = Estate.open(tmp_path / "estate.db").messages()
    assert [(m["key"], m["tool"]) for m in sent] == [("k1", tool), ("k2", tool)]


async def test_without_a_key_nothing_is_told(tmp_path: Path) -> None:
    """A retry could not be told from a second message."""
    said = await refusal(registry.build("communication", needs(tmp_path)), "send_slack_message", SLACK)
    assert "bad_input: _meta.holdfast/idempotency-key" in said
    assert Estate.open(tmp_path / "estate.db").messages() == []


async def test_slack_gets_the_message_with_its_blocks_once(slack: SlackServer, tmp_path: Path) -> None:
    """What is posted is what was asked, and the id is Slack's own."""
    blocks = [{"type": "section", "text": {"type": "mrkdwn", "text": "*checkout*"}}]
    server = through(slack, tmp_path)
    first = await answer(server, "send_slack_message", {**SLACK, "blocks": blocks}, "k1")
    again = await answer(server, "send_slack_message", {**SLACK, "blocks": blocks}, "k1")
    assert again["id"] == first["id"]
    assert first["id"] in slack.messages
    (posted,) = slack.called("chat.postMessage")
    assert (posted["channel"], posted["text"], posted["blocks"]) == (SLACK["channel"], SLACK["text"], blocks)


async def test_slack_threads_and_updates_are_the_messages_own(slack: SlackServer, tmp_path: Path) -> None:
    """A reply goes below its message; an update replaces it."""
    server = through(slack, tmp_path)
    first = await answer(server, "send_slack_message", SLACK, "k1")
    await answer(server, "send_slack_message", {**SLACK, "thread": first["id"]}, "k2")
    changed = await answer(server, "send_slack_message", {**SLACK, "text": "well", "update": first["id"]}, "k3")
    assert slack.called("chat.postMessage")[1]["thread_ts"] == first["id"]
    assert changed["id"] == first["id"]
    assert slack.messages[first["id"]]["text"] == "well"


async def test_a_message_posted_by_a_channels_name_is_updated_by_its_id(slack: SlackServer, tmp_path: Path) -> None:
    """Slack updates by id alone; the outbox remembers it, also for the process that comes after."""
    first = await answer(through(slack, tmp_path), "send_slack_message", SLACK, "k1")
    change = {**SLACK, "text": "well again", "update": first["id"]}
    changed = await answer(through(slack, tmp_path), "send_slack_message", change, "k2")
    assert (changed["id"], changed["channel"]) == (first["id"], SLACK["channel"])
    assert slack.called("chat.update")[0]["channel"] == channel_id(SLACK["channel"])
    assert slack.messages[first["id"]]["text"] == "well again"


async def test_a_retry_that_overtakes_its_first_call_posts_nothing(slack: SlackServer, tmp_path: Path) -> None:
    """While Slack makes the first call wait, the second waits for it and answers the same."""
    slack.limit_next(1)
    server = through(slack, tmp_path)
    both = await asyncio.gather(*(answer(server, "send_slack_message", SLACK, "k1") for _ in range(2)))
    assert sorted(b["first"] for b in both) == [False, True]
    assert both[0]["id"] == both[1]["id"]
    assert len(slack.called("chat.postMessage")) == 1


@pytest.mark.parametrize(
    ("error", "word"),
    [
        ("invalid_auth", "forbidden"),
        ("not_in_channel", "forbidden"),
        ("channel_not_found", "not_found"),
        ("invalid_blocks", "bad_input"),
        ("internal_error", "unavailable"),
    ],
)
async def test_what_slack_refuses_has_its_word_and_may_be_tried_again(
    slack: SlackServer, tmp_path: Path, error: str, word: str
) -> None:
    """A refused message is not remembered as sent."""
    slack.refuse_next(error)
    server = through(slack, tmp_path)
    assert f"{word}: Slack says {error}" in await refusal(server, "send_slack_message", SLACK, "k1")
    assert (await answer(server, "send_slack_message", SLACK, "k1"))["first"]


async def test_slack_is_waited_for_when_it_asks_once(slack: SlackServer, tmp_path: Path) -> None:
    """The SDK obeys one Retry-After by itself; the message is then posted once."""
    slack.limit_next(1)
    assert (await answer(through(slack, tmp_path), "send_slack_message", SLACK, "k1"))["first"]
    assert len(slack.called("chat.postMessage")) == 1


async def test_slack_that_answers_nonsense_is_unavailable(slack: SlackServer, tmp_path: Path) -> None:
    """A proxy's error page is no answer, and is tried again later."""
    slack.break_next(503)
    assert "unavailable: " in await refusal(through(slack, tmp_path), "send_slack_message", SLACK, "k1")


async def test_slack_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    """A refused connection has the same word."""
    server = registry.build(
        "communication", needs(tmp_path, slack_token=TOKEN, slack_base_url="http://127.0.0.1:9/api/")
    )
    assert "unavailable: Slack cannot be reached" in await refusal(server, "send_slack_message", SLACK, "k1")
