"""From a cause to typed actions: what would remedy it, that was not tried already. A proposal, never a command."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from holdfast.analysis.recall.experience import Experience, read_experience
from holdfast.domain.action import Action, RestartDeployment, RollbackDeployment, ScaleDeployment, describe
from holdfast.domain.attempt import Attempt, AttemptState
from holdfast.domain.diagnosis import Cause, Hypothesis
from holdfast.domain.evidence import Evidence, EvidenceKind
from holdfast.domain.plan import Plan, PlannedAction
from holdfast.domain.service import Runbook, Service

MOST_REPLICAS = 20

# Each kind listed is a whole remedy by itself, the gentlest that usually works first. A cause without one is
# for people: a machine has no business with a database, and what it cannot name it does not touch.
REMEDIES: dict[Cause, tuple[str, ...]] = {
    Cause.OUT_OF_MEMORY: ("restart_deployment",),
    Cause.MEMORY_LEAK: ("restart_deployment",),
    Cause.CRASH_LOOP: ("restart_deployment",),
    Cause.BAD_RELEASE: ("rollback_deployment",),
    Cause.CONFIGURATION: ("rollback_deployment",),
    Cause.IMAGE: ("rollback_deployment",),
    Cause.CPU_SATURATION: ("scale_deployment",),
    Cause.TRAFFIC_SURGE: ("scale_deployment",),
}

_EXPECTED: dict[str, str] = {
    "restart_deployment": "memory and restarts fall back to their usual level within a minute of the new pods",
    "rollback_deployment": "the signals that left their baseline with the rollout return to it",
    "scale_deployment": "CPU falls in proportion to the replicas, and latency and errors follow",
}


@dataclass(frozen=True)
class Trouble:
    """One hypothesis about a service, with what the incident knows and has tried."""

    service: Service
    hypothesis: Hypothesis
    evidence: tuple[Evidence, ...] = ()
    runbook: Runbook | None = None
    attempts: tuple[Attempt, ...] = ()
    round: int = 1
    occasion: str = ""

    @property
    def experience(self) -> Experience:
        """Return what past incidents say about remedies of this cause here."""
        return read_experience(self.evidence, self.service.name, self.hypothesis.cause)


def propose(trouble: Trouble) -> Plan:
    """Return a plan of at most one action; an empty one says why nothing is proposed."""
    hypothesis = trouble.hypothesis
    action, why = _first_new(trouble)
    planned = (_planned(trouble, action),) if action else ()
    return Plan(
        round=trouble.round,
        occasion=trouble.occasion,
        hypothesis_id=hypothesis.hypothesis_id,
        cause=hypothesis.cause,
        confidence=hypothesis.confidence,
        actions=planned,
        evidence=_cited(trouble, action),
        summary=f"{describe(action)}, because {hypothesis.statement}" if action else why,
    )


def _planned(trouble: Trouble, action: Action) -> PlannedAction:
    """Return the action with its reason, and what became of it before."""
    told = trouble.experience.told(action.kind)
    reason = "; ".join(part for part in (trouble.hypothesis.statement, told) if part)
    return PlannedAction(action=action, reason=reason, expected=_EXPECTED[action.kind])


def refuted(cause: Cause, service: str, attempts: Iterable[Attempt]) -> bool:
    """Return whether a remedy of `cause` was carried out at `service` and verified not to have helped."""
    return any(
        a.action.kind in REMEDIES.get(cause, ()) and a.action.service == service and _did_not_help(a) for a in attempts
    )


def _did_not_help(attempt: Attempt) -> bool:
    seen = attempt.verification
    done = attempt.state is AttemptState.DONE and not attempt.backwards
    return done and seen is not None and not seen.recovered and not seen.unknown


def _first_new(trouble: Trouble) -> tuple[Action | None, str]:
    """Return the first action that fits and was not tried, or None and why there is none."""
    hypothesis, service = trouble.hypothesis, trouble.service
    usual = REMEDIES.get(hypothesis.cause, ())
    kinds = _in_order((*usual, *trouble.experience.learnt(hypothesis.cause)), trouble)
    if not kinds:
        return None, f"no action of the catalogue remedies {hypothesis.cause} of {hypothesis.service}"
    if hypothesis.service != service.name:
        return None, f"the cause lies at {hypothesis.service}, not at {service.name}: its own people must act"
    if not service.deployment:
        return None, f"{service.name} has no deployment to act on"
    reasons: list[str] = []
    for kind in kinds:
        action = _BUILDERS[kind](trouble)
        if isinstance(action, str):
            reasons.append(action)
        elif _tried(action, trouble.attempts):
            reasons.append(f"{describe(action)} was tried already")
        else:
            return action, ""
    return None, "; ".join(reasons)


def _in_order(kinds: tuple[str, ...], trouble: Trouble) -> list[str]:
    """Return the kinds that remedy the cause: what worked before first, what failed last.

    Where the past says as much for each, those the runbook names come first and in its order, then the suggested.
    """
    advised = trouble.runbook.actions if trouble.runbook else ()
    wished = [*advised, *trouble.hypothesis.suggested]
    past = trouble.experience

    def place(kind: str) -> tuple[float, int]:
        return -past.chance(kind, advised=kind in advised), wished.index(kind) if kind in wished else len(wished)

    return sorted(kinds, key=place)


def _tried(action: Action, attempts: Iterable[Attempt]) -> bool:
    return any(not a.backwards and a.action.digest == action.digest for a in attempts)


def _restart(trouble: Trouble) -> Action | str:
    s = trouble.service
    return RestartDeployment(service=s.name, namespace=s.namespace, deployment=s.deployment)


def _roll_back(trouble: Trouble) -> Action | str:
    s, history = trouble.service, _history(trouble)
    previous = history.facts.get("previous") if history else None
    if not isinstance(previous, int) or previous < 1:
        return f"no earlier revision of {s.deployment} is known"
    return RollbackDeployment(service=s.name, namespace=s.namespace, deployment=s.deployment, to_revision=previous)


def _scale(trouble: Trouble) -> Action | str:
    s, history = trouble.service, _history(trouble)
    replicas = history.facts.get("replicas") if history else None
    if not isinstance(replicas, int) or replicas < 1:
        return f"the replicas of {s.deployment} are not known"
    if replicas >= MOST_REPLICAS:
        return f"{s.deployment} has {replicas} replicas already; more than {MOST_REPLICAS} are for people to decide"
    target = min(replicas * 2, MOST_REPLICAS)
    return ScaleDeployment(service=s.name, namespace=s.namespace, deployment=s.deployment, replicas=target)


_BUILDERS: dict[str, Callable[[Trouble], Action | str]] = {
    "restart_deployment": _restart,
    "rollback_deployment": _roll_back,
    "scale_deployment": _scale,
}


def _history(trouble: Trouble) -> Evidence | None:
    """Return the newest rollout history of the service."""
    found = [
        e
        for e in trouble.evidence
        if e.kind is EvidenceKind.ROLLOUTS and e.present and e.service == trouble.service.name
    ]
    return max(found, key=lambda e: e.fetched_at, default=None)


def _cited(trouble: Trouble, action: Action | None) -> tuple[str, ...]:
    """Return what a person should read before saying yes: the hypothesis' evidence, the history and memory used."""
    if action is None:
        return tuple(dict.fromkeys(trouble.hypothesis.evidence))
    history = _history(trouble) if action.kind != "restart_deployment" else None
    past = trouble.experience
    used = (history.evidence_id if history else "", past.evidence_id if past.told(action.kind) else "")
    return tuple(dict.fromkeys((*trouble.hypothesis.evidence, *(ref for ref in used if ref))))
