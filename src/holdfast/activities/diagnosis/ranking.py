"""The hand that ranks causes without a model: bodies in, hypotheses out."""

from temporalio import activity

from holdfast.activities.contracts import RANK_CAUSES, DiagnosisRequest
from holdfast.activities.observations import lost, observe
from holdfast.activities.ports import BodyStore, Clock
from holdfast.analysis.observation import Case
from holdfast.analysis.ranking import rank
from holdfast.domain.diagnosis import Diagnosis, Usage


class RankCauses:
    """Reads the answers behind the evidence and lets the rules rank what would explain them."""

    def __init__(self, store: BodyStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    @activity.defn(name=RANK_CAUSES)
    async def rank_causes(self, request: DiagnosisRequest) -> Diagnosis:
        """Return the ranked hypotheses, what was missing, and the seconds it took."""
        started = self._clock()
        seen = await observe(self._store, request.evidence)
        diagnosis = rank(
            Case(
                service=request.service,
                alerts=request.alerts,
                observations=seen,
                at=request.at,
                dependencies=request.dependencies,
                attempts=request.attempts,
            )
        )
        took = round((self._clock() - started).total_seconds(), 3)
        missing = (*diagnosis.missing, *lost(seen))
        return diagnosis.model_copy(update={"missing": missing, "usage": Usage(seconds=took)})
