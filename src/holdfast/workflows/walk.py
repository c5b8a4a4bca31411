"""Where the incident stands on its walk: the document so far, and what the story must remember between stages."""

from collections.abc import Callable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from pydantic import BaseModel
from temporalio import workflow
from temporalio.common import SearchAttributeUpdate

from holdfast.domain.alert import Alert, worst
from holdfast.domain.evidence import Evidence
from holdfast.domain.incident import Incident, IncidentSettings, IncidentStatus
from holdfast.domain.plan import Plan
from holdfast.domain.proposal import Proposal
from holdfast.domain.service import Service
from holdfast.domain.timeline import EntryKind, TimelineEntry
from holdfast.workflows import names, story
from holdfast.workflows.messages import AlertBatch, IncidentStart, PlanChange, Said

LONGEST_TIMELINE = 400
MOST_ALERTS = 200
MOST_EARLIER = 20


class Phase(StrEnum):
    """The stages of the walk, in order; the spine has one function for each."""

    TRIAGE = "triage"
    INVESTIGATE = "investigate"
    PLAN = "plan"
    JUDGE = "judge"
    APPROVE = "approve"
    ACT = "act"
    VERIFY = "verify"
    TURN_BACK = "turn_back"
    RESOLVE = "resolve"
    ESCALATE = "escalate"
    CLOSE = "close"
    DONE = "done"


class Ask(BaseModel):
    """An open question to people: when it was put, and what was done to get an answer."""

    plan_hash: str
    asked_at: datetime
    reminders: int = 0
    escalated: bool = False


class Tell(BaseModel):
    """One message that must still go out; `key` makes sending it twice one message."""

    tool: str
    arguments: dict[str, Any]
    key: str
    thread: bool = False
    summary: str = ""


class Memory(BaseModel):
    """What is remembered between stages, over crashes by replay and over continue-as-new by being carried."""

    incident: Incident
    phase: Phase = Phase.TRIAGE
    dependencies: tuple[Service, ...] = ()
    latest: tuple[str, ...] = ()
    wanted: tuple[str, ...] = ()
    round: int = 1
    tries: int = 0
    plan_acted_at: datetime | None = None
    ask: Ask | None = None
    change: PlanChange | None = None
    closing: Said | None = None
    taking_over: Said | None = None
    stopping: Said | None = None
    resolved_at: datetime | None = None
    escalated_at: datetime | None = None
    told: tuple[str, ...] = ()
    outbox: tuple[Tell, ...] = ()
    thread: str = ""
    message: str = ""
    returned: bool = False
    record_wanted: int = 0
    recorded: int = 0


class Walk:
    """The incident on its walk. Stages read it, note what they did, and say where to go next."""

    def __init__(self, start: IncidentStart) -> None:
        self.start = start
        self.memory = Memory.model_validate(start.carried) if start.carried else _first_memory(start)

    @property
    def incident(self) -> Incident:
        """The document as it stands."""
        return self.memory.incident

    @property
    def settings(self) -> IncidentSettings:
        """The settings fixed when the incident opened."""
        return self.start.settings

    @property
    def service(self) -> Service:
        """The service it is about; what the key says until triage has asked the catalogue."""
        key = self.incident.key
        return self.incident.service or Service(name=key.service, environment=key.environment, known=False)

    @property
    def latest_evidence(self) -> tuple[Evidence, ...]:
        """The evidence of the newest round of looking."""
        latest = set(self.memory.latest)
        return tuple(e for e in self.incident.evidence if e.evidence_id in latest)

    @property
    def planned_evidence(self) -> tuple[Evidence, ...]:
        """The same without what a model asked for: only this ranks, makes plans and shows whether they helped."""
        return tuple(e for e in self.latest_evidence if e.evidence_id not in self.memory.wanted)

    @property
    def firing(self) -> tuple[Alert, ...]:
        """The alerts that fire now."""
        return tuple(a for a in self.incident.alerts if a.firing)

    @property
    def all_resolved(self) -> bool:
        """Whether there are alerts and none of them fires."""
        return bool(self.incident.alerts) and not self.firing

    @property
    def interrupted(self) -> bool:
        """Whether a person has spoken a word that no stage may go on after."""
        m = self.memory
        return any(word is not None for word in (m.closing, m.stopping, m.taking_over))

    @property
    def in_peoples_hands(self) -> bool:
        """Whether a person stopped it or took it over: it looks on, and acts no more."""
        return bool(self.incident.stopped_by or self.incident.taken_over_by)

    def change(self, **fields: Any) -> None:
        """Replace fields of the document."""
        self.memory.incident = self.incident.model_copy(update={**fields, "updated_at": workflow.now()})

    def replace_plan(self, plan: Plan | None) -> None:
        """Set the plan; the one it replaces is kept for the account, with what policy said to exactly it."""
        old, said = self.incident.plan, self.incident.decision
        if old is not None:
            judged = said if said is not None and said.plan_hash == old.plan_hash else None
            earlier = (*self.incident.earlier, Proposal(plan=old, decision=judged))
            self.change(earlier=earlier[-MOST_EARLIER:])
        self.change(plan=plan)

    def note(self, kind: EntryKind, text: str, *, actor: str = "holdfast", refs: tuple[str, ...] = ()) -> None:
        """Add one line to the timeline; when it is full, the oldest line after the first is let go."""
        entry = TimelineEntry(at=workflow.now(), kind=kind, text=text, actor=actor, refs=refs)
        timeline = (*self.incident.timeline, entry)
        if len(timeline) > LONGEST_TIMELINE:
            timeline = (timeline[0], *timeline[2:])
        self.change(timeline=timeline)
        self.show()

    def lacks(self, what: str) -> None:
        """Remember, once, what could not be reached or done."""
        if what not in self.incident.missing:
            self.change(missing=(*self.incident.missing, what))
            self.note(EntryKind.NOTICE, what)

    def enter(self, status: IncidentStatus) -> None:
        """Move to `status`, and let Temporal's search and Web UI know."""
        if status is self.incident.status and self.incident.timeline:
            return
        self.change(status=status)
        workflow.upsert_search_attributes(self._search_attributes())
        self.show()

    def show(self) -> None:
        """Put the story so far where the Temporal Web UI shows it; costs no event."""
        workflow.set_current_details(story.tell(self.incident))

    def join(self, batch: AlertBatch) -> None:
        """Take alerts in: each claim once, newest wins, whatever order they came in."""
        if batch.symptom_of and batch.symptom_of not in self.incident.symptoms:
            self.change(symptoms=(*self.incident.symptoms, batch.symptom_of))
        for alert in batch.alerts:
            self._join_one(alert, batch.symptom_of)
        self.change(severity=worst([a.severity for a in self.incident.alerts]))

    def new_deadline(self, after: timedelta, since: datetime | None = None) -> datetime:
        """Return the moment `after` has passed, counted from `since` or from now."""
        return (since or workflow.now()) + after

    async def wait(self, until: Callable[[], bool], deadline: datetime, summary: str) -> bool:
        """Wait for `until` or the deadline, durably; return whether `until` came true.

        When the server suggests it, the workflow continues as new from here, carrying everything.
        """
        left = deadline - workflow.now()
        if until():
            return True
        if left <= timedelta(0):
            return False
        try:
            await workflow.wait_condition(lambda: until() or self._too_long(), timeout=left, timeout_summary=summary)
        except TimeoutError:
            return until()
        if not until() and self._too_long():
            await self.continue_as_new()
        return True

    async def continue_as_new(self) -> None:
        """Start a fresh run of the same incident with everything carried over."""
        await workflow.wait_condition(workflow.all_handlers_finished)
        carried = self.memory.model_dump(mode="json")
        workflow.continue_as_new(self.start.model_copy(update={"carried": carried}))

    def _too_long(self) -> bool:
        return workflow.info().is_continue_as_new_suggested()

    def _join_one(self, alert: Alert, symptom_of: str) -> None:
        known = {a.fingerprint: a for a in self.incident.alerts}
        old = known.get(alert.fingerprint)
        self.change(alert_count=self.incident.alert_count + 1)
        if old is not None and not alert.supersedes(old):
            return
        if old is None and len(known) >= MOST_ALERTS:
            self.lacks(f"more than {MOST_ALERTS} different alerts: the others are counted, not kept")
            return
        known[alert.fingerprint] = alert
        self.change(alerts=tuple(known.values()))
        if alert.firing:
            self.memory.returned = True
        of = f" (symptom of {symptom_of})" if symptom_of else ""
        self.note(EntryKind.ALERT, f"{alert.name} {alert.status} on {alert.service}{of}", actor=alert.source)

    def _search_attributes(self) -> list[SearchAttributeUpdate[Any]]:
        i = self.incident
        best = i.diagnosis.best if i.diagnosis else None
        return [
            names.TENANT.value_set(i.key.tenant),
            names.ENVIRONMENT.value_set(i.key.environment),
            names.TRACE_ID.value_set(i.trace_id),
            names.STATUS.value_set(i.status.value),
            names.SEVERITY.value_set(i.severity.value),
            names.SERVICES.value_set(sorted({i.key.service, *i.symptoms})),
            names.CONFIDENCE.value_set(best.confidence if best else 0.0),
            names.AWAITING_APPROVAL.value_set(i.awaiting),
            names.ALERT_COUNT.value_set(i.alert_count),
        ]


def _first_memory(start: IncidentStart) -> Memory:
    info, now = workflow.info(), workflow.now()
    return Memory(
        incident=Incident(
            workflow_id=info.workflow_id,
            run_id=info.first_execution_run_id,
            key=start.key,
            trace_id=start.trace_id,
            title=f"{start.key.service} in {start.key.environment}",
            opened_at=now,
            updated_at=now,
        )
    )
