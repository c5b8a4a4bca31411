"""Reading incidents: the running one from its workflow, ended ones and lists from the records, each tenant its own."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from temporalio.testing import WorkflowEnvironment

from holdfast.domain.evidence import Evidence
from holdfast.domain.incident import Incident, IncidentKey, IncidentStatus
from holdfast.records.bodies import FileBodyStore
from holdfast.records.store import RecordsStore
from tests.api.doors import at, delivery, embedded, fresh, knocking, webhook
from tests.examples import AT, alert, incident
from tests.workflows.hands import Hands, open_incident, until, working


def _ended(service: str, tenant: str = "acme", **fields: Any) -> Incident:
    key = IncidentKey(tenant=tenant, environment="production", service=service)
    base = {"key": key, "workflow_id": key.workflow_id, "run_id": f"run-{service}", "status": IncidentStatus.CLOSED}
    return incident(**{**base, **fields})


def evidence(evidence_id: str, **fields: Any) -> Evidence:
    """Return an observation of checkout."""
    base = {"evidence_id": evidence_id, "kind": "metric", "source": "monitoring.fetch_metrics", "query": "{}"}
    return Evidence.model_validate({**base, "service": "checkout", "fetched_at": AT, **fields})


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[RecordsStore]:
    """The records of the API under test."""
    store = await RecordsStore.open(f"sqlite+aiosqlite:///{tmp_path}/records.db")
    yield store
    await store.close()


async def test_a_running_incident_is_told_by_its_workflow(
    temporal: WorkflowEnvironment, tmp_path: Path, store: RecordsStore
) -> None:
    """What the records still say is older; the number comes from either."""
    async with working(temporal.client, Hands()), knocking(embedded(tmp_path, at(temporal))) as http:
        handle = await open_incident(temporal.client, alert())
        seen = await until(handle, "awaiting_approval")
        number = await store.upsert(seen.model_copy(update={"status": IncidentStatus.OPEN}))
        for ref in (seen.workflow_id.replace("/", ":"), number, number.lower()):
            answer = await http.get(f"/incidents/{ref}")
            assert answer.status_code == 200
            assert answer.headers["holdfast-source"] == "workflow"
            assert answer.json()["status"] == "awaiting_approval"
            assert answer.json()["timeline"]
            assert Incident.model_validate(answer.json()).plan == seen.plan
        await handle.terminate()


async def test_without_a_worker_the_records_tell(
    temporal: WorkflowEnvironment, tmp_path: Path, store: RecordsStore
) -> None:
    """Readers are told by whom, within the two seconds a workflow is given."""
    async with working(temporal.client, Hands()):
        handle = await open_incident(temporal.client, alert())
        seen = await until(handle, "awaiting_approval")
    await store.upsert(seen)
    async with knocking(embedded(tmp_path, at(temporal))) as http:
        answer = await http.get(f"/incidents/{seen.workflow_id.replace('/', ':')}")
    await handle.terminate()
    assert answer.headers["holdfast-source"] == "records"
    assert answer.json()["status"] == "awaiting_approval"


async def test_an_incident_that_only_its_history_knows_yet_is_not_absent(
    http: httpx2.AsyncClient, still: WorkflowEnvironment
) -> None:
    """Just accepted, no worker, no record: 503 and not 404, for it exists."""
    service = fresh()
    await http.post("/alerts/alertmanager", json=webhook(delivery(service)))
    answer = await http.get(f"/incidents/inc:default:test:{service}")
    assert answer.status_code == 503
    assert answer.headers["retry-after"]


async def test_an_ended_incident_is_told_while_temporal_is_away(away: httpx2.AsyncClient, store: RecordsStore) -> None:
    """History is read when everything else is down."""
    number = await store.upsert(_ended("checkout"))
    for ref in (number, "inc:acme:production:checkout"):
        answer = await away.get(f"/incidents/{ref}")
        assert (answer.status_code, answer.headers["holdfast-source"]) == (200, "records")
        assert answer.json()["number"] == number


@pytest.mark.parametrize("ref", ["INC-7", "nonsense", "inc:a:b", "INC-x"])
async def test_what_does_not_exist_is_absent(away: httpx2.AsyncClient, ref: str) -> None:
    """404 that says how to write a reference."""
    answer = await away.get(f"/incidents/{ref}")
    assert answer.status_code == 404
    assert "INC-42" in answer.json()["detail"]


async def test_the_list_is_filtered_and_paged(away: httpx2.AsyncClient, store: RecordsStore) -> None:
    """Newest first; `next` leads on, and is empty at the end."""
    for n in range(5):
        await store.upsert(_ended(f"svc-{n}"))
    await store.upsert(_ended("loud", status=IncidentStatus.ESCALATED, severity="critical"))
    first = (await away.get("/incidents", params={"status": "closed", "limit": 3})).json()
    assert [i["service"] for i in first["incidents"]] == ["svc-4", "svc-3", "svc-2"]
    rest = (await away.get("/incidents", params={"status": "closed", "limit": 3, "cursor": first["next"]})).json()
    assert [i["service"] for i in rest["incidents"]] == ["svc-1", "svc-0"]
    assert rest["next"] == ""
    for wanted in ({"severity": "critical"}, {"service": "loud"}, {"status": "escalated", "environment": "production"}):
        assert [i["service"] for i in (await away.get("/incidents", params=wanted)).json()["incidents"]] == ["loud"]


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        ({"limit": 0}, "limit"),
        ({"limit": 500}, "limit"),
        ({"cursor": "x"}, "cursor"),
        ({"severity": "loud"}, "severity"),
        ({"status": "nope"}, "status"),
    ],
)
async def test_a_wrong_question_is_named(away: httpx2.AsyncClient, wanted: dict[str, Any], field: str) -> None:
    """422 that names the parameter."""
    answer = await away.get("/incidents", params=wanted)
    assert answer.status_code == 422
    assert {e["field"] for e in answer.json()["errors"]} == {field}


async def test_each_tenant_sees_its_own(still: WorkflowEnvironment, tmp_path: Path, store: RecordsStore) -> None:
    """Lists leave the others out, and another tenant's incident is as absent as none; a stranger sees nothing."""
    mine = await store.upsert(_ended("mine", "acme"))
    theirs = await store.upsert(_ended("theirs", "globex"))
    people = {"bob": {"token_sha256": hashlib.sha256(b"bob").hexdigest(), "tenant": "acme"}}
    settings = embedded(
        tmp_path, at(still), embedded=False, people=people, sources={"am": {"secret": "secret-of-source-am"}}
    )
    bob = {"Authorization": "Bearer bob"}
    async with knocking(settings) as http:
        listed = (await http.get("/incidents", headers=bob)).json()["incidents"]
        assert [i["number"] for i in listed] == [mine]
        answers = [await http.get(f"/incidents/{ref}", headers=bob) for ref in (theirs, "inc:globex:production:theirs")]
        assert [a.status_code for a in answers] == [404, 404]
        for path in ("/incidents", f"/incidents/{mine}"):
            assert (await http.get(path, headers={"Holdfast-Identity": "bob"})).status_code == 401


async def test_records_that_are_away_cost_only_the_lists(still: WorkflowEnvironment, tmp_path: Path) -> None:
    """Alerts are accepted, readiness says what is degraded, lists answer 503; no exception reaches anybody."""
    (tmp_path / "file").write_text("")
    settings = embedded(tmp_path, at(still), database_url=f"sqlite+aiosqlite:///{tmp_path}/file/records.db")
    async with knocking(settings) as http:
        accepted = await http.post("/alerts/alertmanager", json=webhook(delivery(fresh())))
        ready, listed = await asyncio.gather(http.get("/readyz"), http.get("/incidents"))
    assert accepted.status_code == 202
    assert (ready.status_code, len(ready.json()["degraded"])) == (200, 1)
    assert listed.status_code == 503
    assert listed.headers["retry-after"]


async def test_an_item_of_evidence_is_shown_with_its_whole_answer(
    away: httpx2.AsyncClient, store: RecordsStore, tmp_path: Path
) -> None:
    """As it was kept; what did not answer, what is lost and what never was are absent, each with its reason."""
    ref = await FileBodyStore(tmp_path / "bodies").put({"series": [1, 2]})
    items = (evidence("ev-1", ref=ref), evidence("ev-2", ref="0" * 64), evidence("ev-3", missing="timed out"))
    number = await store.upsert(_ended("checkout", evidence=items))
    shown = await away.get(f"/incidents/{number}/evidence/ev-1")
    assert shown.status_code == 200
    assert shown.json()["body"] == {"series": [1, 2]}
    assert shown.json()["evidence"]["query"] == "{}"
    for wanted, why in (("ev-2", "is not kept here"), ("ev-3", "timed out"), ("ev-9", "has no evidence")):
        answer = await away.get(f"/incidents/{number}/evidence/{wanted}")
        assert answer.status_code == 404
        assert why in answer.json()["detail"]


async def test_another_tenants_evidence_is_absent(
    still: WorkflowEnvironment, tmp_path: Path, store: RecordsStore
) -> None:
    """By number and by id."""
    ref = await FileBodyStore(tmp_path / "bodies").put({"secret": True})
    theirs = await store.upsert(_ended("theirs", "globex", evidence=(evidence("ev-1", ref=ref),)))
    people = {"bob": {"token_sha256": hashlib.sha256(b"bob").hexdigest(), "tenant": "acme"}}
    sources = {"am": {"secret": "secret-of-source-am"}}
    settings = embedded(tmp_path, at(still), embedded=False, people=people, sources=sources)
    async with knocking(settings) as http:
        for name in (theirs, "inc:globex:production:theirs"):
            answer = await http.get(f"/incidents/{name}/evidence/ev-1", headers={"Authorization": "Bearer bob"})
            assert answer.status_code == 404
