"""A trace comes whole and in order, whichever store keeps it, or the store says no with its name."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from mcp.server.mcpserver.exceptions import ToolError

from holdfast.tools.monitoring.server import Monitoring, build
from holdfast.tools.monitoring.traces.guarded import GuardedTraces
from holdfast.tools.monitoring.traces.kinds import trace_sources
from tests.tools.stand import NOON, answer, refusal
from tests.vendors.jaeger import jaeger
from tests.vendors.misbehaving import Reply, misbehaving
from tests.vendors.tempo import Tempo, resource, span, tempo

TRACE = "5b8efff798038103d269b633813fc60c"
ROOT, CHILD = "eee19b7ec3c1b173", "eee19b7ec3c1b174"
KINDS = pytest.mark.parametrize("kind", ["tempo", "jaeger"])


@asynccontextmanager
async def source(kind: str, url: str, **fields: Any) -> AsyncIterator[GuardedTraces]:
    made = trace_sources({"main": {"kind": kind, "url": url, **fields}})["main"]
    try:
        yield made
    finally:
        await made.close()


def kept(server: Tempo) -> None:
    """Keep a request that the checkout made of the cart, and that failed there; the child is told first."""
    tags = [
        {"key": "http.status_code", "value": {"intValue": "500"}},
        {"key": "codes", "value": {"arrayValue": {"values": [{"intValue": "1"}, {"stringValue": "x"}]}}},
    ]
    failed = {"status": {"code": "STATUS_CODE_ERROR", "message": "no \x1b[31mroute"}, "attributes": tags}
    server.traces[TRACE] = [
        resource("cart", span(CHILD, NOON + 0.25, 0.5, ROOT, **failed)),
        resource("checkout", span(ROOT, NOON, 1.5)),
    ]


JAEGER = {
    "traceID": TRACE,
    "processes": {"p1": {"serviceName": "checkout", "tags": []}, "p2": {"serviceName": "cart", "tags": []}},
    "spans": [
        {
            "traceID": TRACE,
            "spanID": CHILD,
            "operationName": "GET /",
            "references": [
                {"refType": "FOLLOWS_FROM", "traceID": "0" * 32, "spanID": "1" * 16},
                {"refType": "CHILD_OF", "traceID": TRACE, "spanID": ROOT},
            ],
            "startTime": round((NOON + 0.25) * 1e6),
            "duration": 500_000,
            "tags": [
                {"key": "error", "type": "bool", "value": True},
                {"key": "http.status_code", "type": "int64", "value": 500},
            ],
            "processID": "p2",
        },
        {
            "traceID": TRACE,
            "spanID": ROOT,
            "operationName": "GET /",
            "references": [],
            "startTime": round(NOON * 1e6),
            "duration": 1_500_000,
            "tags": [],
            "processID": "p1",
        },
    ],
}


@asynccontextmanager
async def store(kind: str) -> AsyncIterator[str]:
    """Run a store that keeps the trace."""
    if kind == "jaeger":
        async with jaeger() as one:
            one.traces[TRACE] = JAEGER
            yield one.url
        return
    async with tempo() as other:
        kept(other)
        yield other.url


@KINDS
async def test_spans_are_the_contracts_and_ordered_by_start(kind: str) -> None:
    """Ids are hexadecimal, times unix seconds, and a failure is seen, whatever the store's own form."""
    async with store(kind) as url, source(kind, url) as made:
        found = await made.trace(TRACE)
    root, child = found.spans
    assert (root.span_id, root.parent_id, root.service, root.error) == (ROOT, "", "checkout", False)
    assert (child.span_id, child.parent_id, child.service, child.error) == (CHILD, ROOT, "cart", True)
    assert (child.start, child.seconds) == pytest.approx((NOON + 0.25, 0.5))
    assert child.attributes["http.status_code"] == 500
    assert found.cut == ""


@KINDS
async def test_the_tool_answers_a_trace_and_says_no_for_one_that_is_gone(kind: str) -> None:
    """Through the server's own tool, over MCP."""
    async with store(kind) as url, source(kind, url) as made:
        server = build(Monitoring({}, {}, {"main": made}))
        found = await answer(server, "fetch_trace", {"source": "", "trace_id": TRACE.upper()})
        assert [s["name"] for s in found["spans"]] == ["GET /", "GET /"]
        said = await refusal(server, "fetch_trace", {"source": "", "trace_id": "0" * 32})
    assert said.startswith(f'not_found: {kind} "main": 404, it does not keep this trace')


@pytest.mark.parametrize("trace_id", ["", "0" * 15, "0" * 33, "g" * 32, "0" * 32 + "\n"])
async def test_what_is_no_trace_id_is_refused_before_any_store_is_asked(trace_id: str) -> None:
    """Not even a line end after it, which would be part of an address."""
    server = build(Monitoring({}, {}, {}))
    said = await refusal(server, "fetch_trace", {"source": "", "trace_id": trace_id})
    assert said.startswith("bad_input: trace_id")


@KINDS
async def test_of_too_many_spans_the_first_are_told(kind: str) -> None:
    """And that there are more."""
    async with store(kind) as url, source(kind, url, most_spans=1) as made:
        found = await made.trace(TRACE)
    assert [s.span_id for s in found.spans] == [ROOT]
    assert found.cut == "the first 1 of 2 spans"


@KINDS
@pytest.mark.parametrize(
    ("reply", "word"),
    [
        (Reply(401), "forbidden"),
        (Reply(429, headers={"Retry-After": "60"}), "rate_limited"),
        (Reply(503), "unavailable"),
        (Reply(hang=True), "timeout"),
        (Reply(200, "<html>", content_type="text/html"), "failed"),
        (Reply(200, []), "failed"),
        (Reply(200, {"data": [{"spans": [{}]}], "batches": [{"scopeSpans": [{"spans": [{}]}]}]}), "failed"),
        (Reply(200, {"data": [], "batches": [], "trace": {}}), "not_found"),
    ],
)
async def test_a_failure_is_one_word(kind: str, reply: Reply, word: str) -> None:
    """An empty trace is one that is not kept."""
    async with misbehaving() as server, source(kind, server.url, retries=0, timeout=0.5) as made:
        server.script("*", reply)
        with pytest.raises(ToolError, match=f'^{word}: {kind} "main": '):
            await made.trace(TRACE)


async def test_tempo_of_either_version_serves_a_tenant_and_says_what_is_missing() -> None:
    """The first version says `batches`; the second can be partial."""
    async with tempo() as server:
        kept(server)
        async with source("tempo", server.url, api="v1", tenant="acme") as first:
            assert len((await first.trace(TRACE)).spans) == 2
        assert server.asked[0].path == f"/api/traces/{TRACE}"
        assert server.asked[0].headers["X-Scope-OrgID"] == "acme"
        server.status = "PARTIAL"
        async with source("tempo", server.url) as second:
            assert (await second.trace(TRACE)).cut == "Tempo read only a part of the trace"


async def test_attributes_are_cleaned_and_keep_their_kind() -> None:
    """Numbers that come as texts are numbers again, lists are texts, and no escape code passes."""
    async with store("tempo") as url, source("tempo", url) as made:
        child = (await made.trace(TRACE)).spans[1]
    assert child.attributes == {"status.message": "no route", "http.status_code": 500, "codes": "[1, 'x']"}


async def test_a_trace_is_read_once_in_a_minute_and_links_to_its_page() -> None:
    """Grafana for Tempo when it is known, Jaeger's own page for Jaeger."""
    async with tempo() as server:
        kept(server)
        link = {"link_url": "https://grafana.example", "data_source": "tempo1"}
        async with source("tempo", server.url, **link) as made:
            found = await made.trace(TRACE)
            assert await made.trace(TRACE) == found
        assert len(server.asked) == 1
    assert found.link.startswith("https://grafana.example/explore?")
    assert TRACE in found.link
    async with store("jaeger") as url, source("jaeger", url, link_url="https://jaeger.example/") as other:
        assert (await other.trace(TRACE)).link == f"https://jaeger.example/trace/{TRACE}"


@pytest.mark.parametrize("fields", [{}, {"url": "ftp://x"}, {"url": "http://x", "api": "v3"}])
def test_a_mistake_in_the_section_is_named(fields: dict[str, str]) -> None:
    """When the server starts."""
    with pytest.raises(ValueError, match=r"^monitoring\.traces\.main\.tempo\.(url|api): "):
        trace_sources({"main": {"kind": "tempo", **fields}})
