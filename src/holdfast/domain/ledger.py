"""Who may say yes, and whether enough have: the one rule that the story and the grant issuer both apply."""

from collections.abc import Sequence

from holdfast.domain.approval import Ballot, Choice, Vote
from holdfast.domain.decision import Decision, Verdict
from holdfast.domain.grant import Leave
from holdfast.domain.noun import Noun
from holdfast.domain.plan import Plan

ANYONE = "*"


class Refusal(Noun):
    """A "no" as a value: `kind` is a closed word for programs, `text` a sentence for people."""

    kind: str
    text: str


def vote_refusal(vote: Vote, plan: Plan, decision: Decision, ballots: Sequence[Ballot]) -> Refusal | None:
    """Return why `vote` does not count towards `plan`, or None when it does.

    A vote binds to the hash of what its voter was shown; the proposer's own voice does not count,
    nobody counts twice, and only the people whom the decision names are heard.
    """
    if vote.plan_hash != plan.plan_hash:
        return Refusal(
            kind="StalePlan", text=f"plan {vote.plan_hash} is no longer proposed; now it is {plan.plan_hash}"
        )
    if not may_vote(vote.voter, decision):
        return Refusal(kind="NotAllowed", text=f"{vote.voter} is not among the approvers that {decision.rule} names")
    if vote.voter == plan.proposer and vote.choice is Choice.APPROVE:
        return Refusal(kind="Proposer", text=f"{vote.voter} proposed this plan, so another person must approve it")
    if any(b.vote.voter == vote.voter and _counts(b, plan.plan_hash) for b in ballots):
        return Refusal(kind="AlreadyVoted", text=f"{vote.voter} has already voted on plan {plan.plan_hash}")
    return None


def may_vote(voter: str, decision: Decision) -> bool:
    """Return whether the decision hears `voter`."""
    return ANYONE in decision.approvers or voter in decision.approvers


def voices(ballots: Sequence[Ballot], plan_hash: str, choice: Choice) -> tuple[str, ...]:
    """Return who said `choice` to this plan, in order, each once."""
    counted = (b.vote.voter for b in ballots if _counts(b, plan_hash) and b.vote.choice is choice)
    return tuple(dict.fromkeys(counted))


def leave_refusal(leave: Leave) -> str:
    """Return why no grant may be issued for `leave`, or an empty string when one may.

    The story checks the same before it asks; the issuer checks again because it alone holds the key.
    """
    plan, decision = leave.plan, leave.decision
    if decision.plan_hash != plan.plan_hash:
        return f"the decision is about plan {decision.plan_hash}, not {plan.plan_hash}"
    if leave.index >= len(plan.actions):
        return f"the plan has no action {leave.index}"
    if leave.backwards and plan.actions[leave.index].way_back is None:
        return f"action {leave.index} has no way back"
    if decision.verdict is Verdict.DENY:
        return f"policy denies it ({decision.rule})"
    if decision.verdict is Verdict.ASK and len(_approvers(leave)) < decision.quorum:
        return f"{decision.quorum} approval(s) are needed and {len(_approvers(leave))} count"
    return ""


def _approvers(leave: Leave) -> set[str]:
    """Return the distinct people whose approval of exactly this plan counts."""
    return {
        v.voter
        for v in leave.votes
        if v.choice is Choice.APPROVE and vote_refusal(v, leave.plan, leave.decision, ()) is None
    }


def _counts(ballot: Ballot, plan_hash: str) -> bool:
    return not ballot.refused and ballot.vote.plan_hash == plan_hash
