"""Elasticsearch on loopback, as its API reference describes "Run a search" and its common error bodies.

Also "API keys" (`Authorization: ApiKey …`), "track_total_hits" (a count up to a bound, its relation `eq` or `gte`) and
"Multi-target syntax" (404 index_not_found_exception when a pattern fits nothing and allow_no_indices is false).
It knows of the query language bool, filter, range, term, terms and match_phrase.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from fnmatch import fnmatch
from typing import Any

from aiohttp import web

from tests.vendors.serving import serving

Json = dict[str, Any]


@dataclass
class Elasticsearch:
    """Its documents by index, the key it obeys, and what was asked."""

    url: str = ""
    key: str = ""
    failed_shards: int = 0
    documents: dict[str, list[Json]] = field(default_factory=dict)
    asked: list[tuple[str, Json]] = field(default_factory=list)

    def write(self, index: str, at: float, line: str, **fields: Any) -> None:
        """Keep one line at a time in unix seconds; `service__name` is the field `service.name`."""
        stamp = datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        document: Json = {"@timestamp": stamp, "message": line}
        for name, value in fields.items():
            head, _, rest = name.partition("__")
            document[head] = {**document.get(head, {}), rest: value} if rest else value
        self.documents.setdefault(index, []).append(document)

    async def search(self, request: web.Request) -> web.Response:
        """Answer one search."""
        body, index = await request.json(), request.match_info["index"]
        self.asked.append((index, body))
        if self.key and request.headers.get("Authorization") != f"ApiKey {self.key}":
            return _error(401, "security_exception", "missing authentication credentials for REST request")
        fitting = [name for name in self.documents if fnmatch(name, index)]
        if not fitting and request.query.get("allow_no_indices") == "false":
            return _error(404, "index_not_found_exception", f"no such index [{index}]")
        every: list[Json] = [{"_index": n, "_source": d} for n in fitting for d in self.documents[n]]
        hits = [hit for hit in every if all(_fits(hit["_source"], c) for c in body["query"]["bool"]["filter"])]
        hits.sort(key=lambda hit: str(hit["_source"]["@timestamp"]), reverse=True)
        most = body["track_total_hits"]
        total = {"value": min(len(hits), most), "relation": "gte" if len(hits) > most else "eq"}
        shards = {"total": 5, "successful": 5 - self.failed_shards, "skipped": 0, "failed": self.failed_shards}
        answer = {"total": total, "max_score": None, "hits": hits[: body["size"]]}
        return web.json_response({"took": 3, "timed_out": False, "_shards": shards, "hits": answer})


def _fits(document: Json, clause: Json) -> bool:
    kind, inner = next(iter(clause.items()))
    name, wanted = next(iter(inner.items()))
    held: Any = document
    for part in [name] if name in document else name.split("."):
        held = held.get(part) if isinstance(held, dict) else None
    if kind == "range":
        return bool(wanted["gte"] <= held <= wanted["lte"])
    if kind == "match_phrase":
        return str(wanted).lower() in str(held).lower()
    return held in wanted if kind == "terms" else bool(held == wanted)


def _error(status: int, kind: str, reason: str) -> web.Response:
    cause = {"type": kind, "reason": reason}
    return web.json_response({"error": {"root_cause": [cause], **cause}, "status": status}, status=status)


@asynccontextmanager
async def elasticsearch(key: str = "") -> AsyncIterator[Elasticsearch]:
    """Run one."""
    server = Elasticsearch(key=key)
    async with serving(("POST", "/{index}/_search", server.search)) as server.url:
        yield server
