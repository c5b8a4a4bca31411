"""The supervisor's hand: one call of the model over everything that was seen, to a diagnosis or to questions."""

import structlog
from temporalio import activity

from holdfast.activities.contracts import DIAGNOSE, ModelRequest, ModelTurn
from holdfast.activities.diagnosis import prompt, turns
from holdfast.activities.diagnosis.words.believing import diagnosis_of
from holdfast.activities.diagnosis.words.proposal import Bounds, Proposal
from holdfast.activities.diagnosis.words.questions import requests_of
from holdfast.activities.errors import ModelError
from holdfast.activities.observations import lost
from holdfast.activities.ports import BodyStore, Model, ModelMessage
from holdfast.analysis.observation import Observation
from holdfast.domain.diagnosis import Diagnosis

log = structlog.get_logger()


class Diagnose:
    """Asks the model for one turn. `looks` are the tools that only look: all that a model may ever ask for."""

    def __init__(self, model: Model, store: BodyStore, looks: frozenset[str]) -> None:
        self._model = model
        self._store = store
        self._looks = looks

    @activity.defn(name=DIAGNOSE)
    async def diagnose(self, request: ModelRequest) -> ModelTurn:
        """Return the model's diagnosis, its questions, or what was wrong with its reply and is to be repaired.

        Raises:
            ApplicationError: `ModelUnavailable`, worth a retry; `ModelRefused`, which none can fix.
        """
        try:
            return await self._turn(request)
        except ModelError as e:
            log.warning("model_failed", model=self._model.name, error=str(e), trace_id=request.trace_id)
            raise e.as_application_error() from e

    async def _turn(self, request: ModelRequest) -> ModelTurn:
        bounds = Bounds(request.case, self._looks, request.last_turn)

        def opening(within: Bounds, seen: tuple[Observation, ...], limit: int) -> list[ModelMessage]:
            return prompt.opening(within, seen, limit, request.findings)

        said = await turns.take(self._model, self._store, request, turns.Part(bounds, Proposal, opening))
        turn = ModelTurn(transcript_ref=said.transcript_ref, usage=said.usage, wrong=said.wrong)
        if not isinstance(said.words, Proposal):
            return turn
        wants = requests_of(said.words.wants, bounds)
        if wants:
            return turn.model_copy(update={"wants": wants})
        return turn.model_copy(update={"diagnosis": self._diagnosis(said.words, bounds, said)})

    def _diagnosis(self, words: Proposal, bounds: Bounds, said: turns.Said) -> Diagnosis:
        diagnosis = diagnosis_of(words, bounds, self._model.name, said.usage)
        dropped = tuple(f"a claim of the model was dropped: {field} could not be believed" for field in said.dropped)
        notes = (*diagnosis.notes, *dropped, *prompt.suspicious(said.seen))
        missing = (*diagnosis.missing, *lost(said.seen))
        return diagnosis.model_copy(update={"notes": notes, "missing": missing})
