"""A thing is told once under one key: over restarts, lost answers, killed processes and two processes at once."""

import asyncio
import json
import sys
import time
from asyncio.subprocess import PIPE, Process
from pathlib import Path

import pytest

from holdfast.tools.toolserver import ToolServer
from tests.tools.communication import telling
from tests.tools.communication.telling import Section, standing
from tests.tools.stand import answer, refusal
from tests.vendors.jira import JiraServer
from tests.vendors.pagerduty import PagerDutyServer
from tests.vendors.scripted import running
from tests.vendors.servicenow import ServiceNowServer
from tests.vendors.slack_server import channel_id, slack_server
from tests.vendors.smtp import smtp_server
from tests.vendors.teams import TeamsServer

ROOT = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def _secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    telling.secrets(monkeypatch)


async def twice(folder: Path, section: Section, tool: str, arguments: Section) -> None:
    """Tell a thing, and again to the server that comes after a restart."""
    async with standing(folder, section) as server:
        first = await answer(server, tool, arguments, "k1")
    async with standing(folder, section) as server:
        again = await answer(server, tool, arguments, "k1")
    assert first["first"]
    assert again == {**first, "first": False}


async def lost(folder: Path, section: Section, tool: str, arguments: Section) -> str:
    """Tell a thing whose answer is lost, and again after a restart; return the id."""
    async with standing(folder, section) as server:
        assert (await refusal(server, tool, arguments, "k1")).startswith(("unavailable: ", "timeout: "))
    async with standing(folder, section) as server:
        return str((await answer(server, tool, arguments, "k1"))["id"])


async def told(server: ToolServer) -> str:
    """Open the ticket, and return why that was refused."""
    return await refusal(server, "create_jira_ticket", telling.TICKET, "k1")


async def spawned(folder: Path, section: Section, tool: str, arguments: Section) -> Process:
    """Start a process that tells a thing."""
    words = (str(folder), json.dumps(section), tool, json.dumps(arguments))
    program = (sys.executable, "-m", "tests.tools.communication.child", *words)
    return await asyncio.create_subprocess_exec(*program, stdout=PIPE, cwd=ROOT)


async def test_every_service_hears_it_once_over_a_restart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each vendor has one, and the second answer is the first."""
    async with (
        running(JiraServer()) as jira,
        running(ServiceNowServer()) as now,
        running(PagerDutyServer()) as pager,
        running(TeamsServer()) as teams,
        slack_server() as slack,
        smtp_server() as smtp,
    ):
        monkeypatch.setenv("TEAMS", teams.webhook)
        await twice(tmp_path, telling.jira_section(jira.url), "create_jira_ticket", telling.TICKET)
        await twice(tmp_path, telling.servicenow_section(now.url), "create_servicenow_incident", telling.INCIDENT)
        await twice(tmp_path, telling.pagerduty_section(pager.url), "trigger_pagerduty_alert", telling.ALERT)
        hooks = {"teams": {"channels": {"ops": {"env": "TEAMS"}}}}
        await twice(tmp_path, hooks, "send_teams_message", telling.POST)
        await twice(tmp_path, telling.slack_section(slack.base_url), "send_slack_message", telling.SLACK)
        await twice(tmp_path, telling.mail_section(smtp.port), "send_email", telling.MAIL)
        assert [len(jira.issues), len(now.records), len(pager.alerts["INC-7"]), len(teams.messages)] == [1, 1, 1, 1]
        assert [len(slack.called("chat.postMessage")), len(smtp.mails)] == [1, 1]


@pytest.mark.parametrize("late", [0, 1, 4])
async def test_a_ticket_whose_answer_was_lost_is_found_though_the_search_lags(tmp_path: Path, late: int) -> None:
    """Each retry searches for the label made from the key, over restarts, and none makes another ticket meanwhile."""
    async with running(JiraServer(late=late)) as jira:
        jira.lose_next("/issue")
        section = telling.jira_section(jira.url, search_lag=60)
        for _ in range(late + 1):
            async with standing(tmp_path, section) as server:
                said = await refusal(server, "create_jira_ticket", telling.TICKET, "k1")
            assert said.startswith("unavailable: ")
        async with standing(tmp_path, section) as server:
            got = await answer(server, "create_jira_ticket", telling.TICKET, "k1")
        assert got == {"id": "OPS-1", "first": False}
        assert len(jira.issues) == 1


async def test_a_ticket_that_no_search_finds_in_time_is_made_again(tmp_path: Path) -> None:
    """The request was lost on its way there; the time counts from the last sending, not from the first."""
    async with running(JiraServer()) as jira, standing(tmp_path, telling.jira_section(jira.url)) as server:
        for _ in range(2):
            jira.swallow_next()
            assert (await told(server)).startswith("unavailable: jira: cannot be reached")
            assert "may have been made; it is searched for again" in await told(server)
            await asyncio.sleep(0.6)
        assert (await answer(server, "create_jira_ticket", telling.TICKET, "k1"))["first"]
        assert len(jira.issues) == 1


async def test_a_search_that_failed_sent_nothing_and_is_not_waited_for(tmp_path: Path) -> None:
    """Nothing can have arrived: the next try makes the ticket at once."""
    async with running(JiraServer()) as jira:
        section = telling.jira_section(jira.url, search_lag=60, retries=0)
        async with standing(tmp_path, section) as server:
            jira.fail_next(503)
            assert (await told(server)).startswith("unavailable: jira: 503")
            assert (await answer(server, "create_jira_ticket", telling.TICKET, "k1"))["first"]


async def test_a_ticket_is_found_also_when_the_ledger_is_gone(tmp_path: Path) -> None:
    """A new disk makes no second ticket."""
    async with running(JiraServer()) as jira:
        for disk in ("old", "new"):
            async with standing(tmp_path / disk, telling.jira_section(jira.url)) as server:
                got = await answer(server, "create_jira_ticket", telling.TICKET, "k1")
        assert got == {"id": "OPS-1", "first": False}
        assert len(jira.issues) == 1


async def test_a_servicenow_record_whose_answer_was_lost_is_found(tmp_path: Path) -> None:
    """Its correlation id finds it."""
    async with running(ServiceNowServer()) as now:
        now.lose_next()
        section = telling.servicenow_section(now.url)
        found = await lost(tmp_path, section, "create_servicenow_incident", telling.INCIDENT)
        assert [r["number"] for r in now.records] == [found]


async def test_a_pagerduty_event_whose_answer_was_lost_makes_no_second_alert(tmp_path: Path) -> None:
    """The same deduplication key adds to the open alert, within the same call."""
    async with running(PagerDutyServer()) as pager:
        pager.lose_next()
        async with standing(tmp_path, telling.pagerduty_section(pager.url)) as server:
            got = await answer(server, "trigger_pagerduty_alert", telling.ALERT, "k1")
        assert list(pager.alerts) == [got["id"]] == ["INC-7"]


@pytest.mark.parametrize("thread", ["", "1700000000.000001"])
async def test_a_slack_message_whose_answer_was_lost_is_found_by_its_metadata(tmp_path: Path, thread: str) -> None:
    """Also below another message; the channel's id is in the configuration."""
    async with slack_server(epoch=int(time.time()), lost=1) as slack:
        section = telling.slack_section(slack.base_url, channels={"#ops": channel_id("#ops")})
        message = {**telling.SLACK, "thread": thread}
        found = await lost(tmp_path, section, "send_slack_message", message)
        assert list(slack.messages) == [found]


async def test_a_slack_channel_once_posted_to_needs_no_configured_id(tmp_path: Path) -> None:
    """The ledger remembers the id that Slack answered."""
    async with slack_server(epoch=int(time.time())) as slack:
        section = telling.slack_section(slack.base_url)
        async with standing(tmp_path, section) as server:
            await answer(server, "send_slack_message", telling.SLACK, "k0")
        slack.lost = 1
        found = await lost(tmp_path, section, "send_slack_message", telling.SLACK)
        assert list(slack.messages)[1:] == [found]


async def test_without_the_scope_to_look_a_message_is_rather_posted_twice(tmp_path: Path) -> None:
    """Nobody misses it; only the history could say that it had arrived."""
    async with slack_server(epoch=int(time.time()), lost=1, scopes=frozenset({"chat:write"})) as slack:
        section = telling.slack_section(slack.base_url, channels={"#ops": channel_id("#ops")})
        found = await lost(tmp_path, section, "send_slack_message", telling.SLACK)
        assert len(slack.messages) == 2
        assert list(slack.messages)[1] == found


async def test_an_email_whose_answer_was_lost_goes_again_as_the_same_message(tmp_path: Path) -> None:
    """SMTP cannot be asked; the Message-ID and the date are the first one's."""
    async with smtp_server() as smtp:
        smtp.loses = 1
        sent = await lost(tmp_path, telling.mail_section(smtp.port), "send_email", telling.MAIL)
        first, second = smtp.mails
        assert first["Message-ID"] == second["Message-ID"] == sent
        assert first["Date"] == second["Date"]


async def test_a_process_killed_between_the_answer_and_the_ledger_leaves_one_ticket(tmp_path: Path) -> None:
    """It dies when the ticket is made and nothing of it is written down."""
    async with running(JiraServer(late=1)) as jira:
        section = telling.jira_section(jira.url, search_lag=60)
        child = await spawned(tmp_path, section, "create_jira_ticket", telling.TICKET)

        async def kill() -> None:
            child.kill()
            await child.wait()

        jira.done = kill
        assert (await child.communicate())[0] == b""
        async with standing(tmp_path, section) as server:
            assert "it is searched for again" in await told(server)
            got = await answer(server, "create_jira_ticket", telling.TICKET, "k1")
        assert got["id"] == "OPS-1"
        assert len(jira.issues) == 1


async def test_two_processes_at_once_make_one_ticket(tmp_path: Path) -> None:
    """The second waits for the first and answers its ticket."""
    async with running(JiraServer(late=9)) as jira:
        words = (tmp_path, telling.jira_section(jira.url), "create_jira_ticket", telling.TICKET)
        children = [await spawned(*words) for _ in range(2)]
        said = [json.loads((await c.communicate())[0]) for c in children]
        assert sorted(s["first"] for s in said) == [False, True]
        assert {s["id"] for s in said} == {"OPS-1"}
        assert len(jira.issues) == 1


async def test_ten_calls_at_once_post_one_message(tmp_path: Path) -> None:
    """Within one process the same lock holds."""
    async with slack_server() as slack, standing(tmp_path, telling.slack_section(slack.base_url)) as server:
        calls = (answer(server, "send_slack_message", telling.SLACK, "k1") for _ in range(10))
        said = await asyncio.gather(*calls)
        assert sum(s["first"] for s in said) == 1
        assert len(slack.called("chat.postMessage")) == 1


async def test_what_was_refused_may_be_told_later(tmp_path: Path) -> None:
    """A refusal is no sending: the same key succeeds once the project is there."""
    async with running(JiraServer(projects=())) as jira, standing(tmp_path, telling.jira_section(jira.url)) as server:
        assert (await refusal(server, "create_jira_ticket", telling.TICKET, "k1")).startswith("bad_input: jira: 400")
        jira.projects = ("OPS",)
        assert (await answer(server, "create_jira_ticket", telling.TICKET, "k1"))["first"]
