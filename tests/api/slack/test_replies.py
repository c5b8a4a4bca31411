"""Replies: only the one who clicked sees them, and one that is lost breaks nothing."""

from holdfast.api.slack.replies import may_answer, reply
from tests.vendors.slack_server import slack_server


async def test_a_reply_is_for_the_one_who_clicked() -> None:
    """Ephemeral, beside the message it is about."""
    async with slack_server() as slack:
        await reply(f"{slack.hooks_url}T1/1/x", "hello")
    assert slack.called("response_url") == [{"response_type": "ephemeral", "replace_original": False, "text": "hello"}]


async def test_a_reply_that_cannot_be_delivered_breaks_nothing() -> None:
    """The vote stands whether or not Slack hears of it."""
    await reply("http://127.0.0.1:1/actions/x", "hello")
    async with slack_server() as slack:
        await reply(slack.base_url.replace("/api/", "/nowhere"), "hello")
    assert slack.called("response_url") == []


def test_an_address_is_compared_whole() -> None:
    """A host that merely begins like Slack's is not Slack's."""
    hooks = "https://hooks.slack.com/"
    assert may_answer("https://hooks.slack.com/actions/T1/1/x", hooks)
    for url in (
        "",
        "https://hooks.slack.com.evil/x",
        "http://hooks.slack.com/x",
        "https://evil/https://hooks.slack.com/",
    ):
        assert not may_answer(url, hooks)
