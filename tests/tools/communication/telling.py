"""The communication server over vendors on loopback: its section for each, and what each tool is told."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from holdfast.tools import registry
from holdfast.tools.needs import ServerNeeds
from holdfast.tools.toolserver import ToolServer
from tests.vendors import jira, pagerduty, servicenow, slack_server, smtp

Section = dict[str, Any]

SECRETS = {
    "SLACK": slack_server.TOKEN,
    "JIRA": jira.TOKEN,
    "PAGERDUTY": pagerduty.ROUTING_KEY,
    "SERVICENOW": servicenow.PASSWORD,
    "SMTP": smtp.PASSWORD,
}
TICKET: Section = {"project": "OPS", "summary": "checkout fails", "description": "5 % errors\n\nsince noon"}
ALERT: Section = {"summary": "checkout fails", "severity": "high", "source": "checkout", "dedup_key": "INC-7"}
INCIDENT: Section = {"short_description": "checkout fails", "description": "5 % errors", "urgency": "high"}
POST: Section = {"channel": "ops", "text": "checkout fails"}
MAIL: Section = {"to": ["ops@example.org"], "subject": "checkout fails", "body": "5 % errors"}
SLACK: Section = {"channel": "#ops", "text": "checkout fails"}


def secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put every vendor's secret where the sections look for it."""
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)


def jira_section(url: str, **fields: Any) -> Section:
    """Return the section for one Jira."""
    auth = {"kind": "basic", "user": jira.USER, "password": {"env": "JIRA"}}
    return {"jira": {"url": url, "auth": auth, "search_lag": 0.5, "timeout": 5, **fields}}


def servicenow_section(url: str, **fields: Any) -> Section:
    """Return the section for one ServiceNow."""
    auth = {"kind": "basic", "user": servicenow.USER, "password": {"env": "SERVICENOW"}}
    return {"servicenow": {"url": url, "auth": auth, "timeout": 5, **fields}}


def pagerduty_section(url: str, **fields: Any) -> Section:
    """Return the section for one PagerDuty."""
    return {"pagerduty": {"url": url, "routing_key": {"env": "PAGERDUTY"}, "timeout": 5, **fields}}


def slack_section(url: str, **fields: Any) -> Section:
    """Return the section for one Slack."""
    return {"slack": {"base_url": url, "token": {"env": "SLACK"}, **fields}}


def mail_section(port: int, **fields: Any) -> Section:
    """Return the section for one SMTP server on loopback."""
    own = {"host": "127.0.0.1", "port": port, "security": "none", "sender": "holdfast@example.org"}
    return {"email": {**own, "domains": ["example.org"], "timeout": 5, **fields}}


@asynccontextmanager
async def standing(folder: Path, section: Section) -> AsyncIterator[ToolServer]:
    """Let a server stand on real adapters, with its ledger in `folder`."""
    needs = ServerNeeds(systems={"communication": section}, state=folder)
    async with registry.build("communication", needs).standing() as server:
        yield server
