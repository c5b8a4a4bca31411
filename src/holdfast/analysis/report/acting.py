"""The part of the report on what was proposed, who allowed it, what was done and whether it helped."""

from collections.abc import Iterable

from holdfast.analysis.report.markdown import code, moment, paragraphs, plain, refs, table
from holdfast.domain.action import describe
from holdfast.domain.approval import Approval, Ballot
from holdfast.domain.attempt import Attempt, Check
from holdfast.domain.decision import Decision
from holdfast.domain.incident import Incident
from holdfast.domain.plan import Plan, PlannedAction
from holdfast.domain.proposal import Proposal
from holdfast.domain.units import many


def permission(i: Incident) -> str:
    """Return each plan that was proposed, oldest first, with what policy said to it and every voice about it."""
    last = (Proposal(plan=i.plan, decision=i.decision),) if i.plan else ()
    proposals = (*i.earlier, *last)
    hashes = {p.plan.plan_hash for p in proposals}
    others = _voices(b for b in i.ballots if b.vote.plan_hash not in hashes)
    told = [_proposal(n, p, i, alone=len(proposals) == 1) for n, p in enumerate(proposals, 1)]
    decided = "" if last or i.decision is None else _decision(i.decision)
    return paragraphs((*told, decided, others, _outcomes(a for a in i.approvals if a.plan_hash not in hashes)))


def _proposal(n: int, p: Proposal, i: Incident, *, alone: bool) -> str:
    of = p.plan.plan_hash
    return paragraphs(
        (
            "" if alone else f"### Proposal {n}, round {p.plan.round}",
            _plan(p.plan),
            _decision(p.decision) if p.decision else "",
            _voices(b for b in i.ballots if b.vote.plan_hash == of),
            _outcomes(a for a in i.approvals if a.plan_hash == of),
        )
    )


def _voices(ballots: Iterable[Ballot]) -> str:
    return "\n".join(_ballot(b) for b in ballots)


def _outcomes(approvals: Iterable[Approval]) -> str:
    return "\n".join(_approval(a) for a in approvals)


def attempts(i: Incident) -> str:
    """Return each action in order, with the signals before and after it."""
    return paragraphs(_attempt(a) for a in i.attempts)


def _plan(plan: Plan) -> str:
    head = f"Plan {code(plan.plan_hash)}, proposed by {plain(plan.proposer)} {refs(plan.evidence)}".rstrip() + ":"
    rows = [_planned(p) for p in plan.actions]
    return f"{head}\n\n" + ("\n".join(rows) or "- no action: people are told")


def _planned(p: PlannedAction) -> str:
    back = describe(p.way_back) if p.way_back else p.no_way_back or "none"
    hurt = plain(p.blast_radius.summary) or "-"
    said = f"expected: {plain(p.expected) or '-'}; could hurt: {hurt}; way back: {plain(back)}"
    return f"- {plain(describe(p.action))}; {said}"


def _decision(d: Decision) -> str:
    policy = f"{plain(d.policy)} {code(d.policy_version)}"
    who = "anybody" if "*" in d.approvers else plain(", ".join(d.approvers))
    needs = f" It needs {many(d.quorum, 'voice')} of {who}." if d.approvers else ""
    said = f"Policy said **{d.verdict}** by rule {code(d.rule)} of {policy}: {plain(d.reason) or '-'}{needs}"
    terms = [f"- risk {t.points:+g} {plain(t.name)}: {plain(t.why)}" for t in d.risk_terms]
    return paragraphs((said, "\n".join(terms), "\n".join(f"- a condition failed: {plain(e)}" for e in d.errors)))


def _ballot(ballot: Ballot) -> str:
    v = ballot.vote
    counts = f"does not count ({plain(ballot.refused)})" if ballot.refused else "counts"
    why = f", because {plain(v.reason)}" if v.reason else ""
    when = f"{moment(ballot.counted_at)} by {plain(v.channel)}"
    return f"- {plain(v.voter)} voted {v.choice} on plan {code(v.plan_hash)} at {when}{why}: {counts}"


def _approval(a: Approval) -> str:
    who = f" by {plain(', '.join(a.voters))}" if a.voters else ""
    why = f": {plain(a.reason)}" if a.reason else ""
    return f"- plan {code(a.plan_hash)} {a.outcome}{who} at {moment(a.at)}{why}"


def _attempt(a: Attempt) -> str:
    way = ", way back" if a.backwards else ""
    when = f"{moment(a.started_at)} to {moment(a.ended_at)}"
    verified = a.verification
    return paragraphs(
        (
            f"### Round {a.round}{way}: {plain(describe(a.action))}",
            f"**{a.state}** · {when} · plan {code(a.plan_hash)} · grant {code(a.grant_id)}",
            plain(a.error),
            plain(verified.summary) if verified else "",
            _before_and_after(verified.checks) if verified else "",
        )
    )


def _before_and_after(checks: Iterable[Check]) -> str:
    heads = ("signal", "before", "after", "threshold", "says", "evidence")
    return table(heads, (_check(c) for c in checks))


def _check(c: Check) -> tuple[str, ...]:
    says = "better" if c.passed else "not better"
    why = f"{says}: {plain(c.why)}" if c.why else says
    return (plain(c.name), c.shown(c.before), c.shown(c.after), c.shown(c.threshold, "-"), why, refs(c.evidence))
