"""What is learnt beside the document: each fact once, and nothing old over anything new."""

import json
from datetime import timedelta
from typing import Any

import pytest

from holdfast.domain.attempt import Attempt, AttemptState, Verification
from holdfast.domain.diagnosis import Diagnosis
from holdfast.domain.evidence import Evidence, EvidenceKind
from holdfast.domain.incident import Incident
from holdfast.domain.service import Runbook, Service
from holdfast.records.store import RecordsStore
from tests.examples import AT, alert, hypothesis, incident, restart, rollback
from tests.records.asking import sql

HELPED = Verification(recovered=True)


def tried(**fields: Any) -> Attempt:
    """Return a roll back that was done."""
    base: dict[str, Any] = {
        "action": rollback(),
        "grant_id": "g1",
        "plan_hash": "h",
        "state": AttemptState.DONE,
        "started_at": AT,
        "ended_at": AT,
        "verification": HELPED,
    }
    return Attempt(**{**base, **fields})


def observed(kind: EvidenceKind, **fields: Any) -> Evidence:
    """Return one observation of checkout."""
    base: dict[str, Any] = {
        "evidence_id": f"ev-{kind}",
        "kind": kind,
        "source": "monitoring.fetch_metrics",
        "query": "{}",
        "service": "checkout",
        "summary": "80 lines",
        "fetched_at": AT,
    }
    return Evidence(**{**base, **fields})


def ended(**fields: Any) -> Incident:
    """Return an incident that is over."""
    base: dict[str, Any] = {
        "ended_at": AT + timedelta(minutes=9),
        "alerts": (alert(summary="12% fail"), alert(fingerprint="f2", summary="12% fail")),
        "diagnosis": Diagnosis(method="ranker", hypotheses=(hypothesis(),)),
        "attempts": (tried(),),
    }
    return incident(**{**base, **fields})


async def test_what_was_tried_is_learnt_once(store: RecordsStore) -> None:
    """The same document twice leaves one outcome for each grant, with its cause and whether it helped."""
    for _ in range(2):
        await store.upsert(ended(attempts=(tried(), tried(grant_id="g2", action=restart(), verification=None))))
    rows = await sql(store, "SELECT grant_id, service, cause, kind, state, worked FROM action_outcome ORDER BY 1")
    assert rows == [
        ("g1", "checkout", "bad_release", "rollback_deployment", "done", 1),
        ("g2", "checkout", "bad_release", "restart_deployment", "done", None),
    ]


@pytest.mark.parametrize(
    ("verification", "worked"),
    [(HELPED, 1), (Verification(recovered=False), 0), (Verification(recovered=False, unknown=True), None)],
)
async def test_not_knowing_whether_it_helped_is_neither_yes_nor_no(
    store: RecordsStore, verification: Verification, worked: int | None
) -> None:
    """Three answers, three values."""
    await store.upsert(incident(attempts=(tried(verification=verification),)))
    assert await sql(store, "SELECT worked FROM action_outcome") == [(worked,)]


async def test_a_late_retry_of_an_old_document_teaches_nothing(store: RecordsStore) -> None:
    """What is known to have worked is not forgotten because an older document arrives after a newer one."""
    await store.upsert(ended(updated_at=AT + timedelta(minutes=9)))
    await store.upsert(incident(attempts=(tried(verification=None),)))
    assert await sql(store, "SELECT worked, cause FROM action_outcome") == [(1, "bad_release")]


async def test_an_ended_incident_is_remembered_under_its_number(store: RecordsStore) -> None:
    """Also when its document never learnt the number; an open one is not remembered yet."""
    await store.upsert(incident(run_id="open"))
    await store.upsert(ended())
    ((number, cause, action, worked, symptoms),) = await sql(
        store, "SELECT number, cause, action, worked, symptoms FROM incident_memory"
    )
    assert (number, cause, action, worked) == ("INC-2", "bad_release", "rollback_deployment", 1)
    assert (json.loads(symptoms) if isinstance(symptoms, str) else symptoms) == ["12% fail"]


async def test_a_way_back_is_not_what_helped(store: RecordsStore) -> None:
    """Nothing is remembered as a remedy when only the way back was verified."""
    failed = tried(verification=Verification(recovered=False))
    await store.upsert(ended(attempts=(failed, tried(grant_id="g1/back", backwards=True))))
    assert await sql(store, "SELECT action, worked FROM incident_memory") == [("", 0)]


async def test_what_the_catalogue_said_is_kept(store: RecordsStore) -> None:
    """The service, what it depends on, and its runbook; each once."""
    service = Service(name="checkout", environment="production", tier=1, dependencies=("payments", "cart"))
    runbook = Runbook(runbook_id="rb-1", title="Errors", service="checkout", alert="HighErrorRate")
    for run_id in ("a", "b"):
        await store.upsert(incident(run_id=run_id, service=service, runbook=runbook))
    assert await sql(store, "SELECT name, environment, tier FROM service") == [("checkout", "production", 1)]
    assert await sql(store, "SELECT depends_on FROM service_dependency ORDER BY 1") == [("cart",), ("payments",)]
    assert await sql(store, "SELECT runbook_id, alert FROM runbook") == [("rb-1", "HighErrorRate")]


async def test_a_service_nobody_knows_is_not_kept(store: RecordsStore) -> None:
    """What labels claim is no catalogue entry."""
    await store.upsert(incident(service=Service(name="mystery", environment="production", known=False)))
    assert await sql(store, "SELECT name FROM service") == []


async def test_patterns_are_kept_of_what_was_strange(store: RecordsStore) -> None:
    """A signal that moved and logs that spoke; not a steady signal, nor logs that never came."""
    seen = (
        observed(EvidenceKind.METRIC, facts={"anomalous": True}),
        observed(EvidenceKind.METRIC, evidence_id="ev-steady", facts={"anomalous": False}),
        observed(EvidenceKind.LOGS),
        observed(EvidenceKind.LOGS, evidence_id="ev-none", missing="timed out"),
    )
    await store.upsert(ended(evidence=seen))
    assert await sql(store, "SELECT evidence_id FROM metric_pattern") == [("run-1/ev-metric",)]
    assert await sql(store, "SELECT evidence_id, summary FROM log_pattern") == [("run-1/ev-logs", "80 lines")]


async def test_every_verified_remedy_is_remembered_also_those_that_failed(store: RecordsStore) -> None:
    """A way back, and what nobody could verify, are neither success nor failure."""
    failed = tried(grant_id="g0", action=restart(), verification=Verification(recovered=False))
    unknown = tried(grant_id="g2", verification=Verification(recovered=False, unknown=True))
    await store.upsert(ended(attempts=(failed, tried(grant_id="g0/back", backwards=True), unknown, tried())))
    ((remembered,),) = await sql(store, "SELECT tried FROM incident_memory")
    assert (json.loads(remembered) if isinstance(remembered, str) else remembered) == [
        {"action": "restart_deployment", "worked": False},
        {"action": "rollback_deployment", "worked": True},
    ]


async def test_what_its_logs_said_is_remembered(store: RecordsStore) -> None:
    """The masked lines that its evidence tells of."""
    await store.upsert(ended(evidence=(observed(EvidenceKind.LOGS, facts={"top": ["boom <*>", "bang"]}),)))
    ((templates,),) = await sql(store, "SELECT templates FROM incident_memory")
    assert (json.loads(templates) if isinstance(templates, str) else templates) == ["bang", "boom <*>"]
