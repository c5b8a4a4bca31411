"""The ranker's hand: bodies are fetched, and a lost one is told, not guessed."""

from holdfast.activities.diagnosis import RankCauses
from holdfast.domain.diagnosis import Cause
from tests.activities.thinking import MemoryBodies, clock, environment, small_case
from tests.analysis.answers import metric, step


async def test_bodies_are_read_and_causes_ranked() -> None:
    """Errors with a database that went down at the same time: the database it is."""
    store = MemoryBodies()
    case = await small_case(store, metric("up_ratio", step(1.0, 0.0), service="orders-db"))
    found = await environment().run(RankCauses(store, clock).rank_causes, case)
    assert found.method == "ranker"
    assert found.best is not None
    assert (found.best.cause, found.best.service) == (Cause.DATABASE_DOWN, "orders-db")
    assert found.best.evidence == (case.evidence[1].evidence_id,)


async def test_a_lost_body_is_missing_and_breaks_nothing() -> None:
    """The rest is ranked, and people read which answer is gone."""
    store = MemoryBodies()
    case = await small_case(store, metric("up_ratio", step(1.0, 0.0), service="orders-db"))
    del store.kept[case.evidence[1].ref]
    found = await environment().run(RankCauses(store, clock).rank_causes, case)
    assert all(h.cause is not Cause.DATABASE_DOWN for h in found.hypotheses)
    assert any(case.evidence[1].evidence_id in text for text in found.missing)


async def test_with_nothing_answered_the_case_is_unresolved() -> None:
    """No hypothesis is better than an invented one."""
    store = MemoryBodies()
    case = await small_case(store)
    gone = case.evidence[0].model_copy(update={"missing": "timeout", "ref": ""})
    found = await environment().run(RankCauses(store, clock).rank_causes, case.model_copy(update={"evidence": (gone,)}))
    assert found.best is None
    assert "nothing that was looked at explains the alert" in found.missing
