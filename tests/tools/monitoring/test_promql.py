"""A query that would read every series is not sent, and of long ranges few series are asked for."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mcp.server.mcpserver.exceptions import ToolError

from holdfast.tools.monitoring.metrics.promql import check
from tests.tools.monitoring.real import fetched, refused
from tests.tools.stand import NOON
from tests.vendors.misbehaving import Reply, misbehaving


@pytest.mark.parametrize(
    "query",
    [
        "up",
        "up{}",
        'up{job!=""}',
        'service:error_ratio{environment="production",service=~".+"}',
        '{job="cart"}',
        '{__name__="up"}',
        "{__name__=~'http_.*', job='cart'}",
        '{"http.requests", code!="200"}',
        "{'http.requests'}",
        'sum by (code) (rate(http_requests_total{code=~"5.."}[5m])) / ignoring (code) group_left sum(up{})',
        'label_replace(up, "a", "{}", "b", "{__name__=~\\".+\\"}")',
        'up # or {__name__=~".+"}',
        '{job="cart" or app="cart"}',
        '{or="cart"}',
        "up{job=`{`} or down{job='}'}",
    ],
)
def test_a_query_that_names_what_it_reads_is_sent(query: str) -> None:
    """By the metric, or by a label and its value; what looks like a selector in a text or a comment is none."""
    check(query)


@pytest.mark.parametrize(
    "query",
    [
        '{__name__=~".+"}',
        "{}",
        'count by (__name__) ({__name__=~".+"})',
        '{job!=""}',
        '{job=""}',
        '{job!~"x", app=~".*"}',
        "up or {job=~'.+'}",
        "up and on(job) {job=~'.+'}",
        "up * on (job) group_left {job=~'.+'}",
        'up # {job="x"\n + {job=~".+"}',
        'up + "#" or {job=~".+"}',
        '{job="x" or __name__=~".+"}',
        '{ # job="x"\n job=~".+" }',
        "{job=~'=\"x\"'}",
        "rate({__name__=~`.+`}[5m])",
    ],
)
def test_a_query_that_would_read_everything_is_refused(query: str) -> None:
    """However it is written."""
    with pytest.raises(ToolError, match=r"^bad_input: query: \{.* would read every series"):
        check(query)


@given(st.text(alphabet=st.one_of(st.sampled_from("{}\"'`#=~!\\\n ,orup"), st.characters()), max_size=60))
def test_no_query_breaks_the_reader(text: str) -> None:
    """It is refused for its selector, or goes to the store, whose parser has the last word."""
    assert said(text).startswith(("bad_input: query: {", "sent"))


def said(text: str) -> str:
    """Return the refusal of a query, or that it is sent."""
    try:
        check(text)
    except ToolError as e:
        return str(e)
    return "sent"


@pytest.mark.parametrize("kind", [{"kind": "prometheus"}, {"kind": "grafana", "data_source": "main-uid"}])
async def test_every_source_of_promql_has_the_guard(kind: dict[str, Any]) -> None:
    """The store is not asked; a good query is, for as many series as an answer holds."""
    result = [{"metric": {"pod": str(n)}, "values": [[NOON, "1"]]} for n in range(9)]
    async with misbehaving() as server:
        server.script("*", Reply(200, {"status": "success", "data": {"resultType": "matrix", "result": result}}))
        source = {**kind, "url": server.url, "most_series": 50}
        assert "would read every series" in await refused('{__name__=~".+"}', source)
        assert not server.asked
        found = await fetched("up", source, start="2026-03-01T00:00:00Z", end="2026-03-02T00:00:00Z")
    assert [a.params["limit"] for a in server.asked] == ["8"]
    assert len(found["series"]) == 7
    assert found["cut"] == "the first 7 series, there are more; ask for fewer"
