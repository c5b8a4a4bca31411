"""The specialists' hands: one activity for each, so that a history names who was asked."""

import structlog
from temporalio import activity

from holdfast.activities.contracts import EXAMINE, ModelRequest, ModelTurn
from holdfast.activities.diagnosis import prompt, turns
from holdfast.activities.diagnosis.team import TEAM, Specialist
from holdfast.activities.diagnosis.words.believing import findings_of
from holdfast.activities.diagnosis.words.proposal import Bounds, Findings
from holdfast.activities.diagnosis.words.questions import requests_of
from holdfast.activities.errors import ModelError
from holdfast.activities.ports import BodyStore, Model, ModelMessage
from holdfast.analysis.observation import Observation

log = structlog.get_logger()


class Examine:
    """Asks a specialist for one turn about its own sort of evidence. All of them raise as `Diagnose` does."""

    def __init__(self, model: Model, store: BodyStore, looks: frozenset[str]) -> None:
        self._model = model
        self._store = store
        self._looks = looks

    @activity.defn(name=EXAMINE["metrics"])
    async def metrics(self, request: ModelRequest) -> ModelTurn:
        """Return what the series say."""
        return await self._examined(TEAM["metrics"], request)

    @activity.defn(name=EXAMINE["logs"])
    async def logs(self, request: ModelRequest) -> ModelTurn:
        """Return what the logs say."""
        return await self._examined(TEAM["logs"], request)

    @activity.defn(name=EXAMINE["cluster"])
    async def cluster(self, request: ModelRequest) -> ModelTurn:
        """Return what pods, events and containers say."""
        return await self._examined(TEAM["cluster"], request)

    @activity.defn(name=EXAMINE["changes"])
    async def changes(self, request: ModelRequest) -> ModelTurn:
        """Return what rollouts, commits and saved plans say."""
        return await self._examined(TEAM["changes"], request)

    async def _examined(self, who: Specialist, request: ModelRequest) -> ModelTurn:
        try:
            return await self._turn(who, request)
        except ModelError as e:
            log.warning("specialist_failed", specialist=who.name, error=str(e), trace_id=request.trace_id)
            raise e.as_application_error() from e

    async def _turn(self, who: Specialist, request: ModelRequest) -> ModelTurn:
        bounds = Bounds(who.part_of(request.case), self._looks & who.tools, request.last_turn)

        def opening(within: Bounds, seen: tuple[Observation, ...], limit: int) -> list[ModelMessage]:
            return prompt.briefing(who, within, seen, limit)

        said = await turns.take(self._model, self._store, request, turns.Part(bounds, Findings, opening))
        turn = ModelTurn(transcript_ref=said.transcript_ref, usage=said.usage, wrong=said.wrong)
        if not isinstance(said.words, Findings):
            return turn
        found = findings_of(said.words, bounds, who.name)
        return turn.model_copy(update={"wants": requests_of(said.words.wants, bounds), "findings": found})
