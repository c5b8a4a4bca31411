"""CloudWatch is asked through boto3 with its own chain of credentials, page by page, and its errors get our words."""

import json
from pathlib import Path
from typing import Any

import pytest
from mcp.server.mcpserver.exceptions import ToolError

from holdfast.tools.monitoring.metrics.cloudquery import data_queries, period_of
from holdfast.tools.monitoring.queries import MetricQuery
from tests.api.server import free_port
from tests.tools.monitoring.real import fetched, refused
from tests.tools.monitoring.stores import START
from tests.tools.stand import NOON
from tests.vendors.cloudwatch import KEY_ID, cloudwatch
from tests.vendors.misbehaving import Reply, misbehaving

SHORT = 'AWS/ECS/CPUUtilization{ServiceName="checkout",ClusterName="shop"} stat=p99'
ASKED = 'service:cpu_ratio{environment="production",service="checkout"}'


@pytest.fixture(autouse=True)
def account(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Credentials come from the environment alone: no file and no metadata service of this machine."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY_ID)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test-secret-key")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))


def at(url: str, **fields: Any) -> dict[str, Any]:
    return {"kind": "cloudwatch", "region": "eu-west-1", "endpoint_url": url, "timeout": 10, "retries": 1, **fields}


def query(text: str) -> MetricQuery:
    return MetricQuery(text=text, start=START, end=NOON, step=60)


async def test_the_short_form_is_one_metric() -> None:
    """Namespace, name, dimensions and statistic arrive as CloudWatch's own query."""
    async with cloudwatch() as server:
        found = await fetched(SHORT, at(server.url))
        stat = server.asked[0]["MetricDataQueries"][0]["MetricStat"]
    assert stat["Metric"]["Namespace"] == "AWS/ECS"
    assert {d["Name"]: d["Value"] for d in stat["Metric"]["Dimensions"]} == {
        "ServiceName": "checkout",
        "ClusterName": "shop",
    }
    assert stat["Stat"] == "p99"
    assert found["query"] == SHORT
    assert found["series"][0]["points"][0] == [START, 0.5]
    assert found["link"].startswith("https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1")


async def test_a_template_may_be_json_with_metric_math() -> None:
    """A percentage becomes a ratio in CloudWatch itself."""
    metric = {"Namespace": "AWS/ECS", "MetricName": "CPUUtilization"}
    metric["Dimensions"] = [{"Name": "ServiceName", "Value": "{service}"}]  # type: ignore[assignment] # plain JSON
    stat = {"Id": "m1", "MetricStat": {"Metric": metric, "Stat": "Average"}, "ReturnData": False}
    template = json.dumps([stat, {"Id": "ratio", "Expression": "m1/100"}])
    async with cloudwatch() as server:
        found = await fetched(ASKED, at(server.url, signals={"cpu_ratio": template}))
    assert '"Value": "checkout"' in found["query"]
    assert [s["labels"]["id"] for s in found["series"]] == ["ratio"]


async def test_every_page_is_read_and_endless_ones_are_cut() -> None:
    """Five results come on three pages; a token that never ends is said to be cut."""
    text = json.dumps([{"Id": f"e{n}", "Expression": f"TIME_SERIES({n})"} for n in range(5)])
    async with cloudwatch() as server:
        found = await fetched(text, at(server.url))
        assert [s["labels"]["id"] for s in found["series"]] == ["e0", "e1", "e2", "e3", "e4"]
        assert (len(server.asked), found["cut"]) == (3, "")
        server.endless = True
        assert "first 10 pages" in (await fetched(text, at(server.url)))["cut"]


@pytest.mark.parametrize(
    ("status", "code", "word", "tries"),
    [
        (400, "Throttling", "rate_limited", 2),
        (403, "AccessDenied", "forbidden", 1),
        (403, "ExpiredToken", "forbidden", 1),
        (403, "SignatureDoesNotMatch", "forbidden", 1),
        (400, "InvalidParameterValue", "bad_input", 1),
        (500, "InternalServiceError", "unavailable", 2),
        (503, "ServiceUnavailable", "unavailable", 2),
    ],
)
async def test_cloudwatchs_codes_are_words(status: int, code: str, word: str, tries: int) -> None:
    """A code that passes is tried again, and no more than configured."""
    async with cloudwatch() as server:
        server.failures.extend([(status, code)] * 5)
        said = await refused(SHORT, at(server.url))
        assert len(server.asked) == tries
    assert said.startswith(f'{word}: cloudwatch "main"')
    assert code in said


async def test_a_result_that_could_not_be_had_is_said() -> None:
    """An empty series alone would look like silence."""
    async with cloudwatch() as server:
        server.forbidden = True
        found = await fetched(SHORT, at(server.url))
    assert found["series"][0]["points"] == []
    assert found["cut"] == "Authentication too complex to retrieve cross region data; m1: Forbidden"


async def test_a_throttled_account_is_asked_again() -> None:
    """The second try is enough."""
    async with cloudwatch() as server:
        server.failures.append((400, "Throttling"))
        assert (await fetched(SHORT, at(server.url)))["series"]


async def test_no_credentials_anywhere_is_a_matter_of_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    """The page on CloudWatch says where they may lie."""
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    async with cloudwatch() as server:
        said = await refused(SHORT, at(server.url))
    assert said.startswith('not_configured: cloudwatch "main"')
    assert "cloudwatch.md" in said


async def test_an_unknown_profile_is_named() -> None:
    """As the configuration has it."""
    said = await refused(SHORT, at("http://127.0.0.1:1", profile="nobody"))
    assert said.startswith('not_configured: cloudwatch "main"')
    assert "nobody" in said


@pytest.mark.parametrize(
    ("reply", "word"),
    [
        (Reply(hang=True), "timeout"),
        (Reply(200, "{", cut=True), "failed"),
        (Reply(200, "<html>", content_type="text/html"), "failed"),
        (Reply(502, "<html>", content_type="text/html"), "unavailable"),
        (Reply(200, ""), "failed"),
    ],
)
async def test_a_broken_endpoint_is_one_word(reply: Reply, word: str) -> None:
    """A hung socket, half an answer, a page of a proxy, or nothing."""
    async with misbehaving() as server:
        server.script("*", reply)
        said = await refused(SHORT, at(server.url, timeout=1 if reply.hang else 10, retries=0))
    assert said.startswith(f'{word}: cloudwatch "main"')


async def test_an_endpoint_that_is_away_is_named() -> None:
    """Nobody listens there."""
    said = await refused(SHORT, at(f"http://127.0.0.1:{free_port()}"))
    assert said.startswith('unavailable: cloudwatch "main"')


@pytest.mark.parametrize(
    "text",
    ["CPUUtilization", 'AWS/ECS/CPU{Service="a"b"}', "AWS/ECS/CPU{Service=a}", "[", "[]", '[{"no": "id"}]', "[1]"],
)
def test_a_query_of_neither_form_is_refused(text: str) -> None:
    """Before anything is sent."""
    with pytest.raises(ToolError, match=r"^bad_input: query: "):
        data_queries(query(text))


async def test_a_query_that_boto3_refuses_is_bad_input() -> None:
    """A field that GetMetricData does not have."""
    async with cloudwatch() as server:
        said = await refused('{"Id": "a", "Expresion": "m1"}', at(server.url))
    assert said.startswith("bad_input: ")
    assert "Expresion" in said


@pytest.mark.parametrize(
    ("days", "step", "period"), [(0, 10, 60), (0, 90, 120), (20, 60, 300), (100, 60, 3600), (100, 4000, 7200)]
)
def test_the_period_is_one_that_cloudwatch_keeps(days: int, step: float, period: int) -> None:
    """Minutes for 15 days, five minutes for 63, then hours."""
    asked = MetricQuery(text=SHORT, start=NOON - days * 86400, end=NOON, step=step)
    assert period_of(asked, NOON) == period
