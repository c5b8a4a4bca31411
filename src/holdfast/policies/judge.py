"""The judge: pure; the same plan, circumstances and policy always get the same decision. Deny beats ask beats allow."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from holdfast.domain.action import describe
from holdfast.domain.decision import ActionDecision, Decision, Verdict
from holdfast.domain.ledger import ANYONE
from holdfast.domain.plan import Plan, PlannedAction
from holdfast.policies.case import Case, Question, questions
from holdfast.policies.document import Policy, Rule
from holdfast.policies.rulebook import STRICTNESS, Risk, RuleBook, Ruling, Said, strictest


@dataclass(frozen=True)
class Hearing:
    """One question, and what every rule of the policy said to it."""

    question: Question
    rulings: tuple[Ruling, ...]

    @cached_property
    def counted(self) -> tuple[Ruling, ...]:
        """Return the rulings that have a say."""
        return tuple(r for r in self.rulings if r.counts)

    @cached_property
    def deciding(self) -> Ruling:
        """Return the ruling that decides."""
        return strictest(self.counted)

    @property
    def reason(self) -> str:
        """Return why, saying so when it was the way back that decided."""
        if not self.question.backwards:
            return self.deciding.reason
        return f"its way back ({describe(self.question.action)}): {self.deciding.reason}"


class Judge:
    """A policy ready to be asked: every condition compiled and checked.

    Raises:
        PolicyError: naming each rule whose condition does not compile.
    """

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.version = policy.version_digest
        self._book = RuleBook(policy)

    def judge(self, case: Case) -> Decision:
        """Return the decision for a whole plan: the strictest of its actions' and their ways back."""
        if not case.plan.actions:
            return self._tells_only(case)
        risk = self._book.weigh(case)
        heard = [tuple(self._hear(case, q, risk) for q in asked) for asked in questions(case.plan)]
        every = [h for group in heard for h in group]
        actions = tuple(_of(p, _strictest(group)) for p, group in zip(case.plan.actions, heard, strict=True))
        terms = {"risk": risk.score, "risk_terms": risk.terms, "actions": actions}
        decision = self._decision(case, every, **terms)
        return _closed_to_all(decision) if _too_few(decision, case.plan.proposer) else decision

    def explain(self, case: Case) -> list[Hearing]:
        """Return every question that a plan puts, and what each rule answered, in the document's order."""
        risk = self._book.weigh(case)
        return [self._hear(case, q, risk) for group in questions(case.plan) for q in group]

    def _hear(self, case: Case, question: Question, risk: Risk) -> Hearing:
        return Hearing(question, self._book.hear(case, question, risk))

    def _decision(self, case: Case, heard: Sequence[Hearing], **more: Any) -> Decision:
        deciding = _strictest(heard)
        asks = deciding.deciding.verdict is Verdict.ASK
        counted = [r for h in heard for r in h.counted]
        asking = [r.rule for r in counted if asks and r.rule and r.verdict is Verdict.ASK]
        fields: dict[str, Any] = {
            "verdict": deciding.deciding.verdict,
            "rule": deciding.deciding.id,
            "reason": deciding.reason,
            "policy": self.policy.name,
            "policy_version": self.version,
            "plan_hash": case.plan.plan_hash,
            "obligations": _in_order(o for r in counted if r.rule for o in r.rule.obligations),
            "approvers": self._approvers(heard) if asks else (),
            "quorum": max((r.quorum for r in asking), default=1),
            "escalate_to": _in_order(n for r in asking for n in self.policy.called(r.escalate_to)),
            "errors": _in_order(r.error for r in counted if r.error),
        }
        return Decision(**{**fields, **more})

    def _approvers(self, heard: Sequence[Hearing]) -> tuple[str, ...]:
        """Return the people whom every asking question's first asking rule would hear; `*` narrows nothing.

        The first, so that a document puts its narrow rules before its wide ones and the wide do not open them.
        """
        groups = [self.policy.identities(rule.approvers) for rule in map(_asks, heard) if rule]
        named = [g for g in groups if ANYONE not in g]
        if not named:
            return (ANYONE,) if groups else ()
        return tuple(p for p in named[0] if all(p in g for g in named))

    def _tells_only(self, case: Case) -> Decision:
        """A plan that changes nothing is always allowed, and always told."""
        return Decision(
            verdict=Verdict.ALLOW,
            rule="tells-only",
            reason="The plan changes nothing; people are told.",
            policy=self.policy.name,
            policy_version=self.version,
            plan_hash=case.plan.plan_hash,
            obligations=("tell",),
        )


def closed(plan: Plan, error: str) -> Decision:
    """Return the decision when there is no usable policy: deny, saying why."""
    return Decision(
        verdict=Verdict.DENY,
        rule="no-usable-policy",
        reason=f"The policy cannot be used: {error}",
        policy="none",
        policy_version="none",
        plan_hash=plan.plan_hash,
        obligations=("tell",),
        errors=(error,),
    )


def _strictest(heard: Sequence[Hearing]) -> Hearing:
    return max(heard, key=lambda h: (STRICTNESS[h.deciding.verdict], h.deciding.said is Said.SPOKE))


def _asks(heard: Hearing) -> Rule | None:
    return next((r.rule for r in heard.counted if r.verdict is Verdict.ASK), None)


def _too_few(decision: Decision, proposer: str) -> bool:
    """Return whether an ask could never be answered: fewer people may vote than must, the proposer not counted."""
    if decision.verdict is not Verdict.ASK or ANYONE in decision.approvers:
        return False
    return len(set(decision.approvers) - {proposer}) < decision.quorum


def _closed_to_all(decision: Decision) -> Decision:
    reason = f"{decision.quorum} must approve, and policy names too few who may ({decision.rule}: {decision.reason})"
    denied = {"verdict": Verdict.DENY, "rule": "nobody-may-approve", "reason": reason}
    return decision.model_copy(update=denied)


def _of(planned: PlannedAction, heard: Hearing) -> ActionDecision:
    decided = heard.deciding
    return ActionDecision(
        action_digest=planned.action.digest,
        verdict=decided.verdict,
        rule=decided.id,
        reason=heard.reason,
        tier=decided.rule.level if decided.rule and decided.said is Said.SPOKE else "forbidden",
    )


def _in_order(found: Any) -> tuple[str, ...]:
    return tuple(dict.fromkeys(found))
