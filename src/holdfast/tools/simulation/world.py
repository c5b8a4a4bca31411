"""What has happened to the simulated shop: faults that began, actions that took effect, and so what is wrong when."""

from typing import Any

from pydantic import Field, JsonValue

from holdfast.domain.noun import Noun
from holdfast.tools.simulation.faults import Cure, Fault
from holdfast.tools.simulation.noise import seed_of, word
from holdfast.tools.simulation.topology import Topology


class Effect(Noun):
    """One change that an action made, at `at` (unix seconds)."""

    grant_id: str
    incident: str = ""
    kind: str
    service: str
    arguments: dict[str, JsonValue] = Field(default_factory=dict)
    at: float
    result: dict[str, JsonValue] = Field(default_factory=dict)


class ActiveFault(Noun):
    """A fault that began at `onset` (unix seconds)."""

    fault: Fault
    onset: float

    @property
    def begun(self) -> float:
        """Return when it was injected, unix seconds: its file says how long before that its onset lies."""
        return self.onset + self.fault.onset


class Revision(Noun):
    """One revision of a deployment's template."""

    revision: int
    created_at: float
    image: str
    change_cause: str
    commit: str


class World(Noun):
    """Everything that answers depend on, besides the time they are asked for."""

    topology: Topology
    faults: tuple[ActiveFault, ...] = ()
    effects: tuple[Effect, ...] = ()

    def effects_on(self, service: str, until: float) -> list[Effect]:
        """Return the effects on `service` up to `until`, oldest first."""
        return [e for e in self.effects if e.service == service and e.at <= until]

    def replicas(self, service: str, at: float) -> int:
        """Return how many replicas `service` has at a time."""
        scaled = [e for e in self.effects_on(service, at) if e.kind == "scale_deployment"]
        return int(_number(scaled[-1].arguments["replicas"])) if scaled else self.topology.services[service].replicas

    def revision(self, service: str, at: float) -> int:
        """Return which revision of `service` runs at a time."""
        current = self.topology.services[service].revision
        changes = [(r.created_at, r.revision) for r in self.rolled_out(service) if r.created_at <= at]
        changes += [
            (e.at, int(_number(e.arguments["to_revision"])))
            for e in self.effects_on(service, at)
            if e.kind == "rollback_deployment"
        ]
        return max(changes)[1] if changes else current

    def revisions(self, service: str, at: float) -> list[Revision]:
        """Return every revision known at a time, oldest first."""
        s = self.topology.services[service]
        past = [
            Revision(
                revision=s.revision - back,
                created_at=at - at % 86400 - 86400 * (3 * back + 2),
                image=s.image if back == 0 else f"{s.image.split(':')[0]}:r{s.revision - back}",
                change_cause="scheduled release",
                commit=word(seed_of(service), s.revision - back, 12),
            )
            for back in (2, 1, 0)
            if s.revision - back > 0
        ]
        return past + [r for r in self.rolled_out(service) if r.created_at <= at]

    def rolled_out(self, service: str) -> list[Revision]:
        """Return the revisions that faults brought, oldest first."""
        found = [
            Revision(
                revision=self.topology.services[service].revision + 1,
                created_at=f.onset - f.fault.rollout.before,
                image=f.fault.rollout.image,
                change_cause=f.fault.rollout.change_cause,
                commit=f.fault.rollout.commit,
            )
            for f in self.faults
            if f.fault.rollout is not None and f.fault.rollout.service == service
        ]
        return sorted(found, key=lambda r: r.created_at)

    def wrong(self, active: ActiveFault, until: float) -> list[tuple[float, float]]:
        """Return when a fault holds, as [start, end) ranges up to `until`; undoing a cure brings it back."""
        ranges: list[tuple[float, float]] = []
        start: float | None = active.onset
        service = active.fault.service
        for effect in [e for e in self.effects if e.at >= active.onset]:
            cured = any(_cures(c, effect, active, self) for c in active.fault.cures)
            undone = effect.service == service and _undoes(effect, active, self)
            if start is not None and cured:
                ranges.append((start, effect.at))
                start = None
            elif start is None and undone:
                start = effect.at
        if start is not None:
            ranges.append((start, max(until, start)))
        return ranges


def _cures(cure: Cure, effect: Effect, active: ActiveFault, world: World) -> bool:
    if effect.kind != cure.kind or effect.service != cure.service:
        return False
    if cure.kind == "rollback_deployment":
        return int(_number(effect.arguments["to_revision"])) < _bad_revision(active, world)
    if cure.kind == "scale_deployment":
        return int(_number(effect.arguments["replicas"])) >= cure.min_replicas
    return True


def _undoes(effect: Effect, active: ActiveFault, world: World) -> bool:
    """Return whether an effect takes a cure back: rolling forward again, or scaling down again."""
    if effect.kind == "rollback_deployment" and active.fault.rollout is not None:
        return int(_number(effect.arguments["to_revision"])) >= _bad_revision(active, world) and any(
            c.kind == "rollback_deployment" for c in active.fault.cures
        )
    floor = max((c.min_replicas for c in active.fault.cures if c.kind == "scale_deployment"), default=0)
    return effect.kind == "scale_deployment" and int(_number(effect.arguments["replicas"])) < floor


def _bad_revision(active: ActiveFault, world: World) -> int:
    service = active.fault.rollout.service if active.fault.rollout else active.fault.service
    return world.topology.services[service].revision + 1


def _number(value: Any) -> float:
    return float(value)
