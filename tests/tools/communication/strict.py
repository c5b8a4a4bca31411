"""A Slack as strict about channels as the real one: a name will do to post, only the id to update."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from tests.vendors.slack_server import SlackServer

CHANNEL_ID = "C0PAYMENTS"


class StrictSlack(SlackServer):
    """Answers every post with the channel's id."""

    async def method(self, request: web.Request) -> web.Response:
        """Answer one call of the Web API."""
        body = await (request.json() if request.content_type == "application/json" else request.post())
        if request.match_info["method"] == "chat.update" and body["channel"] != CHANNEL_ID:
            return web.json_response({"ok": False, "error": "channel_not_found"})
        said = json.loads((await super().method(request)).text or "")
        return web.json_response({**said, "channel": CHANNEL_ID})


@asynccontextmanager
async def strict_slack() -> AsyncIterator[StrictSlack]:
    """Run one on a free port of loopback."""
    slack = StrictSlack()
    app = web.Application()
    app.router.add_post("/api/{method}", slack.method)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    slack.base_url = "http://{}:{}/api/".format(*runner.addresses[0][:2])
    try:
        yield slack
    finally:
        await runner.cleanup()
