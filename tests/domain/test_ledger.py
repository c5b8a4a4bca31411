"""Who may say yes: the rule that the story and the grant issuer share."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.domain.approval import Ballot, Choice, Vote
from holdfast.domain.decision import Verdict
from holdfast.domain.grant import Leave
from holdfast.domain.ledger import leave_refusal, voices, vote_refusal
from holdfast.domain.plan import Plan
from tests.examples import AT, KEY, decision, plan, rollback, vote

PEOPLE = ("alice", "bob", "carol", "holdfast")


def leave(of: Plan, *votes: Vote, **fields: object) -> Leave:
    base = {"incident": KEY.workflow_id, "plan": of, "decision": decision(of), "votes": votes, "index": 0}
    return Leave.model_validate({**base, **fields})


def test_a_vote_on_another_plan_is_stale() -> None:
    """A vote binds to what its voter was shown."""
    refusal = vote_refusal(vote(plan(), plan_hash="0" * 16), plan(), decision(plan()), ())
    assert refusal is not None
    assert refusal.kind == "StalePlan"


def test_the_proposer_may_reject_but_not_approve_their_own_plan() -> None:
    """Two pairs of eyes: the one who proposed it does not count, though they may withdraw it."""
    mine = plan(proposer="alice")
    assert vote_refusal(vote(mine), mine, decision(mine), ()) is not None
    assert vote_refusal(vote(mine, choice=Choice.REJECT), mine, decision(mine), ()) is None


def test_a_refused_ballot_does_not_use_up_a_voice() -> None:
    """Only ballots that count are voices."""
    p = plan()
    refused = Ballot(vote=vote(p), counted_at=AT, refused="NotAwaiting: …")
    assert vote_refusal(vote(p, vote_id="v2"), p, decision(p), (refused,)) is None
    assert voices((refused,), p.plan_hash, Choice.APPROVE) == ()


def test_leave_is_refused_without_enough_votes() -> None:
    """An ask of one needs one."""
    p = plan()
    assert "0 count" in leave_refusal(leave(p))
    assert leave_refusal(leave(p, vote(p))) == ""


def test_leave_is_refused_when_policy_denied_whatever_people_said() -> None:
    """No number of votes opens a denied plan."""
    p = plan()
    assert "denies" in leave_refusal(leave(p, vote(p), decision=decision(p, verdict=Verdict.DENY)))


def test_leave_is_refused_for_another_plans_decision() -> None:
    """A decision about a plan that was since changed opens nothing."""
    p, other = plan(), plan(round=2)
    assert "is about plan" in leave_refusal(leave(p, vote(p), decision=decision(other)))


@pytest.mark.parametrize(("fields", "why"), [({"index": 5}, "no action 5"), ({"backwards": True}, "no way back")])
def test_leave_is_refused_for_what_the_plan_does_not_hold(fields: dict[str, object], why: str) -> None:
    """The exact action, or its way back, must be in the plan that was judged."""
    bare = plan(actions=(plan().actions[0].model_copy(update={"way_back": None}),))
    assert why in leave_refusal(leave(bare, vote(bare), **fields))


def test_a_leave_backwards_is_for_the_way_back() -> None:
    """What the grant will name is the inverse action."""
    p = plan()
    assert leave(p, backwards=True).action == rollback(to_revision=7)


@given(
    quorum=st.integers(1, 4),
    cast=st.lists(st.tuples(st.sampled_from(PEOPLE), st.sampled_from(list(Choice)), st.booleans()), max_size=12),
)
def test_no_pile_of_votes_opens_more_than_its_distinct_approvals(
    quorum: int, cast: list[tuple[str, Choice, bool]]
) -> None:
    """Doubled, stale, rejecting and proposing votes never add up to a quorum."""
    p = plan()
    votes = [
        vote(p, vote_id=str(n), voter=who, choice=choice, plan_hash=p.plan_hash if fresh else "f" * 16)
        for n, (who, choice, fresh) in enumerate(cast)
    ]
    true_voices = {w for w, c, fresh in cast if c is Choice.APPROVE and fresh and w != "holdfast"}
    opened = leave_refusal(leave(p, *votes, decision=decision(p, quorum=quorum))) == ""
    assert opened == (len(true_voices) >= quorum)
