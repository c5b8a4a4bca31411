"""The simulated shop's log lines: everyday chatter, and what faults make services write."""

import numpy as np

from holdfast.domain.noun import Noun
from holdfast.tools.simulation.noise import seed_of, uniform, word
from holdfast.tools.simulation.topology import LogTemplate
from holdfast.tools.simulation.world import World

LEVELS = ("debug", "info", "warning", "error", "critical")


class LogLine(Noun):
    """One line at `at` (unix seconds)."""

    at: float
    service: str
    pod: str
    level: str
    message: str


def lines(world: World, service: str, environment: str, start: float, end: float) -> list[LogLine]:
    """Return every line `service` wrote in [start, end], oldest first; the same question, the same lines."""
    written = [
        line for template in world.topology.chatter for line in _written(service, environment, template, (start, end))
    ]
    for active in world.faults:
        if active.fault.environment != environment:
            continue
        for template in active.fault.logs:
            if template.service == service:
                for begin, finish in world.wrong(active, end):
                    span = (max(start, begin), min(end, finish))
                    written += _written(service, environment, template, span)
    return sorted(written, key=lambda line: line.at)


def _written(service: str, environment: str, template: LogTemplate, span: tuple[float, float]) -> list[LogLine]:
    """Lay lines out over fixed slots of one mean interval each, so that ranges that overlap agree."""
    start, end = span
    slot = 1.0 / template.rate
    seed = seed_of(service, environment, template.level, template.text)
    keys = np.arange(int(start // slot), int(end // slot) + 1, dtype=np.int64)
    at = (keys + uniform(seed, keys)) * slot
    happens = uniform(seed ^ 0xBEEF, keys) < 0.9
    chosen = [(int(k), float(t)) for k, t, ok in zip(keys, at, happens, strict=True) if ok and start <= t <= end]
    return [
        LogLine(
            at=t,
            service=service,
            pod=f"{service}-{word(seed, k, 5)}",
            level=template.level,
            message=_fill(template.text, seed, k),
        )
        for k, t in chosen
    ]


def _fill(text: str, seed: int, key: int) -> str:
    digits = int(word(seed, key, 8), 16)
    return (
        text.replace("{ms}", str(3 + digits % 240))
        .replace("{id}", str(digits % 100_000))
        .replace("{hex}", word(seed, key, 16))
    )
