"""Opening tickets in Jira: each bears a label made from its key, and is searched for before it is made."""

import re
import time

from holdfast.tools.communication.channel import Channel, Message, Sent
from holdfast.tools.communication.outbox import Object
from holdfast.tools.communication.section import JiraSystem
from holdfast.tools.communication.wording import one_line, shortened
from holdfast.tools.errors import Word, no
from holdfast.tools.outside.client import OutsideClient, Question

_PROJECT = re.compile(r"[A-Z][A-Z0-9_]{1,254}")
_SUMMARY, _DESCRIPTION = 255, 30_000  # characters; Jira takes 255, and 32,767 in a text field


class Jira(Channel):
    """Source: developer.atlassian.com, Jira Cloud platform REST API v3, "Issues" and "Issue search"; ADF."""

    def __init__(self, system: JiraSystem) -> None:
        self._system = system
        self._client = OutsideClient("jira", system)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    async def send(self, message: Message) -> Sent:
        """Create the ticket; its id is the key, such as OPS-7."""
        fields = self._fields(message)
        made = await self._client.fetch(Question.posting("/rest/api/3/issue", {"fields": fields}))
        return _sent(made)

    async def find(self, message: Message) -> Sent | None:
        """Search by the label. After a lost answer a ticket may be there that is not found yet: the caller comes again.

        Source: developer.atlassian.com, "Search and reconcile": seconds, rarely minutes, until a search sees a change.

        Raises:
            ToolError: `unavailable`, while one that was made may still become findable.
        """
        found = await self._search(f'project = "{self._project(message)}" AND labels = "{message.mark}"')
        left = message.tried + self._system.search_lag - time.time() if message.uncertain else 0
        if found is None and left > 0:
            why = "an answer was lost, and the ticket may have been made; it is searched for again"
            raise no(Word.UNAVAILABLE, f"jira: {why}, for {left:.0f} s more, before one is made")
        return found

    async def _search(self, jql: str) -> Sent | None:
        params = (("jql", jql), ("fields", "key"), ("maxResults", "1"))
        got = await self._client.fetch(Question(path="/rest/api/3/search/jql", params=params))
        if not isinstance(got, dict) or not isinstance(got.get("issues"), list):
            raise no(Word.FAILED, "jira: its search answered no issues; check its address and any proxy")
        return _sent(got["issues"][0]) if got["issues"] else None

    def _project(self, message: Message) -> str:
        project = str(message.payload["project"])
        if not _PROJECT.fullmatch(project):
            raise no(Word.BAD_INPUT, f"jira: {project[:40]!r} is no project's key, such as OPS")
        if self._system.projects and project not in self._system.projects:
            raise no(Word.FORBIDDEN, f"jira: project {project} is not among `projects` in the configuration")
        return project

    def _fields(self, message: Message) -> Object:
        payload = message.payload
        fields: Object = {
            "project": {"key": self._project(message)},
            "issuetype": {"name": self._system.issue_type},
            "summary": one_line(str(payload["summary"]), _SUMMARY),
            "description": document(str(payload["description"])),
            "labels": [*self._system.labels, message.mark],
        }
        return {**fields, "priority": {"name": payload["priority"]}} if payload["priority"] else fields


def document(text: str) -> Object:
    """Return text as an Atlassian document: text nodes alone, in which no markup counts and nobody is mentioned.

    Source: developer.atlassian.com, "Atlassian Document Format": a text node is never empty.
    """
    nodes: list[Object] = []
    for line in shortened(text, _DESCRIPTION).splitlines():
        nodes += [{"type": "hardBreak"}] if nodes else []
        nodes += [{"type": "text", "text": line}] if line else []
    return {"type": "doc", "version": 1, "content": [{"type": "paragraph", "content": nodes}]}


def _sent(issue: object) -> Sent:
    key = issue.get("key") if isinstance(issue, dict) else None
    if not isinstance(key, str) or not key:
        raise no(Word.FAILED, "jira: its answer names no ticket; check its address and any proxy")
    return Sent(id=key)
