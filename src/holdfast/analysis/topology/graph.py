"""The graph the walk goes along: who calls whom, what is an instance of what, what runs on which host."""

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

Names = frozenset[str]


class Role(StrEnum):
    """What a place is; peers, which should behave alike, have the same role."""

    SERVICE = "service"
    INSTANCE = "instance"
    HOST = "host"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Topology:
    """A system's places. Cycles are allowed; a name nobody mentioned has no neighbours and breaks nothing.

    `calls`: caller to callees; `instance_of`: instance to service; `runs_on`: instance to host.
    """

    calls: Mapping[str, Names] = field(default_factory=dict)
    instance_of: Mapping[str, str] = field(default_factory=dict)
    runs_on: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def instances(self) -> Mapping[str, tuple[str, ...]]:
        """Return each service's instances, in the order of their names."""
        found: dict[str, list[str]] = {}
        for instance, service in sorted(self.instance_of.items()):
            found.setdefault(service, []).append(instance)
        return {service: tuple(names) for service, names in found.items()}

    @cached_property
    def _roles(self) -> Mapping[str, Role]:
        roles = dict.fromkeys(self.runs_on.values(), Role.HOST)
        called = (name for names in self.calls.values() for name in names)
        roles |= dict.fromkeys((*self.calls, *called, *self.instances), Role.SERVICE)
        return roles | dict.fromkeys(self.instance_of, Role.INSTANCE)

    @property
    def names(self) -> tuple[str, ...]:
        """Return every place, in the order of their names."""
        return tuple(sorted({*self._roles, *self.runs_on}))

    def role(self, name: str) -> Role:
        """Return what a place is, UNKNOWN for a name that is not in the graph."""
        return self._roles.get(name, Role.UNKNOWN)

    def below(self, name: str) -> Names:
        """Return everything a place calls, directly or through others; itself only when it lies on a cycle."""
        found: set[str] = set()
        waiting = deque(self.calls.get(name, ()))
        while waiting:
            reached = waiting.popleft()
            if reached not in found:
                found.add(reached)
                waiting.extend(self.calls.get(reached, ()))
        return frozenset(found)

    def distance(self, start: str, goal: str) -> int | None:
        """Return how many calls lead from `start` down to `goal`, 0 to itself, None when none do."""
        seen, waiting = {start}, deque([(start, 0)])
        while waiting:
            name, far = waiting.popleft()
            if name == goal:
                return far
            fresh = self.calls.get(name, frozenset()) - seen
            seen |= fresh
            waiting.extend((n, far + 1) for n in fresh)
        return None


def explained(topology: Topology, unwell: Iterable[str]) -> Names:
    """Return those of `unwell` whose trouble another one farther down explains.

    A place is explained by an unwell one it calls, directly or through others, that does not call it back:
    places on one cycle cannot tell which of them began, so none of them explains another.
    """
    names = frozenset(unwell)
    below = {name: topology.below(name) for name in names}
    return frozenset(n for n in names if any(n != d and n not in below[d] for d in below[n] & names))
