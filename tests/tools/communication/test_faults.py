"""Each service as it fails: one closed word that names it and the remedy, and nothing that goes on for ever."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.tools.communication import telling
from tests.tools.communication.telling import Section, standing
from tests.tools.stand import answer, refusal
from tests.vendors.jira import JiraServer
from tests.vendors.misbehaving import Misbehaving, Reply, misbehaving
from tests.vendors.pagerduty import PagerDutyServer
from tests.vendors.scripted import Vendor, running
from tests.vendors.servicenow import ServiceNowServer
from tests.vendors.slack_server import slack_server


@pytest.fixture(autouse=True)
def _secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    telling.secrets(monkeypatch)


Told = tuple[str, Callable[..., Section], str, Section]
SERVICES: list[Told] = [
    ("jira", telling.jira_section, "create_jira_ticket", telling.TICKET),
    ("servicenow", telling.servicenow_section, "create_servicenow_incident", telling.INCIDENT),
    ("pagerduty", telling.pagerduty_section, "trigger_pagerduty_alert", telling.ALERT),
]
FAULTS = [
    (Reply(401), "forbidden", "check the credentials"),
    (Reply(403), "forbidden", "least rights"),
    (Reply(404), "not_found", "no such thing"),
    (Reply(409), "conflict", "changed meanwhile"),
    (Reply(422, {"error": "no"}), "bad_input", "refuses the values"),
    (Reply(429), "rate_limited", "asks to wait"),
    (Reply(429, headers={"Retry-After": "900"}), "rate_limited", "Retry-After 900"),
    (Reply(500), "unavailable", "it fails"),
    (Reply(hang=True), "timeout", "no whole answer"),
    (Reply(200, '{"half": ', cut=True), "unavailable", "cannot be reached"),
    (Reply(200, "<html>Your instance is asleep</html>", content_type="text/html"), "failed", "check its address"),
    (Reply(200, ""), "failed", "check its address"),
    (Reply(200, {}), "failed", "check its address"),
    (Reply(200, [1]), "failed", "check its address"),
]


@pytest.mark.parametrize("told", SERVICES, ids=lambda t: t[0])
@pytest.mark.parametrize(("reply", "word", "remedy"), FAULTS)
async def test_a_service_that_fails_has_one_word(
    tmp_path: Path, told: Told, reply: Reply, word: str, remedy: str
) -> None:
    """It names the service and says what to do."""
    name, section, tool, arguments = told
    async with misbehaving() as service:
        service.script("*", reply)
        settings = section(service.url, timeout=0.5 if reply.hang else 20, retries=0)
        async with standing(tmp_path, settings) as server:
            said = await refusal(server, tool, arguments, "k1")
    assert said.startswith(f"{word}: {name}: ")
    assert remedy in said
    assert len(service.asked) <= 2


VENDORS: list[tuple[type[Vendor], Told]] = [
    (JiraServer, SERVICES[0]),
    (ServiceNowServer, SERVICES[1]),
    (PagerDutyServer, SERVICES[2]),
]


@pytest.mark.parametrize(("vendor", "told"), VENDORS, ids=["jira", "servicenow", "pagerduty"])
async def test_a_service_that_asks_to_wait_a_moment_is_waited_for(
    tmp_path: Path, vendor: type[Vendor], told: Told
) -> None:
    """The same call succeeds."""
    async with running(vendor()) as service:
        service.fail_next(429, {"message": "slow down"}, Retry_After="0")
        async with standing(tmp_path, told[1](service.url)) as server:
            assert (await answer(server, told[2], told[3], "k1"))["first"]


@pytest.mark.parametrize(
    ("late", "word"),
    [
        (Reply(201, "<html>", content_type="text/html"), "failed"),
        (Reply(201, {"id": 7}), "failed"),
        (Reply(201, '{"key": "OP', cut=True), "unavailable"),
    ],
)
async def test_a_broken_answer_to_a_making_is_looked_up_and_not_repeated(
    tmp_path: Path, late: Reply, word: str
) -> None:
    """The ticket may have been made: the next try searches first, and finds it."""
    async with misbehaving() as jira:
        jira.script("/rest/api/3/issue", late)
        found = Reply(200, {"issues": [{"key": "OPS-1"}]})
        jira.script("/rest/api/3/search/jql", Reply(200, {"issues": []}), found)
        async with standing(tmp_path, telling.jira_section(jira.url)) as server:
            said = await refusal(server, "create_jira_ticket", telling.TICKET, "k1")
            got = await answer(server, "create_jira_ticket", telling.TICKET, "k1")
    assert said.startswith(f"{word}: jira: ")
    assert got["id"] == "OPS-1"
    assert _makings(jira) == 1


async def test_a_token_renewed_in_its_file_is_used_at_once(tmp_path: Path) -> None:
    """An expired one is refused; the same key succeeds with the new one, without a restart."""
    token = tmp_path / "token"
    token.write_text("expired-token-1\n")
    async with slack_server() as slack:
        section = telling.slack_section(slack.base_url, token={"file": str(token)})
        async with standing(tmp_path, section) as server:
            said = await refusal(server, "send_slack_message", telling.SLACK, "k1")
            token.write_text(f"{telling.SECRETS['SLACK']}\n")
            assert (await answer(server, "send_slack_message", telling.SLACK, "k1"))["first"]
    assert said.startswith("forbidden: Slack says invalid_auth; check the token")


@pytest.mark.parametrize("variable", ["SLACK", "JIRA", "PAGERDUTY"])
async def test_a_missing_secret_is_named_by_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    """The variable is named, so that a person can set it."""
    monkeypatch.delenv(variable)
    nowhere = "http://127.0.0.1:9"
    section = {
        **telling.slack_section(f"{nowhere}/api/"),
        **telling.jira_section(nowhere),
        **telling.pagerduty_section(nowhere),
    }
    tools: dict[str, tuple[str, Any]] = {
        "SLACK": ("send_slack_message", telling.SLACK),
        "JIRA": ("create_jira_ticket", telling.TICKET),
        "PAGERDUTY": ("trigger_pagerduty_alert", telling.ALERT),
    }
    async with standing(tmp_path, section) as server:
        said = await refusal(server, *tools[variable], "k1")
    assert said.startswith("not_configured: ")
    assert f"{variable}: holds no secret" in said


async def test_slack_that_is_limited_for_good_says_how_long(tmp_path: Path) -> None:
    """One Retry-After is obeyed; at the second the caller waits."""
    async with slack_server() as slack, standing(tmp_path, telling.slack_section(slack.base_url)) as server:
        slack.limit_next(0)
        slack.limit_next(0)
        said = await refusal(server, "send_slack_message", telling.SLACK, "k1")
    assert said == "rate_limited: Slack asks to wait; Retry-After 0 s"


def _makings(jira: Misbehaving) -> int:
    return sum(asked.method == "POST" for asked in jira.asked)
