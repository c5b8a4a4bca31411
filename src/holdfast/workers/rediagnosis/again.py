"""Diagnoses a recorded case again, by another ranker or model, with the recorded answers and nothing else."""

from dataclasses import dataclass, field, replace
from datetime import timedelta

from pydantic import JsonValue
from temporalio.exceptions import ApplicationError

from holdfast.activities.contracts import DiagnosisRequest, ModelRequest, ModelTurn
from holdfast.activities.diagnosis import Diagnose
from holdfast.activities.errors import ModelError
from holdfast.activities.observations import observe
from holdfast.activities.ports import BodyStore, Model
from holdfast.analysis.observation import Case
from holdfast.analysis.rankers import RANKERS
from holdfast.domain.diagnosis import Diagnosis, Usage
from holdfast.domain.evidence import Evidence, EvidenceRequest
from holdfast.domain.noun import digest
from holdfast.tools import registry
from holdfast.workers import toolbox
from holdfast.workers.rediagnosis.recorded import RecordedCase

NOT_RECORDED = "not recorded"
TURNS = 3  # as an incident has by default
LONGEST_TURN = timedelta(seconds=90)  # as in an incident
TOKENS = 60_000  # as an incident may spend by default


class Overlay:
    """A body store that reads what was kept and keeps what is written to itself: nothing recorded is touched."""

    def __init__(self, kept: BodyStore) -> None:
        self._kept = kept
        self._written: dict[str, JsonValue] = {}

    async def put(self, body: JsonValue) -> str:
        """Keep `body` here, for as long as this diagnosis lasts."""
        ref = digest(body)
        self._written[ref] = body
        return ref

    async def get(self, ref: str) -> JsonValue:
        """Return a body written here, or one that was kept."""
        return self._written[ref] if ref in self._written else await self._kept.get(ref)


async def by_ranker(recorded: RecordedCase, kept: BodyStore, name: str) -> Diagnosis:
    """Return what the ranker of that name says about the case.

    Raises:
        KeyError: when there is no ranker of that name.
    """
    ranker, case = RANKERS[name], recorded.case
    seen = await observe(kept, case.evidence)
    return ranker(
        Case(
            service=case.service,
            alerts=case.alerts,
            observations=seen,
            at=case.at,
            dependencies=case.dependencies,
            attempts=case.attempts,
        )
    )


async def by_model(recorded: RecordedCase, kept: BodyStore, model: Model) -> Diagnosis:
    """Return what a model says about the case; it may ask, and is answered from what was recorded.

    Raises:
        ModelError: when no usable reply came.
    """
    hand = Diagnose(model, Overlay(kept), toolbox.shipped(registry.SIMULATED).looks)
    talk = _Talk(recorded.case, _ids(recorded.case))
    for _ in range(2 * TURNS):  # each turn may be repaired once
        said = await _turn(hand, talk.request())
        talk.usage = talk.usage.plus(said.usage)
        if said.diagnosis is not None:
            return said.diagnosis.model_copy(update={"usage": talk.usage})
        talk.hear(said, tuple(_answer(recorded, want) for want in said.wants))
    raise ModelError("it came to no diagnosis", permanent=True)


@dataclass
class _Talk:
    """One conversation as it goes: the case as the model knows it, what is new to it, and what it cost."""

    case: DiagnosisRequest
    new: tuple[str, ...]
    transcript: str = ""
    turn: int = 1
    wrong: tuple[str, ...] = ()
    usage: Usage = field(default_factory=Usage)

    def request(self) -> ModelRequest:
        """Return what the model is asked next."""
        return ModelRequest(
            case=self.case,
            new_evidence=self.new,
            transcript_ref=self.transcript,
            turn=self.turn,
            last_turn=self.turn >= TURNS,
            tokens_left=max(0, TOKENS - self.usage.tokens),
            wrong=self.wrong,
        )

    def hear(self, said: ModelTurn, found: tuple[Evidence, ...]) -> None:
        """Take in what was asked for; a reply that is to be repaired is no turn of its own."""
        self.wrong = said.wrong
        self.turn += not self.wrong
        known = set(_ids(self.case))
        fresh = tuple(e for e in found if e.evidence_id not in known)
        self.case = self.case.model_copy(update={"evidence": (*self.case.evidence, *fresh)})
        self.new, self.transcript = tuple(e.evidence_id for e in found), said.transcript_ref


async def _turn(hand: Diagnose, request: ModelRequest) -> ModelTurn:
    """Run the hand outside of a worker, in the surroundings that Temporal's SDK has for that."""
    from temporalio.testing import ActivityEnvironment  # noqa: PLC0415 # only where a model is asked

    surroundings = ActivityEnvironment()
    surroundings.info = replace(surroundings.info, start_to_close_timeout=LONGEST_TURN)
    try:
        return await surroundings.run(hand.diagnose, request)
    except ApplicationError as e:
        raise ModelError(e.message, permanent=True) from e


def _ids(case: DiagnosisRequest) -> tuple[str, ...]:
    return tuple(e.evidence_id for e in case.evidence)


def _answer(recorded: RecordedCase, want: EvidenceRequest) -> Evidence:
    """Return what the incident got when it asked the same, or that it never did."""
    for evidence in recorded.answers:
        if evidence.evidence_id == want.evidence_id and evidence.fetched_at <= recorded.case.at:
            return evidence
    return want.unanswered(recorded.case.at, NOT_RECORDED)
