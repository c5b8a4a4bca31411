"""The judge: pure; the same plan, facts and policy always get the same decision. Deny beats ask beats allow."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from holdfast.domain.action import Action, target_of
from holdfast.domain.decision import ActionDecision, Decision, RiskTerm, Verdict
from holdfast.domain.diagnosis import Hypothesis
from holdfast.domain.incident import IncidentKey
from holdfast.domain.noun import Noun
from holdfast.domain.plan import Plan, PlannedAction
from holdfast.domain.service import Service
from holdfast.policies.conditions import Compiler, Condition, Facts
from holdfast.policies.document import Match, Policy, PolicyError, RiskWeight, Rule

_STRICTNESS = {Verdict.ALLOW: 0, Verdict.ASK: 1, Verdict.DENY: 2}


class Case(Noun):
    """All that policy may look at."""

    key: IncidentKey
    service: Service
    severity: str
    hypothesis: Hypothesis | None = None
    plan: Plan
    alerts: int = 1
    actions_done: int = 0
    at: datetime


@dataclass(frozen=True)
class Ruling:
    """What one rule answered about one action; `error` when its condition could not be asked."""

    rule: Rule | None
    verdict: Verdict
    reason: str
    error: str = ""

    @property
    def id(self) -> str:
        """The id people are shown."""
        return self.rule.id if self.rule else "nothing-matched"


class Judge:
    """A policy ready to be asked: every condition compiled and checked.

    Raises:
        PolicyError: naming the rule whose condition does not compile.
    """

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        compile_ = Compiler(policy.variables).compile
        self._rules = [(r, _compiled(f"rules.{r.id}.when", r.when, compile_)) for r in policy.rules]
        self._risk = [(t, _compiled(f"risk.{t.name}.when", t.when, compile_)) for t in policy.risk]

    def judge(self, case: Case) -> Decision:
        """Return the decision for a whole plan: the strictest of its actions' and their ways back."""
        if not case.plan.actions:
            return self._tells_only(case)
        rulings = [self._rule_on(case, p) for p in case.plan.actions]
        deciding = max(rulings, key=lambda r: _STRICTNESS[r.verdict])
        asking = [r.rule for r in rulings if r.rule and r.verdict is Verdict.ASK]
        risk, risk_errors = self._risk_of(case)
        return Decision(
            verdict=deciding.verdict,
            rule=deciding.id,
            reason=deciding.reason,
            policy=self.policy.name,
            policy_version=self.policy.version_digest,
            plan_hash=case.plan.plan_hash,
            actions=tuple(_of(p, r) for p, r in zip(case.plan.actions, rulings, strict=True)),
            risk=sum(t.points for t in risk),
            risk_terms=tuple(risk),
            obligations=tuple(dict.fromkeys(o for r in rulings if r.rule for o in r.rule.obligations)),
            approvers=self._common_approvers(asking),
            quorum=max((r.quorum for r in asking), default=1),
            escalate_to=tuple(dict.fromkeys(p for r in asking for p in self.policy.identities(r.escalate_to))),
            errors=tuple(r.error for r in rulings if r.error) + tuple(risk_errors),
        )

    def explain(self, case: Case, planned: PlannedAction) -> list[Ruling]:
        """Return what every rule that matched said about one action, in the document's order."""
        return [r for r in (self._ask(rule, c, case, planned.action) for rule, c in self._rules) if r]

    def _rule_on(self, case: Case, planned: PlannedAction) -> Ruling:
        forward = self._strictest(case, planned.action)
        if planned.way_back is None or forward.verdict is Verdict.DENY:
            return forward
        back = self._strictest(case, planned.way_back, backwards=True)
        if back.verdict is Verdict.DENY:
            return Ruling(back.rule, Verdict.DENY, f"its way back would be denied: {back.reason}", back.error)
        return forward

    def _strictest(self, case: Case, action: Action, *, backwards: bool = False) -> Ruling:
        asked = (self._ask(rule, condition, case, action, backwards=backwards) for rule, condition in self._rules)
        given = [r for r in asked if r]
        return max(given, key=lambda r: _STRICTNESS[r.verdict], default=_NOTHING)

    def _ask(
        self, rule: Rule, condition: Condition | None, case: Case, action: Action, *, backwards: bool = False
    ) -> Ruling | None:
        """Return what one rule says, or None when it is not about this. An error denies."""
        if not _matches(rule.match, case, action):
            return None
        if condition is None:
            return Ruling(rule, rule.verdict, rule.reason)
        answer = condition.ask(facts(case, action, backwards=backwards))
        if answer.error:
            text = f"the condition of {rule.id} failed: {answer.error}"
            return Ruling(rule, Verdict.DENY, text, text)
        return Ruling(rule, rule.verdict, rule.reason) if answer.holds else None

    def _risk_of(self, case: Case) -> tuple[list[RiskTerm], list[str]]:
        terms: dict[str, RiskTerm] = {}
        errors: list[str] = []
        for planned in case.plan.actions:
            for term, condition in self._risk:
                answer = condition.ask(facts(case, planned.action)) if condition else None
                if answer and answer.error:
                    errors.append(f"risk {term.name} failed: {answer.error}")
                if answer is None or answer.holds or answer.error:
                    terms[term.name] = _term(term)
        return list(terms.values()), errors

    def _common_approvers(self, asking: list[Rule]) -> tuple[str, ...]:
        """Return the people whom every asking rule would hear; one rule's `*` narrows nothing."""
        groups = [self.policy.identities(r.approvers) for r in asking]
        named = [g for g in groups if "*" not in g]
        if not named:
            return ("*",) if groups else ()
        return tuple(p for p in named[0] if all(p in g for g in named))

    def _tells_only(self, case: Case) -> Decision:
        """A plan that changes nothing is always allowed, and always told."""
        return Decision(
            verdict=Verdict.ALLOW,
            rule="tells-only",
            reason="The plan changes nothing; people are told.",
            policy=self.policy.name,
            policy_version=self.policy.version_digest,
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


def facts(case: Case, action: Action, *, backwards: bool = False) -> Facts:
    """Return what conditions see, by the names of `conditions.VARIABLES`."""
    radius = [p.blast_radius for p in case.plan.actions]
    best = case.hypothesis
    found: Mapping[str, str | int | float | bool | datetime] = {
        "action.kind": action.kind,
        "action.namespace": getattr(action, "namespace", ""),
        "action.target": target_of(action),
        "action.replicas": getattr(action, "replicas", -1),
        "action.backwards": backwards,
        "service.name": case.service.name,
        "service.kind": case.service.kind,
        "service.tier": case.service.tier,
        "service.known": case.service.known,
        "environment": case.key.environment,
        "tenant": case.key.tenant,
        "severity": case.severity,
        "hypothesis.cause": best.cause.value if best else "unknown",
        "hypothesis.confidence": float(best.confidence) if best else 0.0,
        "plan.actions": len(case.plan.actions),
        "plan.round": case.plan.round,
        "plan.proposer": case.plan.proposer,
        "blast.pods": sum(r.pods for r in radius),
        "blast.services": len({s for r in radius for s in r.services}),
        "dry_run.refused": any(p.dry_run.refused for p in case.plan.actions),
        "alerts": case.alerts,
        "actions_done": case.actions_done,
        "now": case.at,
    }
    return found


_NOTHING = Ruling(None, Verdict.DENY, "No rule speaks of this, so it is not allowed.")


def _compiled(where: str, text: str, compile_: Callable[[str], Condition]) -> Condition | None:
    if not text:
        return None
    try:
        return compile_(text)
    except ValueError as e:
        raise PolicyError(f"{where}: {e}") from e


def _matches(match: Match, case: Case, action: Action) -> bool:
    cause = case.hypothesis.cause.value if case.hypothesis else "unknown"
    wanted = (
        (match.actions, action.kind),
        (match.environments, case.key.environment),
        (match.causes, cause),
        (match.tenants, case.key.tenant),
    )
    return all(not admitted or value in admitted for admitted, value in wanted)


def _of(planned: PlannedAction, ruling: Ruling) -> ActionDecision:
    tier = ruling.rule.tier if ruling.rule else "forbidden"
    return ActionDecision(
        action_digest=planned.action.digest, verdict=ruling.verdict, rule=ruling.id, reason=ruling.reason, tier=tier
    )


def _term(weight: RiskWeight) -> RiskTerm:
    return RiskTerm(name=weight.name, points=weight.points, why=weight.why)
