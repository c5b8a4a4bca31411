"""What past incidents teach: the like before the unlike, what worked before what did not, each run once."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from holdfast.records.memory import Remembered, remember
from holdfast.records.store import RecordsStore
from holdfast.tools.memory.recalling import Likeness, Similar, recall

NOW = datetime.now(UTC)


def past(workflow_id: str, **fields: Any) -> Remembered:
    """Return an incident of checkout that a roll back ended."""
    base: dict[str, Any] = {
        "workflow_id": workflow_id,
        "run_id": "r1",
        "number": "INC-1",
        "title": "HighErrorRate on checkout",
        "service": "checkout",
        "environment": "production",
        "alert": "HighErrorRate",
        "cause": "bad_release",
        "action": "rollback_deployment",
        "worked": True,
        "closed_at": NOW,
    }
    return Remembered(**{**base, **fields})


async def found(store: RecordsStore, limit: int = 5, **fields: Any) -> tuple[Similar, ...]:
    """Return what is like trouble on checkout."""
    asked: dict[str, Any] = {"service": "checkout", "alert": "HighErrorRate", "text": "errors rose"}
    return (await recall(store, Likeness(**{**asked, **fields}), limit)).incidents


async def test_a_run_is_remembered_once(store: RecordsStore) -> None:
    """The second telling replaces the first and says it was not the first."""
    assert await remember(store, past("w1"))
    assert not await remember(store, past("w1", cause="traffic_surge"))
    assert [s.cause for s in await found(store)] == ["traffic_surge"]


async def test_two_that_tell_at_once_are_one_memory(store: RecordsStore) -> None:
    """One of them is first, and neither breaks."""
    firsts = await asyncio.gather(*(remember(store, past("w1")) for _ in range(4)))
    assert sorted(firsts) == [False, False, False, True]


async def test_a_memory_comes_back_as_it_was_told(store: RecordsStore) -> None:
    """Number, title, cause, action, whether it worked, and when."""
    await remember(store, past("w1"))
    (best,) = await found(store)
    assert best.model_dump(exclude={"similarity", "why", "parts"}) == {
        "number": "INC-1",
        "title": "HighErrorRate on checkout",
        "service": "checkout",
        "cause": "bad_release",
        "action": "rollback_deployment",
        "worked": True,
        "closed_at": NOW,
    }
    assert 0.5 < best.similarity <= 1


@pytest.mark.parametrize(
    "worse",
    [
        {"service": "cart"},
        {"alert": "HighLatency"},
        {"worked": False},
        {"closed_at": NOW - timedelta(days=900)},
        {"title": "Slow answers", "cause": "cpu_saturation"},
    ],
)
async def test_each_likeness_counts(store: RecordsStore, worse: dict[str, Any]) -> None:
    """Service, alert, words, whether it worked, and how long ago."""
    await remember(store, past("a-less-like", number="INC-1", **worse))
    await remember(store, past("b-more-like", number="INC-2"))
    numbers = [s.number for s in await found(store)]
    assert numbers[0] == "INC-2"


async def test_words_find_what_names_do_not(store: RecordsStore) -> None:
    """Another service and another alert, but the same symptoms; case and camel case do not matter."""
    symptoms = ("connection pool exhausted waiting for orders-db",)
    await remember(store, past("w1", service="orders", alert="Slow", title="OrdersSlow", symptoms=symptoms))
    await remember(store, past("w2", service="images", alert="DiskFull", title="DiskFull", cause="storage"))
    like = await found(store, alert="", text="Connection POOL exhausted")
    assert [s.service for s in like] == ["orders"]


async def test_no_tenant_learns_from_another(store: RecordsStore) -> None:
    """The very same trouble stays with the one who had it; without a name it is the default tenant's."""
    await remember(store, past("w1", tenant="acme", number="INC-1"))
    await remember(store, past("w2", tenant="globex", number="INC-2"))
    await remember(store, past("w3", number="INC-3"))
    for tenant, number in (("acme", "INC-1"), ("globex", "INC-2"), ("default", "INC-3")):
        assert [s.number for s in await found(store, tenant=tenant)] == [number]
    assert [s.number for s in await found(store)] == ["INC-3"]
    assert await found(store, tenant="umbrella") == ()


async def test_the_unlike_stays_out(store: RecordsStore) -> None:
    """Nothing is better than a stranger."""
    await remember(store, past("w1", service="images", alert="DiskFull", title="Disk", cause="storage", action=""))
    assert await found(store) == ()


async def test_no_more_are_given_than_were_asked_for(store: RecordsStore) -> None:
    """The best of many."""
    for n in range(6):
        await remember(store, past(f"w{n}", number=f"INC-{n}"))
    assert len(await found(store, limit=2)) == 2


async def test_an_empty_memory_finds_nothing(store: RecordsStore) -> None:
    """Also when nothing is asked."""
    assert await found(store, text="", alert="", service="") == ()


@pytest.mark.parametrize(
    "wrong", [{"workflow_id": ""}, {"run_id": ""}, {"closed_at": "2026-03-01T03:00:00"}], ids=lambda w: next(iter(w))
)
def test_a_memory_without_its_identity_or_time_is_refused_by_name(wrong: dict[str, str]) -> None:
    """An empty id and a time without its zone are named."""
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Remembered.model_validate({**past("w1").model_dump(), **wrong})
