"""Small policies and cases for tests; a test changes only the fields it is about."""

from typing import Any

from holdfast.domain.action import Action, ScaleDeployment
from holdfast.domain.plan import BlastRadius, PlannedAction
from holdfast.domain.service import Service
from holdfast.policies.case import Case
from holdfast.policies.document import Policy, Rule
from tests.examples import AT, KEY, hypothesis, plan, rollback


def service(**fields: Any) -> Service:
    """Return checkout as the catalogue knows it."""
    base: dict[str, Any] = {
        "name": "checkout",
        "environment": "production",
        "tier": 2,
        "namespace": "shop",
        "deployment": "checkout",
    }
    return Service(**{**base, **fields})


def planned(action: Action, **fields: Any) -> PlannedAction:
    """Return one action of a plan, over three pods."""
    base: dict[str, Any] = {"action": action, "blast_radius": BlastRadius(services=("checkout",), pods=3)}
    return PlannedAction(**{**base, **fields})


def case(*actions: Action | PlannedAction, **fields: Any) -> Case:
    """Return a case in production about `actions`; `cause` and `confidence` go into its hypothesis."""
    guess = {name: fields.pop(name) for name in ("cause", "confidence") if name in fields}
    doing = tuple(a if isinstance(a, PlannedAction) else planned(a) for a in actions)
    base: dict[str, Any] = {
        "key": KEY,
        "service": service(),
        "severity": "high",
        "hypothesis": hypothesis(**guess),
        "plan": plan(actions=doing),
        "at": AT,
    }
    return Case(**{**base, **fields})


def scale(replicas: int, **fields: Any) -> ScaleDeployment:
    """Return the action that sets checkout's replicas."""
    base: dict[str, Any] = {"service": "checkout", "namespace": "shop", "deployment": "checkout"}
    return ScaleDeployment(**{**base, **fields}, replicas=replicas)


def rule(rule_id: str, verdict: str, **fields: Any) -> Rule:
    """Return a rule; one that asks asks the role oncall."""
    approvers = ("oncall",) if verdict == "ask" else ()
    return Rule.model_validate({"id": rule_id, "verdict": verdict, "reason": "r", "approvers": approvers, **fields})


def policy(*rules: Rule, **fields: Any) -> Policy:
    """Return a policy of these rules, whose people are alice and bob on call and carol who leads."""
    people = {"oncall": ("alice", "bob"), "leads": ("carol",), "anyone": ("*",)}
    return Policy.model_validate({"name": "p", "version": 1, "people": people, "rules": rules, **fields})


ROLLBACK = rollback()
