"""What the integration pages show is what the servers take, and the rights they name are those of deploy/kubernetes."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from holdfast.domain.noun import Noun
from holdfast.tools.executor.section import ExecutorSection
from holdfast.tools.kubernetes.section import KubernetesSection
from holdfast.tools.systems import parse_section
from tests.tools.kubernetes.estate import RBAC

PAGES = Path(__file__).parents[3] / "docs" / "integrations"


def blocks(page: str) -> list[str]:
    """Return the YAML of a page."""
    return re.findall(r"```yaml\n(.*?)```", (PAGES / f"{page}.md").read_text(), re.DOTALL)


@pytest.mark.parametrize(("page", "noun"), [("kubernetes", KubernetesSection), ("executor", ExecutorSection)])
def test_the_configuration_a_page_shows_is_taken(page: str, noun: type[Noun]) -> None:
    """Every field exists, and the index links to the page."""
    shown: dict[str, Any] = yaml.safe_load(blocks(page)[0])
    assert parse_section(page, noun, shown[page])
    assert f"]({page}.md)" in (PAGES / "README.md").read_text()


@pytest.mark.parametrize(("page", "who"), [("kubernetes", "looker"), ("executor", "executor")])
def test_the_rights_a_page_names_are_those_that_are_shipped(page: str, who: str) -> None:
    """And those are what the tests on a real cluster get along with."""
    shipped = yaml.safe_load_all((RBAC / f"{who}-rbac.yaml").read_text())
    rules = [rule for one in shipped for rule in one.get("rules", [])]
    shown = [yaml.safe_load(line[3:].strip().removeprefix("- ")) for line in re.findall(r"  - \{.*\}", blocks(page)[1])]
    assert shown == rules
