"""Metrics, logs and thresholds: a bad question is refused naming its field, a good one is answered in shape."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError

from holdfast.tools.monitoring.queries import metric_query, selector
from holdfast.tools.simulation.estate import Estate
from holdfast.tools.simulation.servers import monitoring as simulated
from tests.tools.stand import NOON, Watch, answer, refusal


def stamp(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat()


SPAN = {"start": stamp(NOON - 600), "end": stamp(NOON)}
METRICS: dict[str, Any] = {"source": "", "query": 'service:error_ratio{service="checkout"}', "step": 10, **SPAN}


@pytest.fixture
def server(tmp_path: Path) -> MCPServer:
    """Monitoring over a well estate."""
    return simulated.over(Estate.open(tmp_path / "estate.db", Watch()))


async def test_a_metric_comes_as_labelled_points_over_the_range(server: MCPServer) -> None:
    """One series for each environment, a point every step, within the range."""
    found = await answer(server, "fetch_metrics", METRICS)
    assert [s["labels"]["environment"] for s in found["series"]] == ["production", "staging"]
    points = found["series"][0]["points"]
    assert len(points) == 61
    assert (points[0][0], points[-1][0]) == (NOON - 600, NOON)
    assert found["cut"] == ""


async def test_the_future_has_no_points(server: MCPServer) -> None:
    """A range that reaches beyond now is answered up to now."""
    found = await answer(server, "fetch_metrics", {**METRICS, "end": stamp(NOON + 600)})
    assert found["series"][0]["points"][-1][0] <= NOON


async def test_an_answer_holds_whole_series_within_its_budget(server: MCPServer) -> None:
    """Every service over six days is too much: the first series come whole, and `cut` says of how many."""
    asked = {**METRICS, "query": "service:error_ratio", "start": stamp(NOON - 6 * 86400), "step": 120}
    found = await answer(server, "fetch_metrics", asked)
    assert [len(s["points"]) for s in found["series"]] == [4321, 4321]
    assert found["cut"] == "the first 2 of 24 series"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"query": "rate(x[5m])"}, "bad_input: query"),
        ({"query": "up{a=b}"}, "bad_input: query"),
        ({"query": "x" * 3000}, "bad_input: query"),
        ({"query": "service:no_such"}, "not_found: "),
        ({"start": "yesterday"}, "bad_input: start"),
        ({"start": "2026-03-01T09:00:00"}, "bad_input: start"),
        ({"start": stamp(NOON + 1)}, "bad_input: end"),
        ({"start": stamp(NOON - 30 * 86400)}, "bad_input: start"),
        ({"step": 0}, "bad_input: step"),
        ({"step": -1}, "bad_input: step"),
        ({"step": "inf"}, "bad_input: step"),
        ({"step": "nan"}, "bad_input: step"),
        ({"step": "often"}, "bad_input: step"),
        ({"start": stamp(NOON - 6 * 86400), "step": 1}, "bad_input: step"),
        ({"source": "elsewhere"}, "not_configured: source"),
    ],
)
async def test_a_bad_metric_query_is_refused_naming_the_field(
    server: MCPServer, change: dict[str, Any], said: str
) -> None:
    """No question reaches a store before it is checked."""
    assert said in await refusal(server, "fetch_metrics", {**METRICS, **change})


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"service": ""}, "bad_input: filters.service"),
        ({"start": ""}, "bad_input: filters.start"),
        ({"service": "chekout"}, "not_found: "),
        ({"level": "loud"}, "bad_input: filters.level"),
        ({"limit": 0}, "bad_input: filters.limit"),
        ({"limit": 10**6}, "bad_input: filters.limit"),
        ({"limit": True}, "bad_input: filters.limit"),
        ({"regex": ".*"}, "bad_input: filters.regex"),
        ({"end": 12}, "bad_input: end"),
        ({"end": 1e300}, "bad_input: end"),
        ({"start": -1e300}, "bad_input: start"),
        ({"start": [1]}, "bad_input: start"),
        ({"contains": [1]}, "bad_input: filters.contains"),
        ({"contains": "x" * 1001}, "bad_input: filters.contains: 1001 characters; the most is 1000"),
        ({"service": "x" * 254}, "bad_input: filters.service: 254 characters; the most is 253"),
        ({"environment": "x" * 254}, "bad_input: filters.environment: 254 characters"),
        ({"level": "x" * 21}, "bad_input: filters.level: 21 characters"),
        ({"environment": {"a": 1}}, "bad_input: filters.environment"),
    ],
)
async def test_a_bad_log_query_is_refused_naming_the_field(
    server: MCPServer, change: dict[str, Any], said: str
) -> None:
    """Filters are a closed list, each checked."""
    filters = {"service": "checkout", **SPAN, **change}
    assert said in await refusal(server, "query_logs", {"source": "", "filters": filters})


async def test_shortened_logs_say_so(server: MCPServer) -> None:
    """The newest lines are kept, and `cut` says how many there were."""
    filters = {"service": "checkout", **SPAN, "limit": 5}
    found = await answer(server, "query_logs", {"source": "", "filters": filters})
    assert len(found["lines"]) == 5
    assert found["cut"] == f"the newest 5 of {found['total']} lines"
    times = [x["time"] for x in found["lines"]]
    assert times == sorted(times)


def series(*values: float | None) -> dict[str, Any]:
    return {"name": "m", "labels": {"a": "b"}, "points": [[10.0 * n, v] for n, v in enumerate(values)]}


@pytest.mark.parametrize(
    ("values", "seconds", "broken"),
    [
        ((1, 9, 9, 9, 1), 20, True),
        ((1, 9, 9, 1, 9), 20, False),
        ((9, None, 9, 9), 20, False),
        ((1, 1, 1), 0, False),
        ((1, 9, 1), 0, True),
        ((), 0, False),
    ],
)
async def test_a_threshold_breaks_only_when_it_holds_long_enough(
    server: MCPServer, values: tuple[float | None, ...], seconds: int, broken: bool
) -> None:
    """A gap or a good point ends the run."""
    rule = {"metric": "m", "operator": ">", "threshold": 5, "for_seconds": seconds}
    found = await answer(server, "check_thresholds", {"metrics": [series(*values)], "rules": [rule]})
    assert bool(found["breaches"]) is broken


@pytest.mark.parametrize(
    ("times", "step", "broken"),
    [
        ((0, 1, 2, None, 100, 400), None, True),  # three points, then two that held for longer
        ((0, 15, 30, 45, 60, 75), None, True),
        ((0, 15, 30, 900, 915, 930), None, False),  # nobody knows what was in that quarter of an hour
        ((0, 15, 30, 45, 105, 120), None, True),  # a few points are missing
        ((0, 15, 30, 45, 900), None, False),
        ((0, 100), 15, False),
        ((0, 60), 15, True),
        ((60, 0, 30), None, True),
    ],
)
async def test_a_threshold_counts_seconds_not_points(
    server: MCPServer, times: tuple[float | None, ...], step: float | None, broken: bool
) -> None:
    """Points may be uneven, and a gap ends a run as a null does."""
    points = [[3.0 if at is None else at, None if at is None else 9.0] for at in times]
    one = {"name": "m", "points": points, "step": step}
    rule = {"metric": "m", "operator": ">", "threshold": 5, "for_seconds": 60}
    found = await answer(server, "check_thresholds", {"metrics": [one], "rules": [rule]})
    assert bool(found["breaches"]) is broken


async def test_a_breach_says_since_when_and_how_far(server: MCPServer) -> None:
    """The worst value is the least one when the rule is about too little."""
    rule = {"metric": "m", "operator": "<", "threshold": 5, "for_seconds": 10}
    found = await answer(server, "check_thresholds", {"metrics": [series(9, 3, 1, 9)], "rules": [rule]})
    (breach,) = found["breaches"]
    assert (breach["since"], breach["peak"]) == ("1970-01-01T00:00:10+00:00", 1)


async def test_a_bad_rule_is_refused_naming_the_field(server: MCPServer) -> None:
    """The place of the rule and its field are named."""
    rule = {"metric": "m", "operator": "!=", "threshold": 5}
    said = await refusal(server, "check_thresholds", {"metrics": [], "rules": [rule]})
    assert "bad_input: rules.0.operator" in said
    late = {"name": "m", "points": [[1e300, 9]]}
    said = await refusal(server, "check_thresholds", {"metrics": [late], "rules": []})
    assert "bad_input: metrics.0.points.0" in said


async def test_the_same_anomaly_twice_is_one_alert(server: MCPServer) -> None:
    """The id comes from the anomaly, so a retry finds it."""
    alert = {"anomaly": {"metric": "m"}, "severity": "high", "context": {}}
    first, again = await answer(server, "create_alert", alert), await answer(server, "create_alert", alert)
    assert first["alert_id"] == again["alert_id"]
    assert (first["first"], again["first"]) == (True, False)
    assert "bad_input: severity" in await refusal(server, "create_alert", {**alert, "severity": "awful"})


def parsed(query: str) -> str:
    try:
        return selector(metric_query(query, SPAN["start"], SPAN["end"], 10).text).metric
    except ToolError as e:
        return str(e)


@given(st.text(max_size=80))
def test_no_query_breaks_the_parser(text: str) -> None:
    """Whatever is asked is either parsed or refused with a word of the closed list."""
    said = parsed(text)
    assert said.startswith("bad_input: query: ") or said in text
