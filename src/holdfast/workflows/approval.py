"""Stage 6, approval: people are asked, and the incident waits as long as it takes, over crashes and deploys."""

from datetime import datetime, timedelta

from temporalio import workflow

from holdfast.domain.action import describe
from holdfast.domain.approval import Approval, Ballot, Choice, Outcome, Vote
from holdfast.domain.incident import IncidentStatus
from holdfast.domain.ledger import Refusal, voices, vote_refusal
from holdfast.domain.timeline import EntryKind
from holdfast.domain.units import many
from holdfast.workflows import telling
from holdfast.workflows.walk import Ask, Phase, Walk

MOST_BALLOTS = 500


async def approve(walk: Walk) -> Phase:
    """Ask, remind, escalate and expire until voices, the monitor or the clock have answered."""
    ask = _put_the_ask(walk)
    while (outcome := _outcome(walk, ask)) is None:
        deadline, summary = _next_deadline(walk, ask)
        if not await walk.wait(lambda: _outcome(walk, ask) is not None, deadline, summary):
            _on_deadline(walk, ask)
    return _finish(walk, ask, outcome)


def count(walk: Walk, vote: Vote) -> Refusal | None:
    """Enter a vote in the ledger and return why it does not count, or None; a doubled vote changes nothing."""
    if any(b.vote.vote_id == vote.vote_id for b in walk.incident.ballots):
        return None
    refusal = refusal_of(walk, vote)
    ballot = Ballot(vote=vote, counted_at=workflow.now(), refused=f"{refusal.kind}: {refusal.text}" if refusal else "")
    if refusal is None or len(walk.incident.ballots) < MOST_BALLOTS:
        walk.change(ballots=(*walk.incident.ballots, ballot))
    said = f"{vote.choice} by {vote.channel}" + (f" does not count: {refusal.text}" if refusal else "")
    walk.note(EntryKind.APPROVAL, said + (f" — {vote.reason}" if vote.reason else ""), actor=vote.voter)
    return refusal


def refusal_of(walk: Walk, vote: Vote) -> Refusal | None:
    """Return why `vote` would not count now, without entering it."""
    i = walk.incident
    if walk.memory.ask is None or i.plan is None or i.decision is None or not i.awaiting:
        return Refusal(kind="NotAwaiting", text=f"the incident is {i.status} and asks for no approval now")
    return vote_refusal(vote, i.plan, i.decision, i.ballots)


def already_counted(walk: Walk, vote: Vote) -> bool:
    """Return whether this very vote is in the ledger and counts."""
    return any(b.vote.vote_id == vote.vote_id and not b.refused for b in walk.incident.ballots)


def _put_the_ask(walk: Walk) -> Ask:
    """Ask once; after a continue-as-new the same ask goes on."""
    plan, decision = walk.incident.plan, walk.incident.decision
    if plan is None or decision is None:
        raise ValueError("approval needs a plan and a decision")
    if walk.memory.ask is None or walk.memory.ask.plan_hash != plan.plan_hash:
        walk.memory.ask = Ask(plan_hash=plan.plan_hash, asked_at=workflow.now())
        walk.enter(IncidentStatus.AWAITING_APPROVAL)
        what = "; ".join(describe(p.action) for p in plan.actions)
        walk.note(EntryKind.APPROVAL, f"{many(decision.quorum, 'approval')} asked for: {what}", refs=(plan.plan_hash,))
        telling.say(
            walk, f"Approval needed: {what}", about=f"ask/{plan.plan_hash}", blocks=telling.ask_blocks(walk.incident)
        )
        telling.record(walk)
    return walk.memory.ask


def _outcome(walk: Walk, ask: Ask) -> Outcome | None:
    i = walk.incident
    quorum = i.decision.quorum if i.decision else 1
    if voices(i.ballots, ask.plan_hash, Choice.REJECT):
        return Outcome.REJECTED
    if len(voices(i.ballots, ask.plan_hash, Choice.APPROVE)) >= quorum:
        return Outcome.APPROVED
    if walk.memory.change:
        return Outcome.MODIFIED
    if walk.all_resolved:
        return Outcome.WITHDRAWN
    expired = workflow.now() >= ask.asked_at + walk.settings.approval_expiry
    return Outcome.EXPIRED if expired else None


def _next_deadline(walk: Walk, ask: Ask) -> tuple[datetime, str]:
    """Return the earliest of: escalation, next reminder, expiry."""
    s = walk.settings
    times = [(ask.asked_at + s.approval_expiry, "approval expires")]
    times.append((ask.asked_at + s.reminder_every * (ask.reminders + 1), "remind the approvers"))
    if not ask.escalated:
        times.append((ask.asked_at + s.escalate_after, "tell the next people"))
    return min(times, key=lambda t: t[0])


def _on_deadline(walk: Walk, ask: Ask) -> None:
    waited = workflow.now() - ask.asked_at
    if not ask.escalated and waited >= walk.settings.escalate_after:
        ask.escalated = True
        _remind(walk, ask, "escalation", _who_next(walk))
    if waited >= walk.settings.reminder_every * (ask.reminders + 1) and waited < walk.settings.approval_expiry:
        ask.reminders += 1
        _remind(walk, ask, f"reminder/{ask.reminders}", "the approvers")


def _remind(walk: Walk, ask: Ask, about: str, who: str) -> None:
    hours = (workflow.now() - ask.asked_at) / timedelta(hours=1)
    text = f"Still waiting for approval after {hours:.1f} h; asking {who}"
    walk.note(EntryKind.APPROVAL, text, refs=(ask.plan_hash,))
    telling.say(walk, text, about=f"{about}/{ask.plan_hash}")


def _who_next(walk: Walk) -> str:
    decision = walk.incident.decision
    return ", ".join(decision.escalate_to) if decision and decision.escalate_to else "the next people on call"


def _finish(walk: Walk, ask: Ask, outcome: Outcome) -> Phase:
    i = walk.incident
    choice = Choice.REJECT if outcome is Outcome.REJECTED else Choice.APPROVE
    who = voices(i.ballots, ask.plan_hash, choice)
    approval = Approval(plan_hash=ask.plan_hash, outcome=outcome, voters=who, at=workflow.now(), reason=_why(walk, who))
    walk.change(approvals=(*i.approvals, approval))
    text = f"plan {ask.plan_hash} {outcome}" + (f" by {', '.join(who)}" if who else "")
    walk.note(EntryKind.APPROVAL, text, refs=(ask.plan_hash,))
    telling.retire(walk, text[0].upper() + text[1:])
    walk.memory.ask = None
    if outcome is Outcome.MODIFIED:
        walk.enter(IncidentStatus.INVESTIGATING)
    if outcome is Outcome.REJECTED:
        walk.change(outcome=f"The plan was rejected by {', '.join(who)}.")
    if outcome is Outcome.EXPIRED:
        walk.change(outcome="Nobody answered before the approval expired.")
    return _AFTER[outcome]


def _why(walk: Walk, who: tuple[str, ...]) -> str:
    return "; ".join(b.vote.reason for b in walk.incident.ballots if b.vote.voter in who and b.vote.reason)


_AFTER = {
    Outcome.APPROVED: Phase.ACT,
    Outcome.REJECTED: Phase.ESCALATE,
    Outcome.EXPIRED: Phase.ESCALATE,
    Outcome.MODIFIED: Phase.JUDGE,
    Outcome.WITHDRAWN: Phase.RESOLVE,
}
