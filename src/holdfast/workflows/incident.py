"""The spine: one incident's whole walk, from its first alert to its report, in one durable workflow."""

import asyncio
from collections.abc import Awaitable, Callable

from temporalio import workflow
from temporalio.exceptions import ApplicationError, FailureError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from holdfast.domain.approval import Choice, Vote
    from holdfast.domain.incident import Incident
    from holdfast.domain.ledger import may_vote, voices
    from holdfast.domain.timeline import EntryKind, TimelineEntry
    from holdfast.workflows import (
        approval,
        calls,
        ending,
        investigation,
        names,
        planning,
        remediation,
        telling,
        triage,
        verification,
    )
    from holdfast.workflows.messages import AlertBatch, Heard, IncidentStart, PlanChange, Said
    from holdfast.workflows.walk import Phase, Walk

Stage = Callable[[Walk], Awaitable[Phase]]

STAGES: dict[Phase, Stage] = {
    Phase.TRIAGE: triage.triage,
    Phase.INVESTIGATE: investigation.investigate,
    Phase.PLAN: planning.plan,
    Phase.JUDGE: planning.judge,
    Phase.APPROVE: approval.approve,
    Phase.ACT: remediation.act,
    Phase.VERIFY: verification.verify,
    Phase.TURN_BACK: remediation.turn_back,
    Phase.RESOLVE: ending.resolve,
    Phase.ESCALATE: ending.escalate,
    Phase.CLOSE: ending.close,
}


@workflow.defn(name=names.INCIDENT_WORKFLOW)
class IncidentWorkflow:
    """One incident: triage, investigate, plan, judge, approve, act, verify, and end with a report."""

    @workflow.init
    def __init__(self, start: IncidentStart) -> None:
        """Stand ready before any message is handled: signals may be delivered before `run` begins."""
        self._walk = Walk(start)

    @workflow.run
    async def run(self, start: IncidentStart) -> str:  # noqa: ARG002 # Temporal hands it to __init__ and run alike
        """Walk until done; return the status it ended with."""
        walk = self._walk
        background = [
            asyncio.create_task(telling.keep_telling(walk)),
            asyncio.create_task(telling.keep_recording(walk)),
        ]
        while walk.memory.phase is not Phase.DONE:
            walk.memory.phase = await self._step(walk.memory.phase)
        await workflow.wait_condition(workflow.all_handlers_finished)
        for task in background:
            task.cancel()
        return walk.incident.status.value

    async def _step(self, phase: Phase) -> Phase:
        """Run one stage; a person's word interrupts it, and whatever breaks in it is handed to people."""
        stage = asyncio.ensure_future(STAGES[phase](self._walk))
        word = asyncio.create_task(workflow.wait_condition(lambda: self._walk.interrupted and phase is not Phase.CLOSE))
        await workflow.wait([stage, word], return_when=asyncio.FIRST_COMPLETED)
        word.cancel()
        if not stage.done():
            return await self._interrupt(stage)
        try:
            return await stage
        except FailureError as e:
            return self._hand_to_people(phase, e)

    async def _interrupt(self, stage: asyncio.Future[Phase]) -> Phase:
        """Stop a stage where it stands, wait until its activities have stopped, and obey."""
        stage.cancel()
        try:
            await stage
        except (asyncio.CancelledError, FailureError) as e:
            if not is_cancelled_exception(e):
                self._walk.lacks(f"a stage broke while it was stopped: {calls.reason(e)}")
        return self._obey()

    def _obey(self) -> Phase:
        walk, memory = self._walk, self._walk.memory
        if memory.ask and workflow.patched("a-word-retires-the-ask"):
            telling.retire(walk, "No longer asked: a person has spoken")
        memory.ask = None
        if memory.closing:
            return Phase.CLOSE
        if memory.stopping:
            walk.change(stopped_by=memory.stopping.by, outcome=f"Stopped by {memory.stopping.by}.")
        if memory.taking_over:
            walk.change(taken_over_by=memory.taking_over.by, outcome=f"Taken over by {memory.taking_over.by}.")
        # Obeyed; a word that is spoken again, even after a reopening, interrupts again.
        memory.stopping = memory.taking_over = None
        return Phase.ESCALATE

    def _hand_to_people(self, phase: Phase, error: FailureError) -> Phase:
        walk = self._walk
        walk.lacks(f"{phase} broke: {calls.reason(error)}")
        walk.change(outcome=walk.incident.outcome or f"Holdfast could not go on after {phase}.")
        return Phase.CLOSE if phase is Phase.ESCALATE else Phase.ESCALATE

    # What the outside may say and ask. Signals never fail; updates answer at once and refuse without a trace.

    @workflow.signal(name=names.SIGNAL_ALERTS, description="Alerts of this incident's key; each claim counts once.")
    def alerts_arrive(self, batch: AlertBatch) -> None:
        """Take alerts in."""
        self._walk.join(batch)

    @workflow.signal(name=names.SIGNAL_VOTE, description="A vote that needs no answer, as Slack's buttons send it.")
    def vote_arrives(self, vote: Vote) -> None:
        """Enter a vote in the ledger, with the reason when it does not count."""
        approval.count(self._walk, vote)

    @workflow.update(name=names.UPDATE_VOTE, description="Vote on the plan that is asked about, with an answer.")
    def cast_vote(self, vote: Vote) -> Heard:
        """Count a vote."""
        approval.count(self._walk, vote)
        return self._heard(f"{vote.voter}: {vote.choice} counted")

    @cast_vote.validator
    def _check_vote(self, vote: Vote) -> None:
        if approval.already_counted(self._walk, vote):
            return
        refusal = approval.refusal_of(self._walk, vote)
        if refusal:
            raise ApplicationError(refusal.text, type=refusal.kind, non_retryable=True)

    @workflow.update(name=names.UPDATE_MODIFY_PLAN, description="Change one action's parameters; policy judges again.")
    def modify_plan(self, change: PlanChange) -> Heard:
        """Take a changed plan to be judged again; votes on the old one no longer count."""
        self._walk.memory.change = change
        return self._heard(f"{change.by} changed action {change.index}; it is judged again")

    @modify_plan.validator
    def _check_change(self, change: PlanChange) -> None:
        plan, memory = self._walk.incident.plan, self._walk.memory
        if memory.ask is None or plan is None or not self._walk.incident.awaiting:
            raise ApplicationError("no plan awaits approval now", type="NotAwaiting", non_retryable=True)
        decision = self._walk.incident.decision
        if decision is None or not may_vote(change.by, decision):
            raise ApplicationError(f"{change.by} is not among the approvers", type="NotAllowed", non_retryable=True)
        if change.plan_hash != plan.plan_hash:
            raise ApplicationError(f"the plan is now {plan.plan_hash}", type="StalePlan", non_retryable=True)
        if memory.change:
            raise ApplicationError("another change is being judged", type="ChangePending", non_retryable=True)
        try:
            planning.changed(plan, change)
        except ValueError as e:
            raise ApplicationError(str(e), type="BadChange", non_retryable=True) from e

    @workflow.update(name=names.UPDATE_ACKNOWLEDGE, description="Say that a person has seen it; permits nothing.")
    def acknowledge(self, said: Said) -> Heard:
        """Note who has seen it."""
        self._walk.change(acknowledged_by=said.by)
        self._walk.note(EntryKind.HUMAN, f"acknowledged {said.reason}".strip(), actor=said.by)
        return self._heard(f"acknowledged by {said.by}")

    @workflow.update(name=names.UPDATE_CLOSE, description="Close the incident now, with a report.")
    def close(self, said: Said) -> Heard:
        """Close whatever stage it is in."""
        self._walk.memory.closing = said
        self._walk.note(EntryKind.HUMAN, f"closes it: {said.reason or 'no reason given'}", actor=said.by)
        return self._heard(f"closing for {said.by}")

    @workflow.update(
        name=names.UPDATE_TAKE_OVER, description="A person takes it; Holdfast does nothing more by itself."
    )
    def take_over(self, said: Said) -> Heard:
        """Stop acting and wait for the person to close it."""
        self._walk.memory.taking_over = said
        self._walk.note(EntryKind.HUMAN, f"takes over: {said.reason or 'no reason given'}", actor=said.by)
        return self._heard(f"handed to {said.by}")

    @workflow.update(name=names.UPDATE_STOP, description="Emergency stop: halt actions at once.")
    def emergency_stop(self, said: Said) -> Heard:
        """Halt at once; what was already done stays listed."""
        self._walk.memory.stopping = said
        self._walk.note(EntryKind.HUMAN, f"emergency stop: {said.reason or 'no reason given'}", actor=said.by)
        return self._heard(f"stopped by {said.by}")

    @close.validator
    def _check_close(self, said: Said) -> None:
        self._check_open(said)

    @take_over.validator
    def _check_take_over(self, said: Said) -> None:
        self._check_open(said)

    @emergency_stop.validator
    def _check_stop(self, said: Said) -> None:
        self._check_open(said)

    @workflow.query(name=names.QUERY_SNAPSHOT, description="The whole incident as one document.")
    def snapshot(self) -> Incident:
        """Return the document."""
        return self._walk.incident

    @workflow.query(name=names.QUERY_TIMELINE, description="The incident's story, oldest line first.")
    def timeline(self) -> tuple[TimelineEntry, ...]:
        """Return the timeline."""
        return self._walk.incident.timeline

    def _check_open(self, said: Said) -> None:  # noqa: ARG002 # a validator takes what its update takes
        if self._walk.memory.phase in (Phase.CLOSE, Phase.DONE) or self._walk.memory.closing:
            raise ApplicationError("the incident is closing already", type="AlreadyClosing", non_retryable=True)

    def _heard(self, text: str) -> Heard:
        i = self._walk.incident
        plan_hash = i.plan.plan_hash if i.plan else ""
        yes = voices(i.ballots, plan_hash, Choice.APPROVE)
        quorum = i.decision.quorum if i.decision else 0
        return Heard(text=text, status=i.status, plan_hash=plan_hash, votes=len(yes), quorum=quorum)
