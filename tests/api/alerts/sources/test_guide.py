"""What the guide says to type is what the doors read."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from holdfast.api.alerts.sources import datadog, generic
from holdfast.api.settings import ApiSettings
from tests.api.doors import STARTED

GUIDE = (Path(__file__).parents[4] / "docs" / "guides" / "alerts.md").read_text()
SECTIONS = dict(re.findall(r"^#{2,3} (.+?)\n(.*?)(?=^#{2,3} |\Z)", GUIDE, re.DOTALL | re.MULTILINE))


def _settings(section: str, variable: str) -> Any:
    found = re.search(rf"{variable}='(.*?)'", SECTIONS[section], re.DOTALL)
    assert found
    return json.loads(found.group(1))


def test_the_template_for_datadog_is_read() -> None:
    """Filled in, it is a claim; left as it is, only the date is missed."""
    found = re.search(r"```json\n(.*?)```", SECTIONS["Datadog"], re.DOTALL)
    assert found
    template = json.loads(found.group(1))
    assert set(template) == set(datadog.Webhook.model_fields)
    [claim] = datadog.claims(datadog.Webhook.model_validate({**template, "date": "1772334000000"}), STARTED)
    assert claim.starts_at == STARTED


def test_the_generic_example_is_read() -> None:
    """Every field of it is one we know."""
    found = re.search(r"-d '(.*?)'", SECTIONS["Programs of your own"], re.DOTALL)
    assert found
    item = generic.Item.model_validate_json(found.group(1))
    assert item.model_extra == {}
    assert set(json.loads(found.group(1))) == set(generic.Item.model_fields)


def test_the_settings_in_the_guide_are_taken(tmp_path: Path) -> None:
    """Each example of sources and of Alertmanagers starts an API."""
    sources = _settings("Who may send", "HOLDFAST_SOURCES")
    for source in sources.values():
        if "secret_file" in source:
            (tmp_path / "secret").write_text("0123456789abcdef")
            source["secret_file"] = tmp_path / "secret"
    polled = _settings("Alertmanagers that are asked", "HOLDFAST_ALERTMANAGERS")
    settings = ApiSettings(embedded=True, sources=sources, alertmanagers=polled)
    assert settings.alertmanagers["main"].receiver == "holdfast"
    topic = _settings("CloudWatch, through SNS", "HOLDFAST_SOURCES")
    assert ApiSettings(embedded=True, sources=topic).sources["aws"].kind == "sns"


@pytest.mark.parametrize(
    "door", ["grafana", "pagerduty", "datadog", "cloudwatch", "cloudevents", "generic", "opsmedic"]
)
def test_every_door_is_in_the_guide(door: str) -> None:
    """A door nobody is told of is no door."""
    assert f"`/alerts/{door}`" in SECTIONS["Other sources"]
