"""What the integration pages show is what the servers take, and the tool answers over such a source."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from holdfast.tools.monitoring.logs.kinds import log_sources
from holdfast.tools.monitoring.real import build_real
from holdfast.tools.monitoring.server import Monitoring, build
from holdfast.tools.monitoring.traces.kinds import trace_sources
from tests.tools.monitoring.logs.stands import standing
from tests.tools.stand import NOON, answer, needs

PAGES = Path(__file__).parents[3] / "docs" / "integrations"


def shown(page: str) -> dict[str, Any]:
    """Return the first YAML of a page."""
    text = (PAGES / f"{page}.md").read_text()
    found: dict[str, Any] = yaml.safe_load(text.split("```yaml\n")[1].split("```")[0])["monitoring"]
    return found


@pytest.mark.parametrize("page", ["loki", "victorialogs", "elasticsearch", "splunk", "cloudwatch-logs"])
def test_the_log_source_a_page_shows_can_be_built(page: str) -> None:
    """Its template is accepted, every field exists, and the index links to the page."""
    assert len(log_sources(shown(page)["logs"])) == 1
    assert f"]({page}.md)" in (PAGES / "README.md").read_text()


@pytest.mark.parametrize("page", ["tempo", "jaeger"])
def test_the_trace_source_a_page_shows_can_be_built(page: str) -> None:
    """Every field exists, and the index links to the page."""
    assert len(trace_sources(shown(page)["traces"])) == 1
    assert f"]({page}.md)" in (PAGES / "README.md").read_text()


def test_one_section_holds_log_and_trace_stores_together(tmp_path: Path) -> None:
    """The server is built from the sections as the systems file has them, and a mistake in one is named."""
    sections = {"logs": shown("loki")["logs"], "traces": shown("tempo")["traces"]}
    server = build_real(sections, needs(tmp_path))
    assert server.name == "holdfast-monitoring"
    with pytest.raises(ValueError, match=r"^monitoring\.logs\.x\.loki\.url"):
        build_real({"logs": {"x": {"kind": "loki"}}}, needs(tmp_path))


async def test_the_tool_answers_the_contract_over_a_real_source() -> None:
    """Over MCP, with the source's name, the query that was sent, the lines, and what is missing."""
    async with standing("loki") as stand:
        for n in range(3):
            stand.write("checkout", NOON - 30 + n, "error", f"line {n}")
        server = build(Monitoring({}, {"main": stand.source}))
        filters = {"service": "checkout", "start": NOON - 60, "end": NOON, "limit": 2}
        found = await answer(server, "query_logs", {"source": "", "filters": filters})
    assert set(found) == {"source", "query", "filters", "lines", "total", "link", "cut"}
    assert [line["message"] for line in found["lines"]] == ["line 1", "line 2"]
    assert found["query"] == '{service_name="checkout", environment="production"}'
    assert found["cut"] == "the newest 2 lines; there may be more"
