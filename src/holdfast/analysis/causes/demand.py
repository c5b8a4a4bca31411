"""Demand rules: is there more work than the service can do?"""

from collections.abc import Iterator

from holdfast.analysis.causes.finding import Finding, either
from holdfast.analysis.causes.scene import Scene
from holdfast.analysis.causes.sourced import Reading
from holdfast.analysis.numbers.correlation import correlate
from holdfast.analysis.numbers.signals import UP
from holdfast.domain.diagnosis import Cause

SATURATED = 0.85  # share of the CPU limit beyond which queues grow
SURGE = 1.3  # times the usual request rate
TWICE = 0.35  # how likely twice the usual traffic is the cause by itself: most services are built for half as much more
MOST_TIMES = 1.6


def cpu_saturation(scene: Scene) -> Iterator[Finding]:
    """CPU stands at its limit while users wait or fail; more traffic, when seen, says why."""
    cpu = scene.reading("cpu_ratio")
    if cpu is None or cpu.shift is None or not cpu.harmed or max(cpu.shift.level, cpu.shift.now) < SATURATED:
        return
    hurt = [r for r in scene.harmed if r.signal.name in ("latency_p99_seconds", "error_ratio")]
    surge = _surge(scene)
    rate = scene.reading("request_rate") if surge else None
    together = correlate(rate.series, cpu.series) if rate else None
    signs = (
        0.45,
        0.2 if hurt else 0.0,
        0.15 if surge else 0.0,
        0.1 if together and together.significant and together.coefficient > 0 else 0.0,
    )
    because = f", because {rate.course}" if rate else ""
    yield Finding(
        cause=Cause.CPU_SATURATION,
        service=scene.service.name,
        strength=either(*signs),
        statement=f"{cpu.course} of its limit{because}{_whats_hurt(hurt)}",
        evidence=tuple(r.evidence_id for r in (cpu, *([rate] if rate else []), *hurt)),
        target=scene.service.deployment,
    )


def traffic_surge(scene: Scene) -> Iterator[Finding]:
    """Far more requests than usual, and users feel it; a resource known to be full is the nearer cause."""
    surge, rate = _surge(scene), scene.reading("request_rate")
    hurt = [r for r in scene.harmed if r.signal.name != "request_rate"]
    if not surge or rate is None or not hurt:
        return
    yield Finding(
        cause=Cause.TRAFFIC_SURGE,
        service=scene.service.name,
        strength=TWICE * min(MOST_TIMES, surge - 1),
        statement=f"{rate.course}, {surge:.1f} times the usual{_whats_hurt(hurt)}",
        evidence=tuple(r.evidence_id for r in (rate, *hurt)),
        target=scene.service.deployment,
    )


def _surge(scene: Scene) -> float:
    """Return how many times the usual request rate there was; 0 when it did not clearly rise."""
    rate = scene.reading("request_rate")
    if rate is None or rate.shift is None or rate.shift.direction != UP or rate.shift.baseline is None:
        return 0.0
    usual = rate.shift.baseline.middle
    times = rate.shift.level / usual if usual > 0 else 0.0
    return times if times >= SURGE else 0.0


def _whats_hurt(hurt: list[Reading]) -> str:
    labels = [r.signal.label for r in hurt]
    return f"; {' and '.join(labels)} suffer{'s' if len(labels) == 1 else ''}" if labels else ""
