"""A real Prometheus is asked within limits, and what it says, also when it says no, comes in the contract's shape."""

from typing import Any

import httpx2
import pytest

from tests.tools.monitoring.real import asked, fetched, monitoring, refused
from tests.tools.monitoring.stores import START
from tests.tools.stand import answer
from tests.vendors.misbehaving import Reply, misbehaving

RECORDED = 'service:error_ratio{environment="production",service="checkout"}'
TEMPLATE = {"error_ratio": 'http_errors{app="{service}",stage="{environment}"}'}
EMPTY = Reply(200, {"status": "success", "data": {"resultType": "matrix", "result": []}})
PATH = "/api/v1/query_range"


def at(url: str, **fields: Any) -> dict[str, Any]:
    """Return a source's section."""
    return {"kind": "prometheus", "url": url, "timeout": 10, "retries": 1, **fields}


async def test_a_recorded_signal_is_asked_by_its_name(prometheus_url: str) -> None:
    """Without a template the recording rules answer; every minute has its value."""
    found = await fetched(RECORDED, at(prometheus_url))
    assert (found["source"], found["query"], found["cut"]) == ("main", RECORDED, "")
    points = found["series"][0]["points"]
    assert len(points) == 31
    assert points[3] == [START + 180, 0.03]


async def test_a_template_is_what_is_sent_and_what_is_told(prometheus_url: str) -> None:
    """Another person can fetch the same with the query of the answer."""
    text = 'service:error_ratio{environment="production",service="cart"}'
    found = await fetched(text, at(prometheus_url, signals=TEMPLATE))
    assert found["query"] == 'http_errors{app="cart",stage="production"}'
    assert found["series"][0]["labels"]["app"] == "cart"
    assert found["series"][0]["points"][-1][1] == 7


async def test_a_service_with_quotes_in_its_name_is_found_by_it(prometheus_url: str) -> None:
    """The escaped value is the same value to Prometheus."""
    text = r'service:error_ratio{environment="production",service="od\"d\\one"}'
    found = await fetched(text, at(prometheus_url, signals=TEMPLATE))
    assert [s["labels"]["app"] for s in found["series"]] == ['od"d\\one']


@pytest.mark.parametrize(
    ("service", "found"), [("cart", ["cart"]), (".*", []), ("c.rt", []), (r"od\"d\\one", ['od"d\\one'])]
)
async def test_a_service_in_a_pattern_means_itself(prometheus_url: str, service: str, found: list[str]) -> None:
    """A name that looks like a pattern finds nothing but what bears it."""
    signals = {"error_ratio": 'http_errors{app=~"{service}|none-.*"}'}
    text = f'service:error_ratio{{environment="production",service="{service}"}}'
    answered = await fetched(text, at(prometheus_url, signals=signals))
    assert [s["labels"]["app"] for s in answered["series"]] == found


@pytest.mark.parametrize(("most", "shown"), [(50, 50), (100, 60)])
async def test_too_many_series_are_cut_and_said_so(prometheus_url: str, most: int, shown: int) -> None:
    """This Prometheus knows no limit of its own, so the guard cuts."""
    found = await fetched("pod_up", at(prometheus_url, most_series=most))
    assert len(found["series"]) == shown
    assert bool(found["cut"]) == (shown < 60)


async def test_what_is_no_number_is_null(prometheus_url: str) -> None:
    """NaN and infinities come as text and leave as null."""
    found = await fetched("odd", at(prometheus_url))
    values = {s["labels"]["kind"]: s["points"][-1][1] for s in found["series"]}
    assert values == {"NaN": None, "+Inf": None, "-Inf": None, "1.5": 1.5}


async def test_a_long_query_is_posted(prometheus_url: str) -> None:
    """It would not fit an address everywhere."""
    text = " or ".join(f'pod_up{{pod="pod-{n:02d}"}}' for n in range(60))
    found = await fetched(text, at(prometheus_url, most_series=60))
    assert len(found["series"]) == 60


async def test_nothing_found_is_an_answer(prometheus_url: str) -> None:
    """No series, nothing cut."""
    found = await fetched("nothing_of_this_name", at(prometheus_url))
    assert (found["series"], found["cut"]) == ([], "")


async def test_a_query_of_no_sense_is_refused_with_its_reason(prometheus_url: str) -> None:
    """The parser's own words, at no second try."""
    said = await refused("sum(", at(prometheus_url))
    assert said.startswith('bad_input: prometheus "main": 400')
    assert "parse error" in said


async def test_the_link_opens_the_same_query(prometheus_url: str) -> None:
    """Prometheus' page answers, and it bears the query and the range."""
    found = await fetched("odd", at(prometheus_url))
    assert "g0.expr=odd" in found["link"]
    assert "g0.range_input=1800s" in found["link"]
    async with httpx2.AsyncClient(follow_redirects=True) as http:
        assert (await http.get(found["link"])).status_code == 200


async def test_the_same_question_within_a_minute_is_asked_once() -> None:
    """Another range is another question."""
    async with misbehaving() as server, monitoring(**at(server.url)) as tools:
        server.script(PATH, EMPTY)
        for _ in range(3):
            await answer(tools, "fetch_metrics", asked("up"))
        assert len(server.asked) == 1
        await answer(tools, "fetch_metrics", asked("up", step=30))
        assert len(server.asked) == 2


async def test_a_tenant_a_prefix_a_limit_and_a_form_are_sent() -> None:
    """Mimir's tenant, VictoriaMetrics' path, our limit, and a body where the address would be too long."""
    async with misbehaving() as server:
        server.script("/select/0/prometheus" + PATH, EMPTY)
        source = at(server.url + "/select/0/prometheus/", tenant="shop", method="POST", most_series=7)
        await fetched("up", source)
    one = server.asked[0]
    assert (one.method, one.headers["x-scope-orgid"], one.params["limit"]) == ("POST", "shop", "8")
    assert b"query=up" in one.body


async def test_a_partial_answer_says_what_the_source_warns_of() -> None:
    """Thanos answers what it has and warns."""
    said = {"status": "success", "data": {"result": []}, "warnings": ["store eu-2 is away"]}
    async with misbehaving() as server:
        server.script(PATH, Reply(200, said))
        found = await fetched("up", at(server.url))
    assert found["cut"] == "the source warns: store eu-2 is away"


async def test_fresh_credentials_go_with_every_request(tmp_path: Any) -> None:
    """The file is renewed; the next question bears the new token."""
    token = tmp_path / "token"
    token.write_text("first-token")
    auth = {"kind": "bearer", "token": {"file": str(token)}}
    async with misbehaving() as server, monitoring(**at(server.url, auth=auth)) as tools:
        server.script(PATH, EMPTY)
        await answer(tools, "fetch_metrics", asked("up"))
        token.write_text("second-token")
        await answer(tools, "fetch_metrics", asked("down"))
    assert [a.headers["authorization"] for a in server.asked] == ["Bearer first-token", "Bearer second-token"]
