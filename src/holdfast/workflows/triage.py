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


async def triage(walk: Walk) -> Phase:
    """Know the service and its people; hand over to a dependency's incident, or go on to investigate."""
    await workflow.wait_condition(lambda: bool(walk.incident.alerts))
    if not await _something_fires(walk):
        walk.change(outcome="Nothing was firing: a resolved alert came alone.")
        return Phase.CLOSE
    walk.memory.returned = False
    walk.change(title=f"{walk.firing[0].name} on {walk.incident.key.service}")
    walk.enter(IncidentStatus.OPEN)
    telling.record(walk)
    await _know_the_service(walk)
    await _know_its_surroundings(walk)
    if await _merged(walk):
        return Phase.CLOSE
    return Phase.INVESTIGATE


async def _something_fires(walk: Walk) -> bool:
    """A `resolved` that overtook its own firing waits a little for it."""
    if walk.firing:
        return True
    deadline = walk.new_deadline(walk.settings.late_alert, walk.incident.opened_at)
    return await walk.wait(lambda: bool(walk.firing), deadline, "a firing alert that may come late")


async def _know_the_service(walk: Walk) -> None:
    alert, key = walk.firing[0] if walk.firing else walk.incident.alerts[0], walk.incident.key
    labels: dict[str, JsonValue] = {**alert.labels, "environment": key.environment, "service": key.service}
    answer = await calls.ask(walk, "catalog.map_alert_to_service", {"labels": labels}, f"who owns {key.service}")
    service = _parse(walk, "catalog.map_alert_to_service", Service, answer.get("service")) if answer else None
    service = service or Service(name=key.service, environment=key.environment, known=False)
    walk.change(service=service)
    known = f"tier {service.tier}, {service.namespace}/{service.deployment or service.kind}"
    walk.note(EntryKind.TRIAGE, f"{service.name}: {known if service.known else 'not in the catalogue'}")


async def _know_its_surroundings(walk: Walk) -> None:
    service = walk.service
    alert = walk.firing[0].name if walk.firing else ""
    where: dict[str, JsonValue] = {"service": service.name, "environment": service.environment}
    surroundings, runbook = await asyncio.gather(
        calls.ask(walk, "catalog.get_dependencies", where, f"what {service.name} calls"),
        calls.ask(walk, "catalog.get_runbook", {"service": service.name, "alert": alert}, f"runbook for {alert}"),
    )
    _keep_dependencies(walk, surroundings)
    found = _parse(walk, "catalog.get_runbook", Runbook, runbook.get("runbook")) if runbook else None
    if found:
        walk.change(runbook=found)
        walk.note(EntryKind.TRIAGE, f"runbook: {found.title}", refs=(found.runbook_id,))


def _keep_dependencies(walk: Walk, answer: dict[str, JsonValue] | None) -> None:
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
