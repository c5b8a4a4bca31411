"""Stage 2, triage: what is it about, how bad, who owns it, and is it only a symptom of something already open?"""

import asyncio
from typing import TypeVar

from pydantic import JsonValue, ValidationError
from temporalio import workflow
from temporalio.exceptions import FailureError

from holdfast.activities.contracts import FIND_INCIDENT_TO_JOIN, JoinAnswer, JoinRequest
from holdfast.domain.incident import IncidentStatus
from holdfast.domain.service import Runbook, Service
from holdfast.domain.timeline import EntryKind
from holdfast.workflows import calls, names, telling
from holdfast.workflows.messages import AlertBatch
from holdfast.workflows.walk import Phase, Walk

Known = TypeVar("Known", Service, Runbook)
Answered = dict[str, JsonValue] | None


async def triage(walk: Walk) -> Phase:
    """Know the service and its people; hand over to a dependency's incident, or go on to investigate."""
    await workflow.wait_condition(lambda: bool(walk.incident.alerts))
    if not await _something_fires(walk):
        walk.change(outcome="Nothing was firing: a resolved alert came alone.")
        return Phase.CLOSE
    walk.memory.returned = False
    walk.change(title=f"{walk.firing[0].name} on {walk.incident.key.service}")
    walk.enter(IncidentStatus.OPEN)
    await _know(walk)
    telling.record(walk)
    if await _merged(walk):
        return Phase.CLOSE
    return Phase.INVESTIGATE


async def _something_fires(walk: Walk) -> bool:
    """A `resolved` that overtook its own firing waits a little for it."""
    if walk.firing:
        return True
    deadline = walk.new_deadline(walk.settings.late_alert, walk.incident.opened_at)
    return await walk.wait(lambda: bool(walk.firing), deadline, "a firing alert that may come late")


async def _know(walk: Walk) -> None:
    """Ask the catalogue everything at once; only when it knows the service by another name, ask about that name."""
    key, alert = walk.incident.key, walk.firing[0]
    labels: dict[str, JsonValue] = {**alert.labels, "environment": key.environment, "service": key.service}
    mapped, (surroundings, runbook) = await asyncio.gather(
        calls.ask(walk, "catalog.map_alert_to_service", {"labels": labels}, f"who owns {key.service}"),
        _surroundings(walk, key.service, alert.name),
    )
    service = _service(walk, mapped)
    if service.name != key.service:
        surroundings, runbook = await _surroundings(walk, service.name, alert.name)
    walk.change(service=service)
    known = f"tier {service.tier}, {service.namespace}/{service.deployment or service.kind}"
    walk.note(EntryKind.TRIAGE, f"{service.name}: {known if service.known else 'not in the catalogue'}")
    _keep_dependencies(walk, surroundings)
    _keep_runbook(walk, runbook)


async def _surroundings(walk: Walk, name: str, alert: str) -> tuple[Answered, Answered]:
    where: dict[str, JsonValue] = {"service": name, "environment": walk.incident.key.environment}
    return await asyncio.gather(
        calls.ask(walk, "catalog.get_dependencies", where, f"what {name} calls"),
        calls.ask(walk, "catalog.get_runbook", {"service": name, "alert": alert}, f"runbook for {alert}"),
    )


def _service(walk: Walk, answer: Answered) -> Service:
    found = _parse(walk, "catalog.map_alert_to_service", Service, answer.get("service")) if answer else None
    return found or _as_labelled(walk)


def _as_labelled(walk: Walk) -> Service:
    """Return what the newest alert's labels say of a service that no catalogue knows, or none could be asked about."""
    key = walk.incident.key
    labels = walk.incident.alerts[-1].labels if walk.incident.alerts else {}
    said = {name: labels[name] for name in ("namespace", "deployment") if labels.get(name)}
    return Service(name=key.service, environment=key.environment, known=False, **said)


def _keep_runbook(walk: Walk, answer: Answered) -> None:
    found = _parse(walk, "catalog.get_runbook", Runbook, answer.get("runbook")) if answer else None
    if found:
        walk.change(runbook=found)
        walk.note(EntryKind.TRIAGE, f"runbook: {found.title}", refs=(found.runbook_id,))


def _keep_dependencies(walk: Walk, answer: Answered) -> None:
    listed = answer.get("dependencies") if answer else None
    parsed = [_parse(walk, "catalog.get_dependencies", Service, d) for d in listed] if isinstance(listed, list) else []
    walk.memory.dependencies = tuple(s for s in parsed if s)


async def _merged(walk: Walk) -> bool:
    """Hand the alerts to the open incident of a dependency, which would explain them; return whether that was done."""
    dependencies = tuple(d.name for d in walk.memory.dependencies) or walk.service.dependencies
    if not dependencies:
        return False
    request = JoinRequest(key=walk.incident.key, dependencies=dependencies)
    try:
        found = await calls.compute(FIND_INCIDENT_TO_JOIN, request, JoinAnswer, summary="is a dependency in trouble?")
        if not found.workflow_id:
            return False
        await _hand_over(walk, found.workflow_id)
    except FailureError as e:
        walk.lacks(f"alerts could not be handed over: {calls.reason(e)}")
        return False
    # Two incidents that hand over to each other at once would both end; the one that was given alerts stays.
    if walk.memory.returned or walk.incident.symptoms:
        return False
    walk.change(
        merged_into=found.workflow_id, outcome=f"A symptom of {found.workflow_id}; its alerts were handed over."
    )
    walk.note(EntryKind.TRIAGE, f"merged into {found.workflow_id}", refs=(found.workflow_id,))
    return True


async def _hand_over(walk: Walk, workflow_id: str) -> None:
    batch = AlertBatch(alerts=walk.incident.alerts, symptom_of=walk.incident.key.service)
    await workflow.get_external_workflow_handle(workflow_id).signal(names.SIGNAL_ALERTS, batch)


def _parse(walk: Walk, tool: str, noun: type[Known], value: JsonValue) -> Known | None:
    if value is None:
        return None
    try:
        return noun.model_validate(value)
    except ValidationError as e:
        walk.lacks(f"{tool} answered nonsense: {e.errors()[0]['loc']}: {e.errors()[0]['msg']}")
        return None
