"""What the section names is what the server stands on; a mistake there is told before it stands."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from holdfast.tools.communication.real import build_real
from holdfast.tools.needs import ServerNeeds
from tests.tools.communication import telling
from tests.tools.communication.telling import standing
from tests.tools.stand import refusal
from tests.vendors.slack_server import slack_server


@pytest.fixture(autouse=True)
def _secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    telling.secrets(monkeypatch)


async def test_a_service_that_is_not_configured_says_so(tmp_path: Path) -> None:
    """The rest of the server works without it."""
    async with slack_server() as slack, standing(tmp_path, telling.slack_section(slack.base_url)) as server:
        said = await refusal(server, "create_jira_ticket", telling.TICKET, "k1")
    assert said == 'not_configured: create_jira_ticket: the systems file has no "jira" in its communication section'


@pytest.mark.parametrize(
    ("section", "words"),
    [
        ({}, "communication.: Value error, one of them is needed"),
        (telling.mail_section(25, host="mail.example.org"), "communication.email: Value error, security: none is for"),
        (telling.mail_section(25, user="me"), "communication.email: Value error, user and password"),
        (telling.mail_section(25, domains=[]), "communication.email.domains"),
        ({"teams": {"channels": {"ops": "https://x"}}}, "communication.teams.channels.ops"),
        (telling.jira_section("jira.example.org"), "communication.jira.url"),
        (telling.jira_section("https://jira.example.org", project=["OPS"]), "communication.jira.project: Extra"),
    ],
)
async def test_a_wrong_section_names_its_field(tmp_path: Path, section: dict[str, Any], words: str) -> None:
    """The server does not stand on what it cannot use."""
    with pytest.raises(ValueError, match="communication") as wrong:
        async with standing(tmp_path, section):
            pass
    assert str(wrong.value).startswith(words)


@pytest.mark.parametrize("page", ["slack", "jira", "pagerduty", "email", "teams", "servicenow"])
def test_what_a_page_shows_is_accepted(tmp_path: Path, page: str) -> None:
    """Its configuration builds the server."""
    text = (Path(__file__).parents[3] / "docs" / "integrations" / f"{page}.md").read_text()
    section = yaml.safe_load(text.split("```yaml")[1].split("```")[0])["communication"]
    assert list(section) == [page]
    assert build_real(section, ServerNeeds(state=tmp_path)).name == "holdfast-communication"


async def test_a_ledger_that_cannot_be_written_lets_no_server_stand(tmp_path: Path) -> None:
    """Nothing is sent that is not written down."""
    (tmp_path / "communication.db").write_text("this is no database, and longer than a header")
    with pytest.raises(ValueError, match=r"communication\.db"):
        async with standing(tmp_path, telling.slack_section("http://127.0.0.1:9/api/")):
            pass
