"""What policy may look at: one plan and its circumstances, and the names under which conditions see them."""

from pydantic import AwareDatetime, Field

from holdfast.domain.action import Action, target_of
from holdfast.domain.diagnosis import Hypothesis
from holdfast.domain.incident import IncidentKey
from holdfast.domain.noun import Noun
from holdfast.domain.plan import Plan
from holdfast.domain.service import Service
from holdfast.policies.conditions import Facts, Plain

NONE = -1  # the number of replicas of an action that sets none


class Case(Noun):
    """All that policy may look at. `at` is the workflow's time."""

    key: IncidentKey
    service: Service
    severity: str
    hypothesis: Hypothesis | None = None
    plan: Plan
    alerts: int = Field(default=1, description="Alerts the incident holds.")
    actions_done: int = Field(default=0, description="Actions this incident has performed so far.")
    at: AwareDatetime

    @property
    def cause(self) -> str:
        """Return the cause that the plan is to remedy."""
        return self.hypothesis.cause.value if self.hypothesis else self.plan.cause


class Question(Noun):
    """One thing to be judged: an action, or the way back of one."""

    action: Action
    has_way_back: bool = False
    backwards: bool = False


def questions(plan: Plan) -> tuple[tuple[Question, ...], ...]:
    """Return what has to be asked for each action of a plan: itself, and its way back when it has one."""
    return tuple(
        (Question(action=p.action, has_way_back=p.way_back is not None),)
        + ((Question(action=p.way_back, has_way_back=True, backwards=True),) if p.way_back else ())
        for p in plan.actions
    )


def facts(case: Case, question: Question) -> Facts:
    """Return what conditions see, by the names of `conditions.VARIABLES`."""
    return {**_of_action(question), **_of_service(case), **_of_plan(case)}


def _of_action(question: Question) -> dict[str, Plain]:
    action, target = question.action, target_of(question.action)
    return {
        "action.kind": action.kind,
        "action.service": action.service,
        "action.namespace": getattr(action, "namespace", ""),
        "action.deployment": target.split("/", 2)[2] if target.startswith("deployment/") else "",
        "action.target": target,
        "action.replicas": getattr(action, "replicas", NONE),
        "action.backwards": question.backwards,
        "action.has_way_back": question.has_way_back,
    }


def _of_service(case: Case) -> dict[str, Plain]:
    s = case.service
    return {
        "service.name": s.name,
        "service.environment": s.environment,
        "service.namespace": s.namespace,
        "service.deployment": s.deployment,
        "service.kind": s.kind,
        "service.tier": s.tier,
        "service.known": s.known,
        "service.owners": list(s.owners),
        "environment": case.key.environment,
        "tenant": case.key.tenant,
        "severity": case.severity,
    }


def _of_plan(case: Case) -> dict[str, Plain]:
    best, plan = case.hypothesis, case.plan
    radius = [p.blast_radius for p in plan.actions]
    return {
        "hypothesis.cause": case.cause,
        "hypothesis.service": best.service if best else "",
        "hypothesis.confidence": float(best.confidence if best else plan.confidence),
        "plan.actions": len(plan.actions),
        "plan.round": plan.round,
        "plan.proposer": plan.proposer,
        "blast.pods": sum(r.pods for r in radius),
        "blast.services": len({s for r in radius for s in r.services}),
        "dry_run.refused": any(p.dry_run.refused for p in plan.actions),
        "alerts": case.alerts,
        "actions_done": case.actions_done,
        "now": case.at,
    }
