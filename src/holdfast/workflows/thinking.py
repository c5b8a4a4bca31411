"""The model's part of stage 3: specialists by the kind of alert, a supervisor, the ranker's bound, a sceptic."""

import asyncio
from dataclasses import dataclass, replace
from datetime import timedelta

from temporalio import workflow
from temporalio.exceptions import ActivityError

from holdfast.activities.contracts import (
    CHOOSE_SPECIALISTS,
    DIAGNOSE,
    DOUBT,
    EXAMINE,
    DoubtRequest,
    Doubts,
    Finding,
    ModelRequest,
    ModelTurn,
    Team,
    TeamRequest,
)
from holdfast.domain.credence import bounded, doubted
from holdfast.domain.diagnosis import Diagnosis, Usage
from holdfast.domain.timeline import EntryKind
from holdfast.workflows import calls, names, options
from holdfast.workflows.gathering import case_of, keep, rank
from holdfast.workflows.purse import BudgetSpentError, Purse
from holdfast.workflows.walk import Walk

SPECIALIST_ROUNDS = 2  # one question to the tools, then an answer
LEAST_TIME = timedelta(seconds=1)  # Temporal takes nothing for no limit
SPECIALISTS_SHARE = 0.5  # of the tokens and money that are left: the supervisor needs the rest


@dataclass
class Talk:
    """One conversation: with whom, for how many rounds, what it may still cost, and what is known beforehand."""

    who: str
    rounds: int
    tokens_left: int
    findings: tuple[Finding, ...] = ()
    money_left: float | None = None

    def pay(self, cost: Usage) -> None:
        """Note what a call has cost."""
        self.tokens_left = max(0, self.tokens_left - cost.tokens)
        if self.money_left is not None:
            self.money_left = max(0.0, self.money_left - cost.money - cost.lost_money)


@dataclass(frozen=True)
class Share:
    """What each of those may spend who are asked at once: none of them sees what the others are spending."""

    tokens: int
    money: float | None

    @classmethod
    def of(cls, purse: Purse, heads: int) -> "Share":
        """Return an equal part of what is left, but for what the supervisor needs."""
        money = purse.money_left
        return cls(
            int(purse.tokens_left * SPECIALISTS_SHARE) // heads,
            None if money is None else money * SPECIALISTS_SHARE / heads,
        )


async def think(walk: Walk, purse: Purse) -> Diagnosis:
    """Let the model think within its budgets; each call of it and of a tool is an activity of its own.

    Raises:
        ActivityError: when the supervisor cannot be asked, or says nothing that can be believed.
        BudgetSpentError: naming the budget.
    """
    purse.strict = workflow.patched("a-team-and-a-sceptic")
    if purse.strict:
        return await _think_together(walk, purse)
    said = await _talk(walk, purse, Talk(DIAGNOSE, walk.settings.model_rounds, purse.tokens_left))
    diagnosis = said.diagnosis if said and said.diagnosis else await rank(walk)
    return diagnosis.model_copy(update={"usage": purse.spent})


async def _think_together(walk: Walk, purse: Purse) -> Diagnosis:
    """Specialists, the supervisor, and then what bounds them: the ranker's word, and a sceptic's."""
    ranked, seen = await rank(walk), walk.memory.latest
    if ranked.too_early:
        return ranked
    findings = await _examined(walk, purse) if walk.settings.model_specialists else ()
    said = await _talk(walk, purse, Talk(DIAGNOSE, walk.settings.model_rounds, purse.tokens_left, findings))
    if walk.memory.latest != seen and not walk.memory.wanted:
        ranked = await rank(walk)  # incidents begun before what a model asks for was kept from the ranker
    if said is None or said.diagnosis is None:
        return ranked.model_copy(update={"usage": purse.spent})
    diagnosis = await _doubted(walk, purse, bounded(said.diagnosis, ranked))
    return diagnosis.model_copy(update={"usage": purse.spent})


async def _examined(walk: Walk, purse: Purse) -> tuple[Finding, ...]:
    """Ask the specialists that the kind of alert is for, in parallel, each with its share of half of what is left."""
    request = TeamRequest(case=case_of(walk), most=walk.settings.model_specialists)
    team = await calls.compute(CHOOSE_SPECIALISTS, request, Team, summary="whom to ask")
    if not team.specialists:
        return ()
    purse.check()
    share = Share.of(purse, len(team.specialists))
    asked = ", ".join(team.specialists)
    walk.note(EntryKind.DIAGNOSIS, f"kind of alert: {team.kind}; the model's specialists are asked: {asked}")
    found = await asyncio.gather(*(_examine(walk, purse, name, share) for name in team.specialists))
    return tuple(f for findings in found for f in findings)


async def _examine(walk: Walk, purse: Purse, name: str, share: Share) -> tuple[Finding, ...]:
    """Ask one specialist; one that does not answer is missed and blocks nothing."""
    try:
        talk = Talk(EXAMINE[name], SPECIALIST_ROUNDS, share.tokens, money_left=share.money)
        said = await _talk(walk, purse, talk)
    except (ActivityError, BudgetSpentError) as e:
        walk.lacks(f"the model's {name} specialist did not answer: {calls.reason(e)}")
        return ()
    for f in said.findings if said else ():
        walk.note(EntryKind.DIAGNOSIS, f"{name} specialist: {f.statement}", refs=f.evidence)
    return said.findings if said else ()


async def _talk(walk: Walk, purse: Purse, talk: Talk) -> ModelTurn | None:
    """Talk in bounded turns; None when the rounds are over without an answer."""
    new, transcript = walk.memory.latest, ""
    for turn in range(1, talk.rounds + 1):
        request = ModelRequest(
            case=case_of(walk),
            new_evidence=new,
            transcript_ref=transcript,
            turn=turn,
            last_turn=turn == talk.rounds,
            trace_id=walk.incident.trace_id,
            findings=talk.findings,
        )
        said = await _turn(purse, talk, request)
        if not said.wants:
            return said
        new, transcript = await _fetch_wanted(walk, said), said.transcript_ref
    return None


async def _turn(purse: Purse, talk: Talk, request: ModelRequest) -> ModelTurn:
    """Take one turn; a reply that cannot be used is sent back once, as a call and an activity of its own."""
    said = await _call(purse, talk, request)
    if not said.wrong:
        return said
    again = request.model_copy(update={"wrong": said.wrong, "transcript_ref": said.transcript_ref, "new_evidence": ()})
    return await _call(purse, talk, again)


async def _call(purse: Purse, talk: Talk, request: ModelRequest) -> ModelTurn:
    """Make one call of the model, pay for it, and keep within what is left of the budgets."""
    purse.check()
    money = min((m for m in (talk.money_left, purse.money_left) if m is not None), default=None)
    left = request.model_copy(update={"tokens_left": min(talk.tokens_left, purse.tokens_left), "money_left": money})
    errand = calls.Errand(talk.who, f"turn {request.turn}{', repaired' if request.wrong else ''}", names.LLM)
    try:
        said = await calls.do(errand, left, ModelTurn, _in_time(purse))
    except ActivityError as e:
        purse.pay(calls.spent(e))
        raise
    purse.pay(said.usage)
    talk.pay(said.usage)
    return said


async def _fetch_wanted(walk: Walk, said: ModelTurn) -> tuple[str, ...]:
    """Ask what the model wants to know, but never what was asked before, and return the ids of what came."""
    known = {e.evidence_id for e in walk.incident.evidence}
    wanted = tuple(r for r in said.wants if r.evidence_id not in known)
    items = await calls.look_at_all(walk, wanted)
    keep(walk, items)
    walk.memory.latest = (*walk.memory.latest, *(e.evidence_id for e in items))
    if workflow.patched("what-a-model-asks-for-decides-nothing"):
        walk.memory.wanted = (*walk.memory.wanted, *(e.evidence_id for e in items))
    walk.note(EntryKind.EVIDENCE, f"the model asked for {len(items)} more", refs=tuple(e.evidence_id for e in items))
    return tuple(e.evidence_id for e in items)


async def _doubted(walk: Walk, purse: Purse, diagnosis: Diagnosis) -> Diagnosis:
    """Let a sceptic lower what is believed; without one the diagnosis stands, and that is told."""
    if not walk.settings.model_sceptic or not diagnosis.hypotheses:
        return diagnosis
    try:
        doubts = await _doubts(walk, purse, diagnosis)
    except (ActivityError, BudgetSpentError) as e:
        return diagnosis.model_copy(update={"notes": (*diagnosis.notes, f"nobody doubted it: {calls.reason(e)}")})
    return doubted(diagnosis, doubts.doubts, reordering=not workflow.patched("a-sceptic-keeps-the-order"))


async def _doubts(walk: Walk, purse: Purse, diagnosis: Diagnosis) -> Doubts:
    purse.check()
    request = DoubtRequest(
        case=case_of(walk),
        diagnosis=diagnosis,
        tokens_left=purse.tokens_left,
        money_left=purse.money_left,
        trace_id=walk.incident.trace_id,
    )
    try:
        said = await calls.do(
            calls.Errand(DOUBT, "what speaks against it", names.LLM), request, Doubts, _in_time(purse)
        )
    except ActivityError as e:
        purse.pay(calls.spent(e))
        raise
    purse.pay(said.usage)
    return said


def _in_time(purse: Purse) -> options.Intent:
    """Return how long a call may take with all its retries: no longer than the diagnosis has left."""
    left = min(options.THINK.schedule_to_close, max(purse.time_left, LEAST_TIME))
    return replace(options.THINK, schedule_to_close=left)
