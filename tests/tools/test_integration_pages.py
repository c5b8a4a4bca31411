"""The pages about integrations: what they tell people to write is what the servers read, and every page is linked."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from holdfast.activities.adapters.grants import new_keys
from holdfast.tools import registry
from holdfast.tools.catalog.papers import runbook_in, services_in
from tests.tools.stand import needs

PAGES = Path(__file__).parents[2] / "docs" / "integrations"
EXAMPLES = ("catalog-files", "kubernetes-labels", "notion", "github", "records")


def blocks(page: str, language: str) -> list[str]:
    """Return a page's code blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", (PAGES / f"{page}.md").read_text(), re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("page", EXAMPLES)
def test_a_pages_first_example_builds_its_servers(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Word for word, but for the places of secrets."""
    monkeypatch.setenv("TEST_SECRET", "postgresql+asyncpg://holdfast:pw@127.0.0.1/holdfast")
    text = re.sub(r"\{file: /run/secrets/[\w-]+\}", "{env: TEST_SECRET}", blocks(page, "yaml")[0])
    systems: dict[str, Any] = yaml.safe_load(text)
    given = needs(tmp_path, systems=systems, state=tmp_path / "state", grant_public_key=new_keys()[1])
    for name in systems:
        assert registry.build(name, given).name.startswith("holdfast-")


def test_the_written_examples_are_read() -> None:
    """A catalogue and a runbook, as the page shows them."""
    (service,) = services_in(blocks("catalog-files", "yaml")[1])
    book = runbook_in(blocks("catalog-files", "markdown")[0])
    assert (service.name, service.tier, service.runbook) == ("checkout", 1, book.runbook_id)
    assert (book.alert, book.actions) == ("HighError*", ("rollback_deployment",))


def test_every_page_is_linked_from_the_list() -> None:
    """Nobody finds a page that is not."""
    listed = set(re.findall(r"\]\(([\w-]+\.md)\)", (PAGES / "README.md").read_text()))
    assert {p.name for p in PAGES.glob("*.md")} - {"README.md"} <= listed
