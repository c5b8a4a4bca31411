"""The local Slack, held against Slack's own SDK: what it answers, the SDK takes as Slack's."""

import time

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.signature import SignatureVerifier
from slack_sdk.web.async_client import AsyncWebClient

from tests.vendors.slack_server import TOKEN, channel_id, form, signed, slack_server


async def test_the_sdk_posts_and_updates_a_message() -> None:
    """A message has a time stamp by which it is replaced; blocks and thread arrive."""
    blocks = [{"type": "section", "text": {"type": "mrkdwn", "text": "hello"}}]
    async with slack_server() as slack:
        client = AsyncWebClient(token=TOKEN, base_url=slack.base_url)
        assert (await client.auth_test())["ok"]
        sent = await client.chat_postMessage(channel="#a", text="hi", blocks=blocks, thread_ts="1.2")
        await client.chat_update(channel=sent["channel"], ts=sent["ts"], text="bye")
    assert slack.called("chat.postMessage")[0]["blocks"] == blocks
    assert slack.called("chat.postMessage")[0]["thread_ts"] == "1.2"
    assert slack.messages[sent["ts"]]["text"] == "bye"


@pytest.mark.parametrize(
    ("channel", "ts", "error"),
    [
        ("#a", "", "channel_not_found"),
        ("a", "", "channel_not_found"),
        ("#a", "1.2", "channel_not_found"),
        (channel_id("#b"), "", "message_not_found"),
        (channel_id("#a"), "1.2", "message_not_found"),
    ],
)
async def test_a_message_is_updated_by_its_channels_id_alone(channel: str, ts: str, error: str) -> None:
    """A name does to post and not to update; a message lies in one channel."""
    async with slack_server() as slack:
        client = AsyncWebClient(token=TOKEN, base_url=slack.base_url)
        sent = await client.chat_postMessage(channel="#a", text="hi")
        assert sent["channel"] == channel_id("#a") == channel_id("a")
        with pytest.raises(SlackApiError) as refused:
            await client.chat_update(channel=channel, ts=ts or sent["ts"], text="bye")
    assert refused.value.response["error"] == error


async def test_a_channel_may_be_named_by_its_id() -> None:
    """The id that an answer brings is taken where the name was."""
    async with slack_server(channels=frozenset({"#a"})) as slack:
        client = AsyncWebClient(token=TOKEN, base_url=slack.base_url)
        first = await client.chat_postMessage(channel="#a", text="hi")
        second = await client.chat_postMessage(channel=first["channel"], text="hi")
    assert second["channel"] == first["channel"]


async def test_the_sdk_waits_when_it_is_told_to() -> None:
    """429 with Retry-After is honoured, and the message is sent once."""
    async with slack_server() as slack:
        client = AsyncWebClient(token=TOKEN, base_url=slack.base_url)
        client.retry_handlers.append(AsyncRateLimitErrorRetryHandler(max_retry_count=1))
        slack.limit_next(1)
        began = time.monotonic()
        await client.chat_postMessage(channel="#a", text="hi")
        assert time.monotonic() - began >= 0.9
    assert len(slack.called("chat.postMessage")) == 1


@pytest.mark.parametrize(
    ("token", "channel", "text", "error"),
    [
        ("xoxb-wrong", "#a", "hi", "invalid_auth"),
        (TOKEN, "#nowhere", "hi", "channel_not_found"),
        (TOKEN, "#a", "x" * 40_001, "msg_too_long"),
    ],
)
async def test_the_sdk_raises_what_slack_refuses(token: str, channel: str, text: str, error: str) -> None:
    """`ok: false` becomes the SDK's error with Slack's word."""
    async with slack_server(channels=frozenset({"#a"})) as slack:
        client = AsyncWebClient(token=token, base_url=slack.base_url)
        with pytest.raises(SlackApiError) as refused:
            await client.chat_postMessage(channel=channel, text=text)
    assert refused.value.response["error"] == error


async def test_a_scripted_failure_is_the_next_answer_only() -> None:
    """A test may break one call and watch the next succeed."""
    async with slack_server() as slack:
        client = AsyncWebClient(token=TOKEN, base_url=slack.base_url)
        slack.refuse_next("fatal_error")
        with pytest.raises(SlackApiError, match="fatal_error"):
            await client.chat_postMessage(channel="#a", text="hi")
        await client.chat_postMessage(channel="#a", text="hi")
    assert [c.refused for c in slack.calls] == ["scripted", ""]


def test_its_signature_is_the_one_slacks_sdk_checks() -> None:
    """Requests that tests sign are signed as Slack signs them."""
    body = form({"type": "block_actions"})
    headers = signed("8f742231b10e8888abcd99yyyzzz85a5", body)
    assert SignatureVerifier("8f742231b10e8888abcd99yyyzzz85a5").is_valid_request(body, headers)
