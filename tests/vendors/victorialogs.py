"""VictoriaLogs on loopback, as docs.victoriametrics.com/victorialogs/querying describes it.

Sections: "Querying logs" (a form; JSON lines in application/stream+json; with `limit` the newest, in no order) and
"Multitenancy" (AccountID and ProjectID). A query that cannot be parsed is answered 400 with a plain text.
It knows of LogsQL what the product sends: `field:="value"` and `field:~"pattern"`, side by side.
"""

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from aiohttp import web

from tests.vendors.serving import serving

_FILTER = re.compile(r'\s*([\w.]+):(=|~)"((?:[^"\\]|\\.)*)"')


@dataclass
class VictoriaLogs:
    """Its lines by tenant, and what was asked."""

    url: str = ""
    lines: dict[tuple[str, str], list[dict[str, str]]] = field(default_factory=dict)
    asked: list[dict[str, str]] = field(default_factory=list)

    def write(self, at: float, line: str, tenant: tuple[str, str] = ("0", "0"), **fields: str) -> None:
        """Keep one line at a time in unix seconds; it is told to the nanosecond."""
        stamp = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f") + "789Z"
        self.lines.setdefault(tenant, []).append({"_time": stamp, "_msg": line, "_stream": "{}", **fields})

    async def query(self, request: web.Request) -> web.Response:
        """Answer one query."""
        asked = {k: str(v) for k, v in (await request.post()).items()}
        self.asked.append(asked)
        filters = _FILTER.findall(asked["query"])
        if _FILTER.sub("", asked["query"]).strip() or not filters:
            return web.Response(status=400, text="cannot parse query: unexpected token\n")
        tenant = (request.headers.get("AccountID", "0"), request.headers.get("ProjectID", "0"))
        kept = [one for one in self.lines.get(tenant, ()) if _matches(one, filters, asked)]
        newest = sorted(kept, key=lambda one: one["_time"])[-int(asked["limit"]) :]
        body = "".join(json.dumps(one) + "\n" for one in newest)
        return web.Response(text=body, content_type="application/stream+json")


def _matches(one: dict[str, str], filters: list[tuple[str, str, str]], asked: dict[str, str]) -> bool:
    if not asked["start"][:19] <= one["_time"][:19] <= asked["end"][:19]:
        return False
    for name, operator, written in filters:
        value = json.loads(f'"{written}"')
        held = one.get(name, "")
        if not (held == value if operator == "=" else re.search(value.replace("^(", "^(?:"), held)):
            return False
    return True


@asynccontextmanager
async def victorialogs() -> AsyncIterator[VictoriaLogs]:
    """Run one."""
    server = VictoriaLogs()
    async with serving(("POST", "/select/logsql/query", server.query)) as server.url:
        yield server
