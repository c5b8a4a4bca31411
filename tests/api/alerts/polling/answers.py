"""A server that answers as Alertmanager's API would, or worse; it wants a token."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from tests.api.alerts.polling.test_judging import listed

TOKEN = "t0ken"
UP = web.Response(body=b'{"uptime": "2026-03-01T00:00:00Z", "cluster": {}}')
ONE = web.Response(body=b"[" + listed().model_dump_json().encode() + b"]")


@asynccontextmanager
async def answering(answers: dict[str, web.Response], asked: list[str] | None = None) -> AsyncIterator[str]:
    """Serve these answers where Alertmanager's API lies, want a token, and note in `asked` what was asked."""

    async def answer(request: web.Request) -> web.Response:
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return web.Response(status=401, text="a token is wanted")
        what = request.path.rpartition("/")[2]
        if asked is not None:
            asked.append(what)
        made = answers[what]
        return web.Response(status=made.status, body=made.body)

    app = web.Application()
    app.router.add_get("/am/api/v2/{what}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/am/"
    finally:
        await runner.cleanup()
