"""The sceptic's hand: one call that may lower what is believed of a diagnosis, and can do nothing else."""

import structlog
from temporalio import activity

from holdfast.activities.contracts import DOUBT, DoubtRequest, Doubts
from holdfast.activities.diagnosis import asking, prompt
from holdfast.activities.diagnosis.words.believing import doubts_of
from holdfast.activities.diagnosis.words.proposal import Suspicions, parse
from holdfast.activities.errors import ModelError
from holdfast.activities.observations import observe
from holdfast.activities.ports import BodyStore, Model

log = structlog.get_logger()


class DoubtDiagnosis:
    """Asks the model what speaks against a diagnosis."""

    def __init__(self, model: Model, store: BodyStore) -> None:
        self._model = model
        self._store = store

    @activity.defn(name=DOUBT)
    async def doubt(self, request: DoubtRequest) -> Doubts:
        """Return the doubts, perhaps none. A reply of another form is not repaired: the diagnosis then stands.

        Raises:
            ApplicationError: `ModelUnavailable`, worth a retry; `ModelRefused`, which none can fix.
        """
        try:
            return await self._doubts(request)
        except ModelError as e:
            log.warning("sceptic_failed", model=self._model.name, error=str(e), trace_id=request.trace_id)
            raise e.as_application_error() from e

    async def _doubts(self, request: DoubtRequest) -> Doubts:
        seen = await observe(self._store, request.case.evidence)
        messages = asking.fitted(lambda room: prompt.accusing(request, seen, room), request.tokens_left)
        asked = asking.Question(messages, Suspicions, request.tokens_left, money_left=request.money_left)
        reply = await asking.ask(self._model, asked)
        said = parse(reply.text, Suspicions) if reply.finished else ["reply"]
        if isinstance(said, list):
            raise ModelError("its doubts could not be read", permanent=True, spent=reply.usage)
        return Doubts(doubts=doubts_of(said), usage=reply.usage)
