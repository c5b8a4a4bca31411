"""Nouns for tests, each valid by itself; a test changes only the fields it is about."""

from datetime import UTC, datetime
from typing import Any

from holdfast.domain.action import RestartDeployment, RollbackDeployment
from holdfast.domain.alert import Alert, AlertStatus, Severity
from holdfast.domain.approval import Choice, Vote
from holdfast.domain.decision import Decision, Verdict
from holdfast.domain.diagnosis import Cause, Hypothesis
from holdfast.domain.incident import Incident, IncidentKey
from holdfast.domain.plan import Plan, PlannedAction

AT = datetime(2026, 3, 1, 3, 0, tzinfo=UTC)
KEY = IncidentKey(tenant="acme", environment="production", service="checkout")


def alert(**fields: Any) -> Alert:
    """Return a firing alert on checkout."""
    base: dict[str, Any] = {
        "source": "alertmanager",
        "fingerprint": "f1",
        "status": AlertStatus.FIRING,
        "name": "HighErrorRate",
        "service": "checkout",
        "environment": "production",
        "severity": Severity.HIGH,
        "starts_at": AT,
        "labels": {"alertname": "HighErrorRate", "service": "checkout"},
    }
    return Alert(**{**base, **fields})


def hypothesis(**fields: Any) -> Hypothesis:
    """Return a bad release of checkout."""
    base: dict[str, Any] = {
        "hypothesis_id": "h1",
        "cause": Cause.BAD_RELEASE,
        "service": "checkout",
        "target": "shop/checkout",
        "statement": "errors began with revision 7",
        "confidence": 0.8,
        "evidence": ("ev-1",),
    }
    return Hypothesis(**{**base, **fields})


def rollback(**fields: Any) -> RollbackDeployment:
    """Return the action that goes back to revision 6."""
    base: dict[str, Any] = {"service": "checkout", "namespace": "shop", "deployment": "checkout", "to_revision": 6}
    return RollbackDeployment(**{**base, **fields})


def restart(**fields: Any) -> RestartDeployment:
    """Return the action that restarts checkout."""
    base: dict[str, Any] = {"service": "checkout", "namespace": "shop", "deployment": "checkout"}
    return RestartDeployment(**{**base, **fields})


def plan(**fields: Any) -> Plan:
    """Return a plan to roll back, with its way back."""
    planned = PlannedAction(action=rollback(), way_back=rollback(to_revision=7))
    base: dict[str, Any] = {"actions": (planned,), "evidence": ("ev-1",), "cause": "bad_release", "confidence": 0.8}
    return Plan(**{**base, **fields})


def decision(of: Plan, **fields: Any) -> Decision:
    """Return a decision that asks one person."""
    base: dict[str, Any] = {
        "verdict": Verdict.ASK,
        "rule": "production-asks",
        "policy": "shipped",
        "policy_version": "1+000000000000",
        "plan_hash": of.plan_hash,
        "approvers": ("*",),
    }
    return Decision(**{**base, **fields})


def vote(of: Plan, **fields: Any) -> Vote:
    """Return alice's approval."""
    base: dict[str, Any] = {
        "vote_id": "v1",
        "plan_hash": of.plan_hash,
        "voter": "alice",
        "choice": Choice.APPROVE,
        "at": AT,
    }
    return Vote(**{**base, **fields})


def incident(**fields: Any) -> Incident:
    """Return an open incident on checkout."""
    base: dict[str, Any] = {
        "workflow_id": KEY.workflow_id,
        "run_id": "run-1",
        "key": KEY,
        "title": "HighErrorRate on checkout",
        "opened_at": AT,
        "updated_at": AT,
        "alerts": (alert(),),
        "alert_count": 1,
    }
    return Incident(**{**base, **fields})
