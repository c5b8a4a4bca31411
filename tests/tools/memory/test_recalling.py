"""Two hundred past incidents: the right one among the first three, with its reasons, and nobody else's."""

from collections.abc import Sequence

import pytest

from holdfast.domain.service import Runbook
from holdfast.records.memory import remember
from holdfast.records.store import RecordsStore
from holdfast.tools.memory.recalling import EmbeddingsError, Likeness, Vector, recall
from holdfast.tools.memory.runbooks import find_runbooks
from tests.examples import KEY, incident
from tests.tools.memory.past import questions, two_hundred

ASKED = Likeness(service="orders-api", alert="HighErrorRate", text="pool exhausted", tenant="acme")


@pytest.fixture
async def full(store: RecordsStore) -> RecordsStore:
    """Two hundred incidents of one tenant, and the very same of another."""
    for past in (*two_hundred("acme"), *two_hundred("globex")):
        await remember(store, past)
    return store


@pytest.mark.parametrize("templates", [True, False], ids=["with log templates", "by words and names alone"])
async def test_the_right_incident_is_among_the_first_three(full: RecordsStore, templates: bool) -> None:
    """Asked for in other words than it was remembered by; four troubles share its alert at its own service."""
    ranks = []
    for number, question in questions(templates=templates)[::4]:
        found = [s.number for s in (await recall(full, question, 3)).incidents]
        ranks.append(found.index(number) if number in found else 3)
    assert sum(rank < 3 for rank in ranks) / len(ranks) >= 0.98
    assert sum(rank == 0 for rank in ranks) / len(ranks) >= 0.9


async def test_a_twin_of_another_tenant_is_never_found(full: RecordsStore) -> None:
    """Word for word the same trouble; not in the list, not in the outcomes."""
    for _, question in questions()[::10]:
        found = await recall(full, question, 20)
        assert all(s.number.startswith("INC-") for s in found.incidents)
        counted = sum(o.worked + o.failed for o in found.outcomes if o.here)
        assert counted <= 7  # remedies of one service's ten troubles


async def test_it_is_said_why_each_is_alike(full: RecordsStore) -> None:
    """In words, and in parts from 0 to 1."""
    best = (await recall(full, ASKED, 1)).incidents[0]
    assert best.cause == "database_down"
    assert best.why.startswith("words ")
    assert "same service; same alert" in best.why
    assert all(0 <= part <= 1 for part in best.parts.values())


async def test_an_older_memory_counts_the_one_remedy_it_holds(store: RecordsStore) -> None:
    """Nothing is lost by an upgrade."""
    (past, *_) = two_hundred()
    await remember(store, past.model_copy(update={"tried": (), "worked": True}))
    (outcome,) = (await recall(store, ASKED)).outcomes
    assert (outcome.action, outcome.worked, outcome.failed, outcome.here) == ("rollback_deployment", 1, 0, True)


async def _up(texts: Sequence[str]) -> list[Vector]:
    """Say that whatever speaks of a lost packet means the same as the question."""
    return [(1.0, 0.0) if n == 0 or "packets" in text else (0.0, 1.0) for n, text in enumerate(texts)]


async def test_meaning_reorders_the_alike_and_lets_no_stranger_in(full: RecordsStore) -> None:
    """Words that share nothing may still mean the same."""
    asked = Likeness(service="cart-api", alert="HighLatency", text="datagrams vanish", tenant="acme")
    plain, meant = await recall(full, asked, 20), await recall(full, asked, 20, _up)
    assert meant.incidents[0].cause == "network"
    assert "meaning 100%" in meant.incidents[0].why
    assert {s.number for s in meant.incidents} <= {s.number for s in plain.incidents}


async def _away(texts: Sequence[str]) -> list[Vector]:
    raise EmbeddingsError("connection refused")


async def _uneven(texts: Sequence[str]) -> list[Vector]:
    return [(1.0,) * (1 + n % 2) for n in range(len(texts))]


@pytest.mark.parametrize(("embed", "why"), [(_away, "connection refused"), (_uneven, "do not fit together")])
async def test_without_meaning_the_words_decide_and_it_is_told(full: RecordsStore, embed: object, why: str) -> None:
    """An endpoint that is away costs a note."""
    plain, told = await recall(full, ASKED), await recall(full, ASKED, 5, embed)  # type: ignore[arg-type] # two kinds of trouble
    assert told.incidents == plain.incidents
    assert why in told.notes[0]


async def test_runbooks_are_found_by_name_and_by_words_within_the_tenant(store: RecordsStore) -> None:
    """The one written for it first; another tenant's never."""
    for tenant in ("acme", "globex"):
        for n, (alert, title) in enumerate((("HighErrorRate", "When the pool is exhausted"), ("DiskFull", "Clean up"))):
            book = Runbook(runbook_id=f"{tenant}-{n}", title=title, service="orders-api", alert=alert)
            key = KEY.model_copy(update={"tenant": tenant})
            await store.upsert(incident(run_id=book.runbook_id, key=key, workflow_id=key.workflow_id, runbook=book))
    found = await find_runbooks(store, ASKED)
    assert [b.runbook_id for b in found] == ["acme-0", "acme-1"]
    assert found[0].similarity > 2 * found[1].similarity
    assert await find_runbooks(store, ASKED.model_copy(update={"tenant": "umbrella"})) == ()
