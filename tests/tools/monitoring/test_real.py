"""The real server stands on what its section names, and a mistake there is told before it stands."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from holdfast.tools.monitoring.real import build_real
from holdfast.tools.needs import ServerNeeds
from holdfast.tools.registry import build
from tests.tools.monitoring.real import asked, fetched
from tests.tools.stand import answer, refusal
from tests.vendors.misbehaving import Reply, misbehaving

URL = "http://127.0.0.1:1"


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ({"kind": "graphite", "url": URL}, "monitoring.metrics.main"),
        ({"url": URL}, "monitoring.metrics.main"),
        ({"kind": "prometheus"}, "monitoring.metrics.main.prometheus.url"),
        ({"kind": "prometheus", "url": URL, "tls": {"verify": False}, "verify": False}, "verify"),
        ({"kind": "prometheus", "url": URL, "signals": {"error_rate": "x"}}, "error_rate"),
        ({"kind": "grafana", "url": URL, "data_source": "../../admin"}, "data_source"),
        ({"kind": "cloudwatch", "region": "eu-west-1.evil.example"}, "region"),
    ],
)
def test_a_mistake_in_the_section_names_its_field(source: dict[str, Any], said: str) -> None:
    """Nobody starts a server that cannot answer."""
    with pytest.raises(ValueError, match=r"^monitoring\.") as caught:
        build_real({"metrics": {"main": source}}, ServerNeeds())
    assert said in str(caught.value)


async def test_the_registry_builds_it_and_the_first_source_is_the_default() -> None:
    """Another one is asked by its name, an unknown one is told those there are."""
    empty = {"status": "success", "data": {"result": []}}
    async with misbehaving() as first, misbehaving() as second:
        for server in (first, second):
            server.script("*", Reply(200, empty))
        section = {name: {"kind": "prometheus", "url": s.url} for name, s in (("a", first), ("b", second))}
        async with build("monitoring", ServerNeeds(systems={"monitoring": {"metrics": section}})).standing() as tools:
            assert (await answer(tools, "fetch_metrics", asked("up")))["source"] == "a"
            assert (await answer(tools, "fetch_metrics", asked("up", source="b")))["source"] == "b"
            assert "a, b" in await refusal(tools, "fetch_metrics", asked("up", source="c"))
        assert (len(first.asked), len(second.asked)) == (1, 1)


async def test_an_answer_is_cut_to_what_a_report_can_hold() -> None:
    """Long labels are shortened; of a series with too many points the newest stay."""
    points = [[n, "1"] for n in range(12_000)]
    result = [{"metric": {"error": "x" * 5000}, "values": points}]
    async with misbehaving() as server:
        server.script("*", Reply(200, {"status": "success", "data": {"result": result}}))
        found = await fetched("up", {"kind": "prometheus", "url": server.url})
    (one,) = found["series"]
    assert len(one["labels"]["error"]) == 200
    assert (len(one["points"]), one["points"][-1][0]) == (11_000, 11_999)
    assert "newest 11000 points" in found["cut"]


def test_a_server_pays_only_for_the_kinds_it_has() -> None:
    """Neither boto3 nor requests is imported for a source that needs neither."""
    program = (
        "import sys; from holdfast.tools.monitoring.real import build_real;"
        "from holdfast.tools.needs import ServerNeeds;"
        "build_real({'metrics': {'main': {'kind': 'datadog', 'url': 'https://api.datadoghq.eu'}}}, ServerNeeds());"
        "print([m for m in ('boto3', 'prometheus_api_client') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("page", ["prometheus", "grafana", "cloudwatch", "datadog", "alertmanager"])
def test_the_configuration_on_each_page_stands(page: str) -> None:
    """What a person copies from the documentation is accepted whole."""
    text = (Path(__file__).parents[3] / "docs" / "integrations" / f"{page}.md").read_text()
    (block,) = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    build_real(yaml.safe_load(block)["monitoring"], ServerNeeds())
