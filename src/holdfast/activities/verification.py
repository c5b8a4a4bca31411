"""The hand that compares the signals before and after an action."""

import asyncio

from temporalio import activity

from holdfast.activities.contracts import VERIFY_RECOVERY, VerifyAnswer, VerifyRequest
from holdfast.activities.observations import observe
from holdfast.activities.ports import BodyStore
from holdfast.analysis.recovery import verify


class VerifyRecovery:
    """Reads both sets of answers from the body store and says whether it helped."""

    def __init__(self, store: BodyStore) -> None:
        self._store = store

    @activity.defn(name=VERIFY_RECOVERY)
    async def verify_recovery(self, request: VerifyRequest) -> VerifyAnswer:
        """Return what the signals say; what cannot be read counts as not answered."""
        before, after = await asyncio.gather(observe(self._store, request.before), observe(self._store, request.after))
        return VerifyAnswer(verification=verify(before, after, request.alerts, request.acted_at))
