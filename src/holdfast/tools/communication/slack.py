"""Slack through its own SDK: a message with blocks, in a thread or in place of an earlier one."""

from collections.abc import Awaitable

from aiohttp import ClientError
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.http_retry.async_handler import AsyncRetryHandler
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from holdfast.domain.noun import Noun
from holdfast.tools.communication.outbox import Object
from holdfast.tools.communication.wording import slack_blocks, slack_text
from holdfast.tools.errors import Word, later, no

_PERMANENT = {
    "invalid_auth": Word.FORBIDDEN,
    "not_authed": Word.FORBIDDEN,
    "token_revoked": Word.FORBIDDEN,
    "token_expired": Word.FORBIDDEN,
    "account_inactive": Word.FORBIDDEN,
    "missing_scope": Word.FORBIDDEN,
    "is_archived": Word.FORBIDDEN,
    "not_in_channel": Word.FORBIDDEN,
    "channel_not_found": Word.NOT_FOUND,
    "message_not_found": Word.NOT_FOUND,
    "invalid_blocks": Word.BAD_INPUT,
    "msg_too_long": Word.BAD_INPUT,
}
_A_MOMENT = 30.0  # seconds, where Slack does not say how long
_REMEDIES = {
    Word.FORBIDDEN: "; check the token, its scopes, and that the app is in the channel",
    Word.NOT_FOUND: "; check the channel's name, and invite the app into a private one",
}


class Posted(Noun):
    """A message in Slack: its time stamp, and the id of its channel, by which alone it can be updated."""

    ts: str
    channel: str


class Slack:
    """Posts and updates messages; the outbox remembers what was sent under which key."""

    def __init__(self, token: str, base_url: str, timeout: int = 10) -> None:
        # The SDK's own handlers would post again what may have arrived.
        again: list[AsyncRetryHandler] = [AsyncRateLimitErrorRetryHandler(max_retry_count=1)]
        self._client = AsyncWebClient(token=token, base_url=base_url, timeout=timeout, retry_handlers=again)

    def renew(self, token: str) -> None:
        """Use this token from now on."""
        self._client.token = token

    async def post(self, payload: Object) -> Posted:
        """Send one message, or update one; the channel of an update must be an id.

        Its text is escaped, so that nothing in it mentions a person or a channel; `metadata` may say whose it is.
        """
        answer = await self._asked(self._send(payload))
        return Posted(ts=str(answer["ts"]), channel=str(answer["channel"]))

    async def since(self, channel: str, thread: str, oldest: float) -> list[Object]:
        """Return the newest messages of a channel (an id), or the replies in a thread, with their metadata.

        Needs the scope `channels:history` (`groups:history` in private channels).
        """
        asked: Object = {"channel": channel, "oldest": f"{oldest:.6f}", "limit": 200, "include_all_metadata": True}
        client = self._client
        call = client.conversations_replies(**asked, ts=thread) if thread else client.conversations_history(**asked)
        answer = await self._asked(call)
        return list(answer.get("messages") or [])

    async def _asked(self, call: Awaitable[AsyncSlackResponse]) -> AsyncSlackResponse:
        try:
            return await call
        except SlackApiError as e:
            raise _refused(e) from e
        except TimeoutError as e:
            raise no(Word.TIMEOUT, "Slack does not answer in time") from e
        except (SlackClientError, ClientError, OSError) as e:
            raise no(Word.UNAVAILABLE, f"Slack cannot be reached: {type(e).__name__}") from e

    async def _send(self, payload: Object) -> AsyncSlackResponse:
        text, blocks = slack_text(str(payload["text"])), slack_blocks(payload["blocks"])
        if payload["update"]:
            return await self._client.chat_update(
                channel=payload["channel"], ts=payload["update"], text=text, blocks=blocks, parse="none"
            )
        return await self._client.chat_postMessage(
            channel=payload["channel"],
            text=text,
            blocks=blocks or None,
            thread_ts=payload["thread"] or None,
            parse="none",
            metadata=payload.get("metadata"),
        )


def _refused(error: SlackApiError) -> Exception:
    data = error.response.data
    # A proxy in front of Slack answers with a page of its own.
    said = str(data.get("error", "unknown")) if isinstance(data, dict) else f"{error.response.status_code}"
    if error.response.status_code == 429 or said == "ratelimited":
        wait = str(error.response.headers.get("Retry-After", ""))
        return no(Word.RATE_LIMITED, f"Slack asks to wait; {later(float(wait) if wait.isdecimal() else _A_MOMENT)}")
    remedy = _REMEDIES.get(_PERMANENT.get(said, Word.UNAVAILABLE), "")
    return no(_PERMANENT.get(said, Word.UNAVAILABLE), f"Slack says {said}{remedy}")
