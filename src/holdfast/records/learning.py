"""What is kept of an incident beside its document: what was tried, what the catalogue said, how signals looked."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from holdfast.domain.attempt import Attempt, AttemptState
from holdfast.domain.evidence import EvidenceKind
from holdfast.domain.incident import Incident
from holdfast.records.tables import (
    ActionOutcomeRow,
    DependencyRow,
    LogPatternRow,
    MemoryRow,
    MetricPatternRow,
    RunbookRow,
    ServiceRow,
)

MOST_TEMPLATES = 20  # a trouble speaks in a few; more are chatter, which all incidents share


async def learn(session: AsyncSession, incident: Incident) -> None:
    """Keep each fact once by its own id; an incident that has ended is also remembered as a whole."""
    await _keep_catalogue(session, incident)
    for attempt in incident.attempts:
        await session.merge(_outcome(incident, attempt))
    if incident.ended_at is not None:
        await _keep_patterns(session, incident)
        await session.merge(_memory(incident))


async def _keep_catalogue(session: AsyncSession, incident: Incident) -> None:
    service, runbook = incident.service, incident.runbook
    if service is not None and service.known:
        described = service.model_dump(mode="json")
        row = ServiceRow(name=service.name, environment=service.environment, tier=service.tier, description=described)
        await session.merge(row)
        for name in service.dependencies:
            edge = DependencyRow(service=service.name, environment=service.environment, depends_on=name)
            await session.merge(edge)
    if runbook is not None:
        fields = {"runbook_id": runbook.runbook_id, "title": runbook.title, "service": runbook.service}
        described = runbook.model_dump(mode="json")
        tenant = incident.key.tenant
        await session.merge(RunbookRow(tenant=tenant, **fields, alert=runbook.alert, description=described))


def _outcome(incident: Incident, attempt: Attempt) -> ActionOutcomeRow:
    verified = None if attempt.backwards else attempt.verification  # a way back is no remedy
    return ActionOutcomeRow(
        grant_id=attempt.grant_id,
        workflow_id=incident.workflow_id,
        run_id=incident.run_id,
        service=incident.key.service,
        cause=_cause(incident),
        kind=attempt.action.kind,
        state=attempt.state,
        worked=verified.recovered if verified and not verified.unknown else None,
        at=attempt.ended_at,
    )


def _memory(incident: Incident) -> MemoryRow:
    """Return what a later incident may learn from this one."""
    helped = [a for a in incident.attempts if not a.backwards and a.verification and a.verification.recovered]
    return MemoryRow(
        workflow_id=incident.workflow_id,
        run_id=incident.run_id,
        tenant=incident.key.tenant,
        number=incident.number,
        title=incident.title,
        service=incident.key.service,
        environment=incident.key.environment,
        alert=incident.alerts[0].name if incident.alerts else "",
        symptoms=sorted({a.summary for a in incident.alerts if a.summary}),
        templates=_templates(incident),
        cause=_cause(incident),
        action=helped[-1].action.kind if helped else "",
        worked=bool(helped),
        tried=[_tried(a) for a in incident.attempts if _known(a)],
        closed_at=incident.ended_at or incident.updated_at,
    )


def _templates(incident: Incident) -> list[str]:
    """Return what the service's logs said most, as its evidence tells it."""
    logs = (e for e in incident.evidence if e.kind is EvidenceKind.LOGS and e.present)
    told = (top for e in logs if isinstance(top := e.facts.get("top"), list))
    return sorted({str(template) for top in told for template in top})[:MOST_TEMPLATES]


def _known(attempt: Attempt) -> bool:
    """Return whether it was carried out as a remedy, and is known to have helped or not."""
    seen = attempt.verification
    done = attempt.state is AttemptState.DONE and not attempt.backwards
    return done and seen is not None and not seen.unknown


def _tried(attempt: Attempt) -> dict[str, Any]:
    worked = attempt.verification is not None and attempt.verification.recovered
    return {"action": attempt.action.kind, "worked": worked}


async def _keep_patterns(session: AsyncSession, incident: Incident) -> None:
    for e in incident.evidence:
        common = {
            "evidence_id": f"{incident.run_id}/{e.evidence_id}",
            "workflow_id": incident.workflow_id,
            "service": e.service,
        }
        if e.kind is EvidenceKind.METRIC and e.facts.get("anomalous"):
            await session.merge(MetricPatternRow(**common, query=e.query, facts=dict(e.facts)))
        if e.kind is EvidenceKind.LOGS and e.present:
            await session.merge(LogPatternRow(**common, summary=e.summary, facts=dict(e.facts)))


def _cause(incident: Incident) -> str:
    best = incident.diagnosis.best if incident.diagnosis else None
    return best.cause.value if best else "unknown"
