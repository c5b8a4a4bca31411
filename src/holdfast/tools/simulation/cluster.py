"""The simulated shop's cluster: pods, events and rollouts as a Kubernetes API would tell them."""

import math
from datetime import UTC, datetime

from pydantic import JsonValue

from holdfast.tools.simulation.faults import FaultEvent, PodState
from holdfast.tools.simulation.noise import seed_of, word
from holdfast.tools.simulation.world import ActiveFault, World

Object = dict[str, JsonValue]
MEGABYTE = 1024 * 1024
# So many places a deployment may have; the next lives of its pods are counted from there.
MOST_REPLICAS = 1000


def stamp(at: float) -> str:
    """Return unix seconds as RFC 3339 in UTC."""
    return datetime.fromtimestamp(at, UTC).isoformat()


def pods(world: World, at: float, environment: str = "production") -> list[Object]:
    """Return every pod of the namespace, services in alphabetical order."""
    return [p for service in sorted(world.topology.services) for p in _pods_of(world, service, at, environment)]


def events(world: World, since: float, at: float) -> list[Object]:
    """Return the events in [since, at], oldest first."""
    found: list[tuple[float, Object]] = []
    for active in world.faults:
        for event in active.fault.events:
            found += _fault_events(world, active, event, (since, at))
        if active.fault.rollout is not None:
            when = active.onset - active.fault.rollout.before
            message = f"Scaled up replica set for {active.fault.rollout.image}"
            found.append(
                (
                    when,
                    _event(when, "Normal", "ScalingReplicaSet", f"deployment/{active.fault.rollout.service}", message),
                )
            )
    for effect in world.effects:
        text = f"{effect.kind.replace('_', ' ')} took effect"
        found.append((effect.at, _event(effect.at, "Normal", "Updated", f"deployment/{effect.service}", text)))
    return [e for when, e in sorted(found, key=lambda pair: pair[0]) if since <= when <= at]


def rollout_history(world: World, service: str, at: float) -> Object:
    """Return the revisions of a deployment, oldest first, and which one runs."""
    revisions: list[JsonValue] = [
        {
            "revision": r.revision,
            "created_at": stamp(r.created_at),
            "image": r.image,
            "change_cause": r.change_cause,
            "commit": r.commit,
        }
        for r in world.revisions(service, at)
    ]
    return {
        "cluster": "simulated",
        "namespace": world.topology.namespace,
        "deployment": service,
        "replicas": world.replicas(service, at),
        "current": world.revision(service, at),
        "revisions": revisions,
    }


def _pods_of(world: World, service: str, at: float, environment: str) -> list[Object]:
    s = world.topology.services[service]
    if s.kind == "external":
        return []
    revision = world.revision(service, at)
    state, begun = _state(world, service, at, environment)
    made: list[Object] = []
    for n, (name, born) in enumerate(_slots(world, service, at)):
        sick = state is not None and (n == 0 or not state.ready)
        restarts = int((at - begun) // state.restart_every) if sick and state and state.restart_every else 0
        made.append(
            {
                "name": name,
                "deployment": service if s.kind == "deployment" else "",
                "phase": "Running",
                "ready": not sick or (state is not None and state.ready),
                "restarts": restarts,
                "reason": state.reason if sick and state else "",
                "last_reason": state.last_reason if sick and state else "",
                "exit_code": state.exit_code if sick and state else None,
                "started_at": stamp(born),
                "node": f"node-{1 + n % 3}",
                "image": _image(world, service, revision, at),
                "revision": revision,
                "memory_limit_bytes": s.memory_limit_mb * MEGABYTE,
            }
        )
    return made


def pod_names(world: World, service: str, at: float) -> tuple[str, ...]:
    """Return the names of a service's pods at a time; what runs elsewhere has none."""
    if world.topology.services[service].kind == "external":
        return ()
    return tuple(name for name, _ in _slots(world, service, at))


def _slots(world: World, service: str, at: float) -> list[tuple[str, float]]:
    """Return name and birth of each pod; a restart or another revision renews all, a deletion renews one."""
    effects = world.effects_on(service, at)
    renewals = [e.at for e in effects if e.kind in ("restart_deployment", "rollback_deployment")]
    deleted = {str(e.arguments["pod"]): e.at for e in effects if e.kind == "restart_pod"}
    seed = seed_of(service, str(world.revision(service, at)), str(len(renewals)))
    born = renewals[-1] if renewals else at - at % 86400 - 86400
    return [
        _slot(f"{service}-{word(seed, 0, 9)}", seed, n, (born, deleted)) for n in range(world.replicas(service, at))
    ]


def _slot(prefix: str, seed: int, number: int, lives: tuple[float, dict[str, float]]) -> tuple[str, float]:
    """Return the pod that holds a place now: the first one, or the one after the last that was deleted."""
    born, deleted = lives
    life = 0
    while (name := f"{prefix}-{word(seed, 1 + number + MOST_REPLICAS * life, 5)}") in deleted:
        born, life = deleted[name], life + 1
    return name, born


def _state(world: World, service: str, at: float, environment: str) -> tuple[PodState | None, float]:
    """Return what a fault makes of the service's pods now, and since when."""
    for active in world.faults:
        ranges = world.wrong(active, at)
        holds = any(start <= at < max(end, at + 1) and end >= at for start, end in ranges)
        for state in active.fault.pods:
            if state.service == service and active.fault.environment == environment and holds:
                return state, ranges[-1][0]
    return None, at


def _image(world: World, service: str, revision: int, at: float) -> str:
    found = [r.image for r in world.revisions(service, at) if r.revision == revision]
    return found[-1] if found else world.topology.services[service].image


def _fault_events(
    world: World, active: ActiveFault, event: FaultEvent, span: tuple[float, float]
) -> list[tuple[float, Object]]:
    found: list[tuple[float, Object]] = []
    for start, end in world.wrong(active, span[1]):
        first = max(0, math.ceil((span[0] - start) / event.every))
        for n in range(first, int((end - start) // event.every) + 1):
            when = start + n * event.every
            pod = next(iter(pod_names(world, event.service, when)), "")
            found.append((when, _event(when, event.type, event.reason, f"pod/{pod}", event.message)))
    return found


def _event(at: float, kind: str, reason: str, name: str, message: str) -> Object:
    return {"time": stamp(at), "type": kind, "reason": reason, "object": name, "message": message, "count": 1}
