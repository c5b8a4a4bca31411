"""The communication server's tools: each tells people something, once for one idempotency key."""

from collections.abc import Sequence
from typing import Any

from mcp.server.mcpserver import Context
from mcp_types import ToolAnnotations

from holdfast.tools.communication.outbox import Object, Outbox
from holdfast.tools.errors import Word, no
from holdfast.tools.toolserver import Part, ToolServer

TELLS = ToolAnnotations(read_only_hint=False, destructive_hint=False, idempotent_hint=True)
KEY = "holdfast/idempotency-key"


def build(outbox: Outbox, parts: Sequence[Part] = ()) -> ToolServer:
    """Return the server over one outbox."""
    server = ToolServer("holdfast-communication", parts)

    async def send(tool: str, ctx: Context[Any, Any], payload: Object) -> Object:
        sent_id, first = await outbox.send(tool, _key(ctx), payload)
        return {"id": sent_id, "first": first}

    @server.tool(
        annotations=TELLS, description="Post to a Slack channel, in a `thread`, or `update` an earlier message."
    )
    async def send_slack_message(  # the contract's parameters
        channel: str,
        text: str,
        ctx: Context[Any, Any],
        blocks: list[Object] | None = None,
        thread: str = "",
        update: str = "",
    ) -> Object:
        payload = {"channel": channel, "text": text, "blocks": blocks or [], "thread": thread, "update": update}
        answer = await send("send_slack_message", ctx, payload)
        return {**answer, "channel": channel, "thread": thread or answer["id"]}

    @server.tool(annotations=TELLS, description="Open a Jira ticket.")
    async def create_jira_ticket(
        project: str, summary: str, description: str, ctx: Context[Any, Any], priority: str = ""
    ) -> Object:
        payload = {"project": project, "summary": summary, "description": description, "priority": priority}
        return await send("create_jira_ticket", ctx, payload)

    @server.tool(annotations=TELLS, description="Trigger a PagerDuty alert.")
    async def trigger_pagerduty_alert(  # the contract's parameters
        summary: str, severity: str, source: str, dedup_key: str, ctx: Context[Any, Any], details: Object | None = None
    ) -> Object:
        payload = {
            "summary": summary,
            "severity": severity,
            "source": source,
            "dedup_key": dedup_key,
            "details": details or {},
        }
        return await send("trigger_pagerduty_alert", ctx, payload)

    @server.tool(annotations=TELLS, description="Send an e-mail.")
    async def send_email(to: list[str], subject: str, body: str, ctx: Context[Any, Any]) -> Object:
        return await send("send_email", ctx, {"to": to, "subject": subject, "body": body})

    @server.tool(annotations=TELLS, description="Post to a Microsoft Teams channel.")
    async def send_teams_message(channel: str, text: str, ctx: Context[Any, Any]) -> Object:
        return await send("send_teams_message", ctx, {"channel": channel, "text": text})

    @server.tool(annotations=TELLS, description="Open a ServiceNow incident.")
    async def create_servicenow_incident(
        short_description: str, description: str, ctx: Context[Any, Any], urgency: str = ""
    ) -> Object:
        payload = {"short_description": short_description, "description": description, "urgency": urgency}
        return await send("create_servicenow_incident", ctx, payload)

    return server


def _key(ctx: Context[Any, Any]) -> str:
    key = dict(ctx.request_context.meta or {}).get(KEY, "")
    if not key:
        raise no(Word.BAD_INPUT, f"_meta.{KEY}: needed, so that a retry sends nothing twice")
    return str(key)
