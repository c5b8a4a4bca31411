"""The read model on a real SQLite file: numbers, order, pages."""

import asyncio
import subprocess
import sys
from datetime import timedelta
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from holdfast.domain.incident import Incident, IncidentKey, IncidentStatus
from holdfast.records.errors import RecordsUnavailable
from holdfast.records.store import IncidentFilter, RecordsStore
from tests.examples import AT, KEY, incident
from tests.records.asking import sql


def of(service: str, run_id: str, **fields: object) -> Incident:
    """Return an incident of a service."""
    key = IncidentKey(tenant="acme", environment="production", service=service)
    return incident(workflow_id=key.workflow_id, run_id=run_id, key=key, **fields)


async def test_the_same_incident_keeps_its_number(store: RecordsStore) -> None:
    """Written twice it is one row; another run is another number."""
    first = await store.upsert(incident())
    again = await store.upsert(incident(status=IncidentStatus.CLOSED, updated_at=AT + timedelta(minutes=1)))
    other = await store.upsert(incident(run_id="run-2"))
    assert (first, again, other) == ("INC-1", "INC-1", "INC-2")
    found = await store.get("inc-1")
    assert found is not None
    assert (found.number, found.status) == ("INC-1", IncidentStatus.CLOSED)


async def test_a_document_comes_back_as_it_was_written(store: RecordsStore) -> None:
    """Everything, but the number it has by now."""
    written = incident(title="Ошибки „checkout“ 🧨", trace_id="t" * 32)
    await store.upsert(written)
    assert await store.get(KEY.workflow_id) == written.model_copy(update={"number": "INC-1"})


async def test_a_workflow_id_means_its_newest_run(store: RecordsStore) -> None:
    """The number still finds the older one."""
    await store.upsert(incident())
    await store.upsert(incident(run_id="run-2", opened_at=AT + timedelta(hours=1)))
    newest, older = await store.get(KEY.workflow_id), await store.get("INC-1")
    assert newest is not None
    assert older is not None
    assert (newest.run_id, older.run_id) == ("run-2", "run-1")


async def test_an_older_document_never_replaces_a_newer_one(store: RecordsStore) -> None:
    """Activities may be retried late; the newest word stands."""
    await store.upsert(incident(status=IncidentStatus.CLOSED, updated_at=AT + timedelta(minutes=5)))
    await store.upsert(incident(status=IncidentStatus.OPEN))
    found = await store.get(KEY.workflow_id)
    assert found is not None
    assert found.status is IncidentStatus.CLOSED


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(minutes=st.lists(st.integers(0, 20), min_size=1, max_size=5))
async def test_in_whatever_order_documents_arrive_the_newest_stands(store: RecordsStore, minutes: list[int]) -> None:
    """One row, one number, the latest document."""
    run_id = uuid4().hex
    written = [incident(run_id=run_id, title=f"at {m}", updated_at=AT + timedelta(minutes=m)) for m in minutes]
    numbers = {await store.upsert(i) for i in written}
    found = await store.get(numbers.pop())
    assert numbers == set()
    assert found is not None
    assert found.title == f"at {max(minutes)}"


@pytest.mark.parametrize("ref", ["INC-99", "INC-", "INC-1x", "INC-" + "9" * 40, "inc/acme/production/none", "", "1"])
async def test_what_nobody_wrote_is_not_found(store: RecordsStore, ref: str) -> None:
    """No such number, no such workflow, no reference at all: none of them is an error."""
    await store.upsert(incident())
    assert await store.get(ref) is None


async def test_pages_follow_each_other_without_gap_or_repeat(store: RecordsStore) -> None:
    """Newest first, filters kept; what is written meanwhile moves no page."""
    for n in range(7):
        await store.upsert(of("even" if n % 2 == 0 else "odd", f"r{n}"))
    seen: list[str] = []
    cursor = ""
    while True:
        page = await store.list(IncidentFilter(service="even", limit=2, cursor=cursor))
        seen += [i.number for i in page.incidents]
        await store.upsert(of("even", f"later-{len(seen)}"))
        cursor = page.next
        if not cursor:
            break
    assert seen == ["INC-7", "INC-5", "INC-3", "INC-1"]


@pytest.mark.parametrize(
    "wanted",
    [
        {"tenant": "acme"},
        {"environment": "production"},
        {"service": "checkout"},
        {"status": "closed"},
        {"severity": "high"},
        {"tenant": "acme", "status": "closed", "severity": "high"},
    ],
)
async def test_each_filter_admits_what_it_names_alone(store: RecordsStore, wanted: dict[str, str]) -> None:
    """An incident that differs in everything stays out."""
    await store.upsert(incident(status=IncidentStatus.CLOSED, severity="high"))
    other = IncidentKey(tenant="other", environment="test", service="cart")
    await store.upsert(incident(workflow_id=other.workflow_id, key=other))
    page = await store.list(IncidentFilter(**wanted))
    assert [i.number for i in page.incidents] == ["INC-1"]
    assert page.next == ""


@pytest.mark.parametrize("cursor", ["abc", "-1", "9" * 40, "1;drop table incident", "\u0661"])
async def test_a_made_up_cursor_is_refused_by_name(store: RecordsStore, cursor: str) -> None:
    """The field is named."""
    with pytest.raises(ValueError, match="cursor"):
        await store.list(IncidentFilter(cursor=cursor))


@pytest.mark.parametrize("limit", [0, 201])
def test_a_page_is_neither_empty_nor_endless(limit: int) -> None:
    """From 1 to 200."""
    with pytest.raises(ValueError, match="limit"):
        IncidentFilter(limit=limit)


async def test_a_re_fire_is_linked_to_the_run_before(store: RecordsStore) -> None:
    """The newest earlier run under the same key."""
    await store.upsert(incident())
    await store.upsert(incident(run_id="run-2", opened_at=AT + timedelta(hours=1)))
    assert await store.previous_run(incident(run_id="run-3", opened_at=AT + timedelta(hours=2))) == "run-2"
    assert await store.previous_run(incident()) == ""


async def test_a_restored_incident_has_the_number_its_document_bears(store: RecordsStore) -> None:
    """Twice is as good as once, and new ones count on from there."""
    for _ in range(2):
        assert await store.restore(incident(number="INC-41")) == "INC-41"
    assert await store.upsert(incident(run_id="run-2")) == "INC-42"


async def test_one_without_a_number_gives_way_to_one_that_bears_it(store: RecordsStore) -> None:
    """A history that never learnt its number takes the next free one, also when it came first."""
    assert await store.restore(of("cart", "r1")) == "INC-1"
    assert await store.restore(incident(number="INC-1")) == "INC-1"
    moved = await store.get(of("cart", "r1").workflow_id)
    assert moved is not None
    assert moved.number == "INC-2"


async def test_two_that_bear_one_number_are_both_kept(store: RecordsStore) -> None:
    """A lost database counted anew from 1: the one already there keeps it, the other takes the next."""
    assert await store.restore(of("cart", "r1", number="INC-1")) == "INC-1"
    assert await store.restore(incident(number="INC-1")) == "INC-2"
    page = await store.list(IncidentFilter())
    assert [i.service for i in page.incidents] == ["checkout", "cart"]


async def test_a_document_with_a_made_up_number_is_refused_by_name(store: RecordsStore) -> None:
    """The field is named, and nothing is written."""
    with pytest.raises(ValueError, match="number"):
        await store.restore(incident(number="forty-two"))
    assert (await store.list(IncidentFilter())).incidents == ()


async def test_numbers_are_unique_over_processes(records_url: str) -> None:
    """Two processes write at once: every incident has a number of its own."""
    program = f"""
import asyncio, sys
from holdfast.records.store import RecordsStore
from tests.examples import incident
async def main():
    store = await RecordsStore.open({records_url!r})
    for n in range(15):
        print(await store.upsert(incident(run_id=f"{{sys.argv[1]}}-{{n}}")))
    await store.close()
asyncio.run(main())
"""
    writers = [
        await asyncio.create_subprocess_exec(sys.executable, "-c", program, who, stdout=subprocess.PIPE)
        for who in ("a", "b")
    ]
    out = [(await w.communicate())[0].decode().split() for w in writers]
    assert {len(o) for o in out} == {15}
    assert len(set(out[0] + out[1])) == 30


async def test_a_full_disk_is_said_and_loses_no_row(sqlite_store: RecordsStore) -> None:
    """SQLite at its page limit refuses the write; what was there stays; with room again the write succeeds."""
    await sqlite_store.upsert(incident())
    ((pages,),) = await sql(sqlite_store, "PRAGMA page_count")
    await sql(sqlite_store, f"PRAGMA max_page_count={pages}")
    big = incident(run_id="run-2", title="x" * 100_000)
    with pytest.raises(RecordsUnavailable, match="full"):
        await sqlite_store.upsert(big)
    assert await sqlite_store.get("INC-1") is not None
    await sql(sqlite_store, "PRAGMA max_page_count=1073741823")
    assert await sqlite_store.upsert(big) == "INC-2"


async def test_an_answer_to_a_ping_needs_the_tables(store: RecordsStore) -> None:
    """It is silent when all is well, and says when the tables are gone."""
    await store.ping()
    await sql(store, "ALTER TABLE incident RENAME TO gone")
    with pytest.raises(RecordsUnavailable, match="incident"):
        await store.ping()
