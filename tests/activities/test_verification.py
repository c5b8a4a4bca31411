"""The hand that compares before and after."""

from datetime import timedelta

from holdfast.activities.contracts import VerifyRequest
from holdfast.activities.verification import VerifyRecovery
from holdfast.domain.attempt import Verification
from tests.activities.thinking import MemoryBodies, environment, keep
from tests.analysis.answers import SERVICE, metric, step
from tests.examples import AT, alert


async def verified(store: MemoryBodies, *, lose: bool = False) -> Verification:
    before = await keep(store, metric("error_ratio", step(0.002, 0.3)))
    after = await keep(store, metric("error_ratio", [0.002] * 4, end=AT + timedelta(minutes=1)))
    if lose:
        del store.kept[after.ref]
    request = VerifyRequest(
        service=SERVICE, alerts=(alert(),), before=(before,), after=(after,), acted_at=AT + timedelta(seconds=1)
    )
    return (await environment().run(VerifyRecovery(store).verify_recovery, request)).verification


async def test_bodies_are_fetched_and_compared() -> None:
    """The signal is back: recovered, with both answers cited."""
    found = await verified(MemoryBodies())
    assert found.recovered
    assert len(found.checks[0].evidence) == 2


async def test_a_lost_body_is_unknown_not_recovered() -> None:
    """What cannot be read did not answer."""
    found = await verified(MemoryBodies(), lose=True)
    assert (found.recovered, found.unknown) == (False, True)
