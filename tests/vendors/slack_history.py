"""What a local Slack answers when it is asked for a channel's messages or a thread's replies.

Source: docs.slack.dev, methods "conversations.history" and "conversations.replies"; "Message metadata".
"""

import re
from typing import Any

Json = dict[str, Any]
_ID = re.compile(r"[CDG][A-Z0-9]{8,}")


def history(messages: dict[str, Json], body: Json) -> Json:
    """Return the newest first; a thread's replies are not among a channel's messages."""
    if not _ID.fullmatch(str(body["channel"])):
        return {"ok": False, "error": "channel_not_found"}
    thread = str(body.get("ts", ""))
    within = {ts: m for ts, m in messages.items() if m["channel"] == body["channel"] and _of(m, ts, thread)}
    found = [{"ts": ts, "text": m["text"], **_metadata(m, body)} for ts, m in within.items()]
    newest = sorted((m for m in found if float(m["ts"]) > float(body["oldest"])), key=lambda m: -float(m["ts"]))
    return {"ok": True, "messages": newest[: int(body["limit"])], "has_more": False}


def _of(message: Json, ts: str, thread: str) -> bool:
    below = str(message.get("thread_ts") or "")
    return thread in (ts, below) if thread else below in ("", ts)


def _metadata(message: Json, asked: Json) -> Json:
    wanted = str(asked.get("include_all_metadata", "")).lower() in ("true", "1")
    return {"metadata": message["metadata"]} if wanted and "metadata" in message else {}
