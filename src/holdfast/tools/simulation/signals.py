"""The simulated shop's metrics: a normal level with noise and daily rhythm, bent by whatever is wrong at the time."""

import numpy as np

from holdfast.tools.simulation.faults import SignalEffect
from holdfast.tools.simulation.noise import Floats, bell, seed_of
from holdfast.tools.simulation.topology import SimulatedService
from holdfast.tools.simulation.world import ActiveFault, World

DAY = 86400.0
# How long a signal takes to settle after a cure, seconds.
SETTLE = 0.8
# Relative noise of each signal; ratios near zero get an absolute floor as well.
_NOISE = {
    "error_ratio": 0.25,
    "request_rate": 0.04,
    "latency_p99_seconds": 0.06,
    "cpu_ratio": 0.05,
    "memory_ratio": 0.015,
}


def signal(world: World, service: str, environment: str, name: str, times: Floats) -> Floats:
    """Return the values of one signal at `times` (unix seconds), in the units of docs/tool-contracts.md."""
    normal = _normal(world.topology.services[service], environment, name, times)
    values = normal.copy()
    for active in world.faults:
        if active.fault.environment == environment:
            for effect in active.fault.signals:
                if (effect.service, effect.signal) == (service, name):
                    values = _bent(world, active, effect, times, values)
    noisy = values * (1 + _NOISE.get(name, 0.0) * bell(seed_of(service, environment, name), times.astype(np.int64)))
    if name == "restarts_total":
        return np.floor(values)
    return np.clip(noisy, 0.0, 1.0 if name.endswith("ratio") else None)


def _normal(s: SimulatedService, environment: str, name: str, times: Floats) -> Floats:
    """Return the level without noise; load follows the hour of the day, and latency follows load a little."""
    rhythm = 1 + 0.25 * np.sin(2 * np.pi * (times - 0.35 * DAY) / DAY)
    share = 1.0 if environment == "production" else 0.05
    levels = {
        "error_ratio": np.full_like(times, 0.002),
        "request_rate": s.request_rate * share * rhythm,
        "latency_p99_seconds": s.latency * (0.9 + 0.1 * rhythm),
        "cpu_ratio": s.cpu * (0.4 + 0.6 * rhythm) * (1.0 if share == 1.0 else 0.3),
        "memory_ratio": np.full_like(times, s.memory),
        "restarts_total": np.zeros_like(times),
        "up_ratio": np.ones_like(times),
    }
    return levels[name]


def _bent(world: World, active: ActiveFault, effect: SignalEffect, times: Floats, values: Floats) -> Floats:
    """Pull values towards the effect's level while the fault holds, and let them settle after a cure."""
    bent = values.copy()
    last = float(times[-1]) if len(times) else 0.0
    for start, end in world.wrong(active, last + 1):
        begun = start + effect.after
        inside = (times >= begun) & (times < end)
        after = (times >= end) & (times < end + SETTLE)
        how_far = _shape(effect, times - begun)
        target = effect.to if effect.to is not None else 0.0
        aim = values * effect.times if effect.times is not None else np.full_like(values, target)
        if effect.signal == "restarts_total":
            count = np.floor(np.clip(np.minimum(times, end) - begun, 0, None) / effect.over)
            bent = np.where(times >= begun, bent + count, bent)
            continue
        bent = np.where(inside, bent + (aim - bent) * how_far, bent)
        fading = np.clip(1 - (times - end) / SETTLE, 0, 1)
        bent = np.where(after, bent + (aim - bent) * fading * _shape(effect, np.full_like(times, end - begun)), bent)
    return bent


def _shape(effect: SignalEffect, since: Floats) -> Floats:
    """Return how much of the effect is felt `since` seconds after it began, 0 to 1."""
    if effect.shape == "ramp":
        return np.clip(since / effect.over, 0, 1)
    if effect.shape == "sawtooth":
        return 0.35 + 0.65 * np.mod(np.clip(since, 0, None), effect.over) / effect.over
    return np.ones_like(since)
