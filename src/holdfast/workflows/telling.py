"""What people are told and when: messages go through an outbox, in order, and never hold the incident up."""

from typing import Any

from temporalio import workflow
from temporalio.exceptions import ActivityError

from holdfast.activities.contracts import RECORD_INCIDENT, RecordAnswer, RecordRequest, ToolAnswer, ToolCall
from holdfast.domain.action import describe
from holdfast.domain.incident import Incident
from holdfast.domain.noun import canonical_json
from holdfast.domain.units import many
from holdfast.workflows import calls, names, options
from holdfast.workflows.story import plain
from holdfast.workflows.walk import Tell, Walk

SLACK = "communication.send_slack_message"


def say(walk: Walk, text: str, *, about: str, blocks: list[dict[str, Any]] | None = None) -> None:
    """Put a message to the service's people in the outbox; `about` makes it one message however often it is said."""
    key = f"{walk.incident.workflow_id}/{walk.incident.run_id}/{about}"
    if key in walk.memory.told:
        return
    channel = walk.service.channel or walk.settings.channel
    arguments: dict[str, Any] = {"channel": channel, "text": text, "blocks": blocks or []}
    message = Tell(tool=SLACK, arguments=arguments, key=key, thread=True, summary=text)
    walk.memory.told = (*walk.memory.told, key)
    walk.memory.outbox = (*walk.memory.outbox, message)


def retire(walk: Walk, text: str) -> None:
    """Replace the buttons of the last ask by `text`, so that nobody clicks a question already answered."""
    if walk.memory.ask is None:
        return
    key = f"{walk.incident.workflow_id}/{walk.incident.run_id}/retire/{walk.memory.ask.plan_hash}"
    channel = walk.service.channel or walk.settings.channel
    arguments: dict[str, Any] = {"channel": channel, "text": text, "blocks": [], "update": "$ask"}
    walk.memory.outbox = (*walk.memory.outbox, Tell(tool=SLACK, arguments=arguments, key=key, summary=text))


async def keep_telling(walk: Walk) -> None:
    """Send what is in the outbox, one after the other, for as long as the incident lives."""
    while True:
        await workflow.wait_condition(lambda: bool(walk.memory.outbox))
        await _send(walk, walk.memory.outbox[0])
        walk.memory.outbox = walk.memory.outbox[1:]


async def keep_recording(walk: Walk) -> None:
    """Write the document to the read model whenever a stage wants it; several wants are one write."""
    while True:
        await workflow.wait_condition(lambda: walk.memory.recorded < walk.memory.record_wanted)
        wanted = walk.memory.record_wanted
        await _record(walk)
        walk.memory.recorded = wanted


def record(walk: Walk) -> None:
    """Ask for the document as it stands now to be written to the read model."""
    walk.memory.record_wanted += 1


def recorded(walk: Walk) -> bool:
    """Return whether the read model holds the newest document that was asked for."""
    return walk.memory.recorded >= walk.memory.record_wanted


def settled(walk: Walk) -> bool:
    """Return whether everything that had to be told has been."""
    return not walk.memory.outbox


def ask_blocks(incident: Incident) -> list[dict[str, Any]]:
    """Return Slack's Block Kit for an ask: cause, exact actions, way back, risk, and two buttons bound to the plan."""
    plan, decision = incident.plan, incident.decision
    if plan is None or decision is None:
        return []
    lines = [
        f"• *{describe(p.action)}*\n   expected: {plain(p.expected) or '-'}\n   way back: "
        f"{describe(p.way_back) if p.way_back else p.no_way_back or 'none'}"
        for p in plan.actions
    ]
    value = canonical_json({"w": incident.workflow_id, "p": plan.plan_hash})
    best = incident.diagnosis.best if incident.diagnosis else None
    cause = f"*Cause* ({best.confidence:.0%}): {plain(best.statement)}" if best else "*Cause*: not found"
    needs = many(decision.quorum, "approval")
    risk = f"policy `{decision.rule}` · risk {decision.risk:g} · {needs} · plan `{plan.plan_hash}`"
    return [
        _section(f"*{incident.number} {plain(incident.title)}* · severity {incident.severity}"),
        _section(cause),
        _section("\n".join(lines)[:2900]),
        {"type": "context", "elements": [{"type": "mrkdwn", "text": risk}]},
        {
            "type": "actions",
            "block_id": "holdfast.ask",
            "elements": [
                _button("Approve", "holdfast.approve", value, "primary"),
                _button("Reject", "holdfast.reject", value, "danger"),
            ],
        },
    ]


async def _send(walk: Walk, message: Tell) -> None:
    arguments = dict(message.arguments)
    if message.thread and walk.memory.thread:
        arguments["thread"] = walk.memory.thread
    if arguments.get("update") == "$ask":
        arguments["update"] = walk.memory.message
    call = ToolCall(arguments=arguments, key=message.key, trace_id=walk.incident.trace_id)
    try:
        errand = calls.Errand(message.tool, message.summary, names.TOOLS)
        answer = await calls.do(errand, call, ToolAnswer, options.TELL)
    except ActivityError as e:
        walk.lacks(f"people could not be told through {message.tool}: {calls.reason(e)}")
        return
    _remember_thread(walk, message, str(answer.data.get("id", "")))


def _remember_thread(walk: Walk, message: Tell, sent_id: str) -> None:
    walk.memory.thread = walk.memory.thread or sent_id
    if message.arguments.get("blocks"):
        walk.memory.message = sent_id


async def _record(walk: Walk) -> None:
    request = RecordRequest(incident=walk.incident)
    errand = calls.Errand(RECORD_INCIDENT, f"record: {walk.incident.status}")
    try:
        answer = await calls.do(errand, request, RecordAnswer, options.RECORD)
    except ActivityError as e:
        walk.lacks(f"the read model could not be written: {calls.reason(e)}")
        return
    if answer.number != walk.incident.number or answer.previous_run_id != walk.incident.previous_run_id:
        walk.change(number=answer.number, previous_run_id=answer.previous_run_id)
        walk.show()


def _section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def _button(label: str, action: str, value: str, style: str) -> dict[str, Any]:
    return {
        "type": "button",
        "text": {"type": "plain_text", "text": label},
        "action_id": action,
        "value": value,
        "style": style,
    }
