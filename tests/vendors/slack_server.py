"""A local server that speaks Slack's Web API and takes replies to clicks, as docs.slack.dev describes them.

Methods: "chat.postMessage" (a channel by id or name; the answer has the id), "chat.update" (by id alone),
"conversations.history" and "conversations.replies" (`oldest`, `include_all_metadata`), "auth.test";
"Rate limits" (429 with Retry-After); errors as `ok: false`;
"Handling user interaction > Responding to interactions" (`response_url`); "Verifying requests from Slack" (v0).
"""

import hashlib
import hmac
import itertools
import json
import re
import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from tests.vendors.slack_history import history

Json = dict[str, Any]

TOKEN = "xoxb-test"


_ID = re.compile(r"[CDG][A-Z0-9]{8,}")


def channel_id(channel: str) -> str:
    """Return the id of a channel that is named by its name or its id, such as `C0123456789`."""
    if _ID.fullmatch(channel):
        return channel
    return f"C{hashlib.sha256(channel.removeprefix('#').encode()).hexdigest()[:10].upper()}"


@dataclass(frozen=True)
class Call:
    """One call of a method, or one reply to a click (`method` is then `response_url`)."""

    method: str
    body: Json
    refused: str = ""


@dataclass
class SlackServer:
    """Answers as Slack does; records every call; fails the next ones as a test scripts it."""

    base_url: str = ""
    calls: list[Call] = field(default_factory=list)
    messages: dict[str, Json] = field(default_factory=dict)  # by time stamp; each with its channel's id
    channels: frozenset[str] | None = None
    epoch: int = 1_700_000_000  # its messages' time stamps are in this second
    scopes: frozenset[str] = frozenset({"chat:write", "channels:history"})
    lost: int = 0  # so many answers to come are lost, after their message was kept
    _failures: deque[web.Response] = field(default_factory=deque)
    _numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(100))

    @property
    def hooks_url(self) -> str:
        """Below here lie the `response_url`s."""
        return self.base_url.replace("/api/", "/actions/")

    def limit_next(self, seconds: int) -> None:
        """Answer the next call 429 and ask to wait."""
        body = json.dumps({"ok": False, "error": "ratelimited"})
        headers = {"Retry-After": str(seconds)}
        self._failures.append(web.Response(status=429, text=body, headers=headers, content_type="application/json"))

    def refuse_next(self, error: str) -> None:
        """Answer the next call `ok: false` with this error."""
        self._failures.append(web.json_response({"ok": False, "error": error}))

    def break_next(self, status: int = 503) -> None:
        """Answer the next call with a plain server error."""
        self._failures.append(web.Response(status=status, text="upstream connect error"))

    def called(self, method: str) -> list[Json]:
        """Return the bodies of the calls of `method` that were not refused."""
        return [c.body for c in self.calls if c.method == method and not c.refused]

    async def method(self, request: web.Request) -> web.Response:
        """Answer one call of the Web API."""
        name, body = request.match_info["method"], await _body(request)
        if self._failures:
            self.calls.append(Call(name, body, refused="scripted"))
            return self._failures.popleft()
        answer = self._answer(name, body, request.headers.get("Authorization", ""))
        self.calls.append(Call(name, body, refused=str(answer.get("error", ""))))
        if self.lost > 0 and request.transport:
            self.lost -= 1
            request.transport.abort()
        return web.json_response(answer)

    async def reply(self, request: web.Request) -> web.Response:
        """Take a reply to a click."""
        self.calls.append(Call("response_url", await _body(request)))
        return web.Response(text="ok")

    def _answer(self, name: str, body: Json, authorization: str) -> Json:
        if authorization != f"Bearer {TOKEN}":
            return _no("invalid_auth" if authorization else "not_authed")
        if name == "auth.test":
            return {
                "ok": True,
                "url": "https://acme.slack.com/",
                "team": "acme",
                "user": "holdfast",
                "user_id": "U0BOT",
            }
        if name in ("conversations.history", "conversations.replies"):
            return history(self.messages, body) if "channels:history" in self.scopes else _no("missing_scope")
        if name not in ("chat.postMessage", "chat.update"):
            return _no("unknown_method")
        if wrong := self._wrong(name, body):
            return _no(wrong)
        return self._keep(name, body)

    def _wrong(self, name: str, body: Json) -> str:
        if not body.get("channel") or not self._knows(str(body["channel"])):
            return "channel_not_found"
        if not body.get("text") and not body.get("blocks"):
            return "no_text"
        if len(str(body.get("text", ""))) > 40_000:
            return "msg_too_long"
        if len(body.get("blocks") or []) > 50:
            return "invalid_blocks"
        return self._wrong_update(body) if name == "chat.update" else ""

    def _knows(self, channel: str) -> bool:
        """Return whether there is such a channel: any, or those a test names, each by its id as well."""
        return self.channels is None or channel in self.channels | {channel_id(c) for c in self.channels}

    def _wrong_update(self, body: Json) -> str:
        if not _ID.fullmatch(str(body.get("channel", ""))):
            return "channel_not_found"
        known = self.messages.get(str(body.get("ts", "")), {})
        return "" if known.get("channel") == body["channel"] else "message_not_found"

    def _keep(self, name: str, body: Json) -> Json:
        ts = str(body["ts"]) if name == "chat.update" else f"{self.epoch}.{next(self._numbers):06d}"
        channel = channel_id(str(body["channel"]))
        self.messages[ts] = {**self.messages.get(ts, {}), **body, "channel": channel}
        return {"ok": True, "channel": channel, "ts": ts, "message": {"text": body.get("text", ""), "ts": ts}}


@asynccontextmanager
async def slack_server(**fields: Any) -> AsyncIterator[SlackServer]:
    """Run a Slack on a free port of loopback."""
    slack = SlackServer(**fields)
    app = web.Application()
    app.router.add_route("*", "/api/{method}", slack.method)
    app.router.add_post("/actions/{rest:.*}", slack.reply)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    slack.base_url = f"http://{host}:{port}/api/"
    try:
        yield slack
    finally:
        await runner.cleanup()


def click(action_id: str, value: str, *, user: str = "U1", at: str = "1780000000.000100", url: str = "") -> Json:
    """Return the payload of a click on a button, as Slack sends it."""
    action = {"type": "button", "block_id": "b", "action_id": action_id, "value": value, "action_ts": at}
    return {
        "type": "block_actions",
        "user": {"id": user, "username": user.lower(), "team_id": "T1"},
        "api_app_id": "A1",
        "container": {"type": "message", "message_ts": "1700000000.000100", "channel_id": "C1"},
        "trigger_id": "1.2.3",
        "team": {"id": "T1", "domain": "acme"},
        "channel": {"id": "C1", "name": "incidents"},
        "response_url": url,
        "actions": [action],
    }


def form(payload: Json | str) -> bytes:
    """Return the body of the request in which Slack sends a payload."""
    return urlencode({"payload": payload if isinstance(payload, str) else json.dumps(payload)}).encode()


def signed(secret: str, body: bytes, at: float | None = None) -> dict[str, str]:
    """Return the headers Slack signs a request with."""
    stamp = str(int(time.time() if at is None else at))
    mac = hmac.new(secret.encode(), f"v0:{stamp}:".encode() + body, hashlib.sha256).hexdigest()
    return {
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Slack-Request-Timestamp": stamp,
        "X-Slack-Signature": f"v0={mac}",
    }


def _no(error: str) -> Json:
    return {"ok": False, "error": error}


async def _body(request: web.Request) -> Json:
    """Return JSON or form fields alike; in a form, Slack's SDK sends blocks as JSON."""
    if request.content_type == "application/json":
        body: Json = await request.json()
        return body
    fields: Json = {**request.query, **await request.post()}
    for name in ("blocks", "metadata"):
        if isinstance(fields.get(name), str):
            fields[name] = json.loads(fields[name])
    return fields
