"""Diagnoses a recorded case again, by another ranker or model, with the recorded answers and nothing else."""

from pydantic import JsonValue

from holdfast.activities.contracts import DiagnosisRequest, ModelRequest, ModelTurn
from holdfast.activities.diagnosis import Diagnose
from holdfast.activities.diagnosis.words.proposal import KINDS
from holdfast.activities.observations import observe
from holdfast.activities.ports import BodyStore, Model
from holdfast.analysis.observation import Case
from holdfast.analysis.rankers import RANKERS
from holdfast.domain.diagnosis import Diagnosis, Usage
from holdfast.domain.evidence import Evidence, EvidenceRequest
from holdfast.domain.noun import canonical_json, digest
from holdfast.workers.rediagnosis.recorded import RecordedCase

NOT_RECORDED = "not recorded"
TURNS = 3  # as an incident has by default
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
    hand = Diagnose(model, Overlay(kept), frozenset(KINDS))
    case, new, said, usage, turn = recorded.case, _ids(recorded.case), ModelTurn(), Usage(), 1
    while turn <= TURNS:
        request = ModelRequest(
            case=case,
            new_evidence=new,
            transcript_ref=said.transcript_ref,
            turn=turn,
            last_turn=turn == TURNS,
            tokens_left=max(0, TOKENS - usage.tokens),
            wrong=said.wrong,
        )
        said = await hand.turn(request)
        usage = usage.plus(said.usage)
        if said.diagnosis is not None:
            return said.diagnosis.model_copy(update={"usage": usage})
        if said.wrong:  # the same turn again: the reply is repaired once, or the hand says that it cannot be
            continue
        found = tuple(_answer(recorded, want) for want in said.wants)
        known = set(_ids(case))
        case = case.model_copy(update={"evidence": (*case.evidence, *(e for e in found if e.evidence_id not in known))})
        new, turn = tuple(e.evidence_id for e in found), turn + 1
    raise ValueError("a last turn always ends in a diagnosis")


def _ids(case: DiagnosisRequest) -> tuple[str, ...]:
    return tuple(e.evidence_id for e in case.evidence)


def _answer(recorded: RecordedCase, want: EvidenceRequest) -> Evidence:
    """Return what the incident got when it asked the same, or that it never did."""
    for evidence in recorded.answers:
        if evidence.evidence_id == want.evidence_id and evidence.fetched_at <= recorded.case.at:
            return evidence
    return Evidence(
        evidence_id=want.evidence_id,
        kind=want.kind,
        source=want.tool,
        query=canonical_json(want.arguments),
        service=want.service,
        title=want.title,
        range=want.range,
        summary=f"could not be fetched: {NOT_RECORDED}",
        missing=NOT_RECORDED,
        fetched_at=recorded.case.at,
    )
