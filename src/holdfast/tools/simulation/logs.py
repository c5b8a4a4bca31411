"""The simulated shop's log lines: everyday chatter, and what faults make services write."""

from bisect import bisect
from functools import cache
from typing import NamedTuple

import numpy as np

from holdfast.tools.simulation.cluster import pod_names
from holdfast.tools.simulation.noise import seed_of, uniform, word
from holdfast.tools.simulation.topology import LogTemplate
from holdfast.tools.simulation.world import World

LEVELS = ("debug", "info", "warning", "error", "critical")
Span = tuple[float, float]


class LogLine(NamedTuple):
    """One line at `at` (unix seconds). A plain tuple, for an answer is made of hundreds."""

    at: float
    service: str
    pod: str
    level: str
    message: str


def lines(world: World, service: str, environment: str, span: Span, least: str = "debug") -> list[LogLine]:
    """Return every line of at least a level that `service` wrote within `span`, oldest first.

    The same question gets the same lines, and ranges that overlap agree.
    """
    writer = _Writer(world, service, environment)
    written = [
        line
        for template, when in _templates(world, service, environment, span)
        if LEVELS.index(template.level) >= LEVELS.index(least)
        for line in writer.lines(template, when)
    ]
    return sorted(written, key=lambda line: line.at)


def _templates(world: World, service: str, environment: str, span: Span) -> list[tuple[LogTemplate, Span]]:
    """Return what is written in which part of `span`."""
    start, end = span
    found: list[tuple[LogTemplate, Span]] = [(template, span) for template in world.topology.chatter]
    for active in world.faults:
        if active.fault.environment != environment:
            continue
        for template in active.fault.logs:
            if template.service == service:
                found += [(template, (max(start, b), min(end, e))) for b, e in world.wrong(active, end)]
    return found


class _Writer:
    """Writes one service's lines, each by a pod that ran at the time."""

    def __init__(self, world: World, service: str, environment: str) -> None:
        self._world = world
        self._service = service
        self._environment = environment
        effects = [e.at for e in world.effects if e.service == service]
        self._changes = sorted([*effects, *(r.created_at for r in world.rolled_out(service))])
        self._pods = cache(self._pods_after)

    def lines(self, template: LogTemplate, span: Span) -> list[LogLine]:
        """Lay lines out over fixed slots of one mean interval each, so that ranges that overlap agree."""
        start, end = span
        slot = 1.0 / template.rate
        seed = seed_of(self._service, self._environment, template.level, template.text)
        keys = np.arange(int(start // slot), int(end // slot) + 1, dtype=np.int64)
        at = (keys + uniform(seed, keys)) * slot
        chosen = (uniform(seed ^ 0xBEEF, keys) < 0.9) & (at >= start) & (at <= end)
        return [
            LogLine(t, self._service, self._pod(t, k), template.level, _fill(template.text, seed, k))
            for k, t in zip(keys[chosen].tolist(), at[chosen].tolist(), strict=True)
        ]

    def _pod(self, at: float, key: int) -> str:
        pods = self._pods(bisect(self._changes, at))
        return pods[key % len(pods)] if pods else ""

    def _pods_after(self, changes: int) -> tuple[str, ...]:
        """Return the pods that ran once this many changes had happened."""
        return pod_names(self._world, self._service, self._changes[changes - 1] if changes else 0.0)


def _fill(text: str, seed: int, key: int) -> str:
    if "{" not in text:
        return text
    digits = word(seed, key, 16)
    number = int(digits[:8], 16)
    return text.replace("{ms}", str(3 + number % 240)).replace("{id}", str(number % 100_000)).replace("{hex}", digits)
