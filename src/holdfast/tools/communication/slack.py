"""Slack through its own SDK: a message with blocks, in a thread or in place of an earlier one."""

from typing import Any

from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient

from holdfast.domain.noun import Noun
from holdfast.tools.communication.outbox import Object
from holdfast.tools.errors import Word, no

_PERMANENT = {
    "invalid_auth": Word.FORBIDDEN,
    "not_authed": Word.FORBIDDEN,
    "token_revoked": Word.FORBIDDEN,
    "missing_scope": Word.FORBIDDEN,
    "not_in_channel": Word.FORBIDDEN,
    "channel_not_found": Word.NOT_FOUND,
    "message_not_found": Word.NOT_FOUND,
    "invalid_blocks": Word.BAD_INPUT,
    "msg_too_long": Word.BAD_INPUT,
}


class Posted(Noun):
    """A message in Slack: its time stamp, and the id of its channel, by which alone it can be updated."""

    ts: str
    channel: str


class Slack:
    """Posts and updates messages; the outbox remembers what was sent under which key."""

    def __init__(self, token: str, base_url: str) -> None:
        self._client = AsyncWebClient(token=token, base_url=base_url, timeout=10)
        self._client.retry_handlers.append(AsyncRateLimitErrorRetryHandler(max_retry_count=1))

    async def post(self, payload: Object) -> Posted:
        """Send one message, or update one; the channel of an update must be an id."""
        try:
            answer = await self._send(payload)
        except SlackApiError as e:
            raise _refused(e) from e
        except (SlackClientError, OSError, TimeoutError) as e:
            raise no(Word.UNAVAILABLE, f"Slack cannot be reached: {type(e).__name__}") from e
        return Posted(ts=str(answer["ts"]), channel=str(answer["channel"]))

    async def _send(self, payload: Object) -> Any:
        blocks = payload["blocks"] or None
        if payload["update"]:
            return await self._client.chat_update(
                channel=payload["channel"], ts=payload["update"], text=payload["text"], blocks=blocks or []
            )
        return await self._client.chat_postMessage(
            channel=payload["channel"], text=payload["text"], blocks=blocks, thread_ts=payload["thread"] or None
        )


def _refused(error: SlackApiError) -> Exception:
    data = error.response.data
    # A proxy in front of Slack answers with a page of its own.
    said = str(data.get("error", "unknown")) if isinstance(data, dict) else f"{error.response.status_code}"
    if error.response.status_code == 429 or said == "ratelimited":
        return no(Word.RATE_LIMITED, "Slack asks to wait")
    return no(_PERMANENT.get(said, Word.UNAVAILABLE), f"Slack says {said}")
