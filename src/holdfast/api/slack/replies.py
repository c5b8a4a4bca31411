"""Last, a word to the one who clicked: only they see it, and it never holds the vote up."""

import structlog

log = structlog.get_logger()

REPLY_SECONDS = 5.0


def only_you(text: str) -> dict[str, object]:
    """Return a message that only the one who clicked sees and that leaves the original alone."""
    return {"response_type": "ephemeral", "replace_original": False, "text": text}


def may_answer(response_url: str, hooks_url: str) -> bool:
    """Return whether `response_url` lies below the address we may post to."""
    return bool(response_url) and response_url.startswith(hooks_url.rstrip("/") + "/")


async def reply(response_url: str, text: str) -> None:
    """Post `text` to Slack's `response_url`; a reply that cannot be delivered is logged, for the vote stands."""
    import httpx2  # noqa: PLC0415 # memory that only an API with Slack needs

    try:
        async with httpx2.AsyncClient(timeout=REPLY_SECONDS) as http:
            answer = await http.post(response_url, json=only_you(text))
            answer.raise_for_status()
    except httpx2.HTTPError as e:
        log.warning("slack_reply_lost", error=f"{type(e).__name__}: {e}"[:200])
