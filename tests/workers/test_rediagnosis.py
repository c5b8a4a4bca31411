"""Another diagnosis of an incident that was: the same case, from what was recorded, and nothing is touched."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from holdfast.activities.errors import ModelError
from holdfast.domain.diagnosis import Diagnosis, Usage
from holdfast.domain.evidence import Evidence
from holdfast.records.store import RecordsStore
from holdfast.workers.rediagnosis.again import NOT_RECORDED, by_model, by_ranker
from holdfast.workers.rediagnosis.comparison import Compared, agreement
from holdfast.workers.rediagnosis.history import read_case
from holdfast.workers.rediagnosis.recorded import RecordedCase, of_document
from holdfast.workers.rediagnosis.running import Wish, rediagnose
from holdfast.workers.rediagnosis.sources import Places, find
from tests.activities.thinking import MemoryBodies, ScriptedModel, hypothesis, reply, small_case, up_of, want
from tests.ended import Ended
from tests.examples import AT
from tests.examples import hypothesis as bad_release
from tests.vendors.openai_server import says, serving

HISTORIES = Path(__file__).parents[1] / "histories"


def recorded(name: str) -> RecordedCase:
    return read_case(json.loads((HISTORIES / f"{name}.json").read_text()))


def places(ended: Ended, **fields: Any) -> Places:
    return Places(**{"temporal": ended.address, "namespace": "default", "database": ended.database_url, **fields})


@pytest.mark.parametrize(
    ("name", "cause", "asked", "dependencies", "attempts"),
    [
        ("scenario_bad_deploy", "bad_release", 12, 4, 0),
        ("scenario_db_outage", "database_down", 9, 0, 0),
        ("scenario_first_fix_fails", "cpu_saturation", 10, 1, 2),
        ("reopened", "bad_release", 1, 1, 1),
    ],
)
def test_a_history_gives_the_case_back(name: str, cause: str, asked: int, dependencies: int, attempts: int) -> None:
    """The questions of the last round, the dependencies with their kinds, what was tried, alerts that fired."""
    found = recorded(name)
    case = found.case
    assert found.diagnosis.best is not None
    assert found.diagnosis.best.cause == cause
    assert (len(case.evidence), len(case.dependencies), len(case.attempts)) == (asked, dependencies, attempts)
    assert all(a.firing for a in case.alerts)
    assert all(e.fetched_at <= case.at + timedelta(seconds=5) for e in case.evidence)
    assert found.number == "INC-1"


def test_a_run_that_continues_another_carries_its_case() -> None:
    """The diagnosis was made in the run before."""
    assert recorded("continued_as_new_1").diagnosis == recorded("continued_as_new_2").diagnosis


@pytest.mark.parametrize("history", [{}, {"events": [{}]}, json.loads((HISTORIES / "merged.json").read_text())])
def test_an_incident_without_a_diagnosis_is_said(history: dict[str, Any]) -> None:
    """One that was merged, or no incident at all."""
    with pytest.raises(ValueError, match="diagnos"):
        read_case(history)


def test_a_history_of_something_else_is_no_history() -> None:
    """Named, not a traceback."""
    strange = {"events": [{"activityTaskScheduledEventAttributes": {"activityType": {"name": "record_incident"}}}]}
    with pytest.raises(ValueError, match="no history as ours are"):
        read_case(strange)


async def test_the_same_ranker_says_the_same_again(ended: Ended) -> None:
    """From the history and the answers that lie beside it, to the last digit."""
    found = await find(places(ended), ended.handle.id)
    (row,) = await rediagnose(Wish(names=(ended.handle.id,), data=ended.data), places(ended))
    assert row.again is not None
    assert row.agrees
    assert row.again.hypotheses == found.diagnosis.hypotheses
    assert row.notes == ()


async def test_nothing_is_touched(ended: Ended) -> None:
    """No body is written and the document stays as it was, also when a model thinks aloud."""
    before = {p: p.stat().st_mtime_ns for p in ended.data.rglob("bodies/**/*")}
    store = await RecordsStore.open(ended.database_url)
    document = await store.get(ended.handle.id)
    assert document is not None
    case = (await find(places(ended), ended.handle.id)).case
    ids = [e.evidence_id for e in case.evidence if e.present]
    said = reply(hypothesis(case, service="storefront", evidence=ids[:1]))
    wish = Wish(names=(document.number, ended.handle.id), data=ended.data, model="other")
    async with serving(says(said), says(said)) as endpoint:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("HOLDFAST_MODEL_BASE_URL", endpoint.url)
            patch.setenv("HOLDFAST_MODEL_PRICE_PROMPT", "2")
            rows = await rediagnose(wish, places(ended))
    assert [r.error for r in rows] == ["", ""]
    assert [r.again.method for r in rows if r.again] == ["model:other"] * 2
    total = agreement(rows)
    assert (total.compared, total.agree, total.usage.calls, total.usage.money) == (2, 0, 2, 0.0004)
    assert {p: p.stat().st_mtime_ns for p in ended.data.rglob("bodies/**/*")} == before
    assert await store.get(ended.handle.id) == document
    await store.close()


async def test_what_temporal_forgot_the_records_still_tell(ended: Ended) -> None:
    """The document alone gives nearly the same case, and says what it cannot know."""
    store = await RecordsStore.open(ended.database_url)
    document = await store.get(ended.handle.id)
    await store.close()
    assert document is not None
    (row,) = await rediagnose(Wish(names=(document.number,), data=ended.data), places(ended, temporal="127.0.0.1:1"))
    assert row.agrees, row
    assert "read from its document" in row.notes[0]
    exact = await find(places(ended), ended.handle.id)
    told = of_document(document)
    assert {e.evidence_id for e in told.case.evidence} == {e.evidence_id for e in exact.case.evidence}
    with pytest.raises(ValueError, match="never diagnosed"):
        of_document(document.model_copy(update={"diagnosis": None}))


async def test_each_incident_has_its_row_whatever_becomes_of_it(ended: Ended) -> None:
    """Unknown, never diagnosed, its answers lost; the others are compared all the same."""
    names = ("INC-999", str(HISTORIES / "merged.json"), str(HISTORIES / "approved.json"), ended.handle.id)
    rows = await rediagnose(Wish(names=names, data=ended.data), places(ended))
    said = [r.error for r in rows]
    assert said[0] == "no such incident"
    assert "diagnos" in said[1]
    assert said[2].startswith("none of its 1 answers is kept here")
    assert said[3] == ""
    assert (agreement(rows).compared, agreement(rows).failed) == (1, 3)


async def test_everything_since_a_moment_is_found(ended: Ended) -> None:
    """What Temporal keeps; before the future began there is nothing."""
    for _ in range(100):  # visibility follows the history after a moment
        rows = await rediagnose(Wish(everything=True, data=ended.data), places(ended))
        if any(r.workflow_id == ended.handle.id for r in rows):
            break
    assert any(r.workflow_id == ended.handle.id and r.agrees for r in rows)
    assert await rediagnose(Wish(since=datetime.now(UTC) + timedelta(days=1)), places(ended)) == []


async def _small(store: MemoryBodies) -> RecordedCase:
    case = await small_case(store)
    return RecordedCase(case=case, diagnosis=Diagnosis(method="ranker", hypotheses=(bad_release(),)))


async def test_what_a_model_asks_for_is_answered_from_what_was_recorded() -> None:
    """A question the incident asked in another round has its answer; any other was not recorded."""
    store = MemoryBodies()
    found = await _small(store)
    known = Evidence(
        evidence_id="", kind="metric", source="monitoring.fetch_metrics", query="q", service="orders-db", fetched_at=AT
    )
    another = json.dumps({"query": up_of("orders-db", instance="2")})
    replies = [reply(wants=[want(), want(arguments=another)]), reply(hypothesis(found.case))]
    asked = ScriptedModel(list(replies))
    await by_model(found, store, asked)
    ids = [line.split()[1].rstrip(":") for line in asked.last.splitlines() if line.startswith("Evidence ev-")]
    assert asked.last.count(f"{ids[-1]}: metric of orders-db from monitoring.fetch_metrics: could not be fetched") == 1
    kept = {"summary": "the database was up all along", "evidence_id": ids[-1]}
    again = ScriptedModel(list(replies))
    said = await by_model(found.model_copy(update={"answers": (known.model_copy(update=kept),)}), store, again)
    assert "the database was up all along" in again.last
    assert again.last.count("could not be fetched") == 1
    assert said.best is not None
    assert said.usage.calls == 2
    assert NOT_RECORDED == "not recorded"


async def test_a_model_that_fails_is_said() -> None:
    """As it says it."""
    store = MemoryBodies()
    with pytest.raises(ModelError, match="away"):
        await by_model(await _small(store), store, ScriptedModel([ModelError("away", permanent=False)]))


async def test_a_model_that_cannot_be_reached_costs_its_row(ended: Ended, monkeypatch: pytest.MonkeyPatch) -> None:
    """The table stands."""
    monkeypatch.setenv("HOLDFAST_MODEL_BASE_URL", "http://127.0.0.1:1/v1")
    (row,) = await rediagnose(Wish(names=(ended.handle.id,), data=ended.data, model="m"), places(ended))
    assert row.error.startswith("the model did not answer: ")
    monkeypatch.delenv("HOLDFAST_MODEL_BASE_URL")
    with pytest.raises(ValueError, match="HOLDFAST_MODEL_BASE_URL"):
        await rediagnose(Wish(names=(ended.handle.id,), model="m"), places(ended))


def test_agreement_is_the_same_first_cause_at_the_same_service() -> None:
    """Two that found nothing agree; one that failed is counted apart."""
    one, other = (Diagnosis(method="m", hypotheses=(bad_release(service=s),)) for s in ("checkout", "cart"))
    none = Diagnosis(method="m", usage=Usage(calls=1, money=0.5))
    pairs = ((one, one), (one, other), (one, none), (none, none))
    rows = [Compared(name="n", recorded=a, again=b) for a, b in pairs]
    assert [r.agrees for r in rows] == [True, False, False, True]
    total = agreement([*rows, Compared(name="n", error="lost")])
    assert (total.compared, total.agree, total.failed, total.share) == (4, 2, 1, 0.5)
    assert (total.usage.calls, total.usage.money) == (2, 1.0)
    assert agreement([]).share == 0


async def test_a_ranker_needs_no_clock_and_no_activity() -> None:
    """The same case, the same answer, as often as one likes."""
    store = MemoryBodies()
    found = await _small(store)
    assert await by_ranker(found, store, "rules") == await by_ranker(found, store, "rules")
    with pytest.raises(KeyError):
        await by_ranker(found, store, "nobody")
