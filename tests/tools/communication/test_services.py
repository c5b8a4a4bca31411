"""What arrives at each service: the right fields, outside text made harmless, and lengths cut with a note."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.tools.communication import telling
from tests.tools.communication.telling import standing
from tests.tools.stand import answer, refusal
from tests.vendors.jira import JiraServer, texts
from tests.vendors.pagerduty import PagerDutyServer
from tests.vendors.scripted import running
from tests.vendors.servicenow import ServiceNowServer
from tests.vendors.slack_server import channel_id, slack_server
from tests.vendors.teams import SIGNATURE, TeamsServer

EVIL = "<!channel> @here <@U1> [click](https://evil.example) *bold* & <script>"


@pytest.fixture(autouse=True)
def _secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    telling.secrets(monkeypatch)


async def test_a_ticket_holds_its_text_as_text_alone(tmp_path: Path) -> None:
    """Markup in it is text in a document's nodes; a title is one line of at most 255 characters."""
    ticket = {**telling.TICKET, "summary": "two\nlines " + "x" * 300, "description": EVIL, "priority": "High"}
    async with running(JiraServer()) as jira, standing(tmp_path, telling.jira_section(jira.url)) as server:
        await answer(server, "create_jira_ticket", ticket, "k1")
    fields = jira.issues[0]["fields"]
    assert texts(fields["description"]) == [EVIL]
    assert fields["summary"].startswith("two lines ")
    assert fields["summary"].endswith("[cut]")
    assert len(fields["summary"]) == 255
    assert (fields["priority"], fields["issuetype"]) == ({"name": "High"}, {"name": "Task"})
    assert fields["labels"][0] == "holdfast"


@pytest.mark.parametrize(
    ("project", "word"), [("SECRET", "forbidden: "), ('OPS" OR project = "HR', "bad_input: "), ("", "bad_input: ")]
)
async def test_a_ticket_goes_only_to_the_projects_that_are_allowed(tmp_path: Path, project: str, word: str) -> None:
    """Nothing but a project's key gets into the search, and Jira is not even asked."""
    async with running(JiraServer()) as jira:
        section = telling.jira_section(jira.url, projects=["OPS"])
        async with standing(tmp_path, section) as server:
            said = await refusal(server, "create_jira_ticket", {**telling.TICKET, "project": project}, "k1")
    assert said.startswith(word)
    assert jira.asked == []


async def test_an_alert_has_their_severity_and_a_key_that_fits(tmp_path: Path) -> None:
    """`high` is their `error`; a key that is too long is replaced, never cut."""
    long = {**telling.ALERT, "dedup_key": "k" * 300, "summary": "s" * 2000, "details": {"why": EVIL}}
    async with running(PagerDutyServer()) as pager, standing(tmp_path, telling.pagerduty_section(pager.url)) as server:
        got = await answer(server, "trigger_pagerduty_alert", long, "k1")
        await answer(server, "trigger_pagerduty_alert", {**long, "dedup_key": "k" * 301}, "k2")
        said = await refusal(server, "trigger_pagerduty_alert", {**long, "severity": "bad"}, "k3")
    assert len(pager.alerts) == 2
    payload = pager.alerts[got["id"]][0]["payload"]
    assert (payload["severity"], payload["custom_details"]) == ("error", {"why": EVIL})
    assert payload["summary"].endswith("[cut]")
    assert said.startswith("bad_input: pagerduty: severity is one of")


async def test_a_servicenow_record_has_the_configured_fields_and_its_urgency(tmp_path: Path) -> None:
    """Ours `high` is their 1; what is too long for its column is cut with a note."""
    incident = {**telling.INCIDENT, "short_description": "x" * 200, "description": "y" * 5000}
    async with running(ServiceNowServer()) as now:
        section = telling.servicenow_section(now.url, fields={"assignment_group": "SRE"})
        async with standing(tmp_path, section) as server:
            got = await answer(server, "create_servicenow_incident", incident, "k1")
    record = now.records[0]
    assert (record["number"], record["urgency"], record["assignment_group"]) == (got["id"], "1", "SRE")
    assert record["short_description"].endswith("[cut]")
    assert record["description"].endswith("[cut]")


def teams_section(channel: str = "ops") -> dict[str, Any]:
    """Return the section for one Teams channel."""
    return {"teams": {"channels": {channel: {"env": "TEAMS"}}, "timeout": 5}}


@pytest.mark.parametrize("text", [EVIL, "x" * 60_000, "é" * 30_000, "line\n" * 9000])
async def test_a_card_is_plain_text_and_fits_into_28_kb(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    """No Markdown counts in a run of text; what does not fit is cut with a note."""
    async with running(TeamsServer()) as teams:
        monkeypatch.setenv("TEAMS", teams.webhook)
        async with standing(tmp_path, teams_section()) as server:
            await answer(server, "send_teams_message", {"channel": "ops", "text": text}, "k1")
    (attachment,) = teams.messages[0]["attachments"]
    runs = [run for block in attachment["content"]["body"] for run in block["inlines"]]
    assert {run["type"] for run in runs} == {"TextRun"}
    assert runs[-1]["text"] == EVIL or runs[-1]["text"].endswith("[cut]")


async def test_a_teams_channel_must_be_configured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name leads to an address of the configuration or nowhere."""
    monkeypatch.setenv("TEAMS", "not an address, but a secret")
    async with standing(tmp_path, teams_section()) as server:
        elsewhere = await refusal(server, "send_teams_message", {"channel": "hr", "text": "t"}, "k1")
        broken = await refusal(server, "send_teams_message", telling.POST, "k2")
    assert elsewhere.startswith("not_found: teams: no channel 'hr'")
    assert broken == "not_configured: teams 'ops': its secret is no address of a workflow"


async def test_a_workflows_address_never_gets_into_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also when its refusal repeats the address; a renewed one is used at once."""
    async with running(TeamsServer()) as teams:
        wrong = f"{teams.webhook}x"
        monkeypatch.setenv("TEAMS", wrong)
        async with standing(tmp_path, teams_section()) as server:
            said = await refusal(server, "send_teams_message", telling.POST, "k1")
            monkeypatch.setenv("TEAMS", teams.webhook)
            assert (await answer(server, "send_teams_message", telling.POST, "k1"))["first"]
    assert said.startswith("forbidden: teams 'ops': 401")
    assert SIGNATURE not in said


async def test_pagerdutys_key_never_gets_into_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its refusal repeats the key it does not know."""
    monkeypatch.setenv("PAGERDUTY", "a-key-of-somebody-else")
    async with running(PagerDutyServer()) as pager, standing(tmp_path, telling.pagerduty_section(pager.url)) as server:
        said = await refusal(server, "trigger_pagerduty_alert", telling.ALERT, "k1")
    assert "'routing_key' *** is invalid" in said


async def test_slack_text_mentions_nobody_and_keeps_its_links(tmp_path: Path) -> None:
    """What calls a channel or a person is escaped, in the text and in the blocks."""
    text = f"{EVIL} see <https://holdfast.example/INC-7|INC-7> and a &amp; b"
    blocks = [{"type": "section", "text": {"type": "mrkdwn", "text": EVIL}}]
    async with slack_server() as slack, standing(tmp_path, telling.slack_section(slack.base_url)) as server:
        await answer(server, "send_slack_message", {**telling.SLACK, "text": text, "blocks": blocks}, "k1")
        (posted,) = slack.called("chat.postMessage")
    sent = posted["text"] + json.dumps(posted["blocks"])
    assert not any(call in sent for call in ("<!", "<@", "@here", "<script"))
    assert "see <https://holdfast.example/INC-7|INC-7> and a &amp; b" in posted["text"]
    assert posted["parse"] == "none"


async def test_slack_threads_and_updates_keep_to_their_channel(tmp_path: Path) -> None:
    """An update goes to the channel's id, which the ledger keeps over a restart."""
    async with slack_server() as slack:
        section = telling.slack_section(slack.base_url)
        async with standing(tmp_path, section) as server:
            first = await answer(server, "send_slack_message", telling.SLACK, "k1")
            reply = await answer(server, "send_slack_message", {**telling.SLACK, "thread": first["id"]}, "k2")
        async with standing(tmp_path, section) as server:
            change = {**telling.SLACK, "text": "well again", "update": first["id"]}
            changed = await answer(server, "send_slack_message", change, "k3")
        assert (reply["thread"], changed["id"]) == (first["id"], first["id"])
        assert slack.called("chat.update")[0]["channel"] == channel_id("#ops")
        assert slack.messages[first["id"]]["text"] == "well again"
