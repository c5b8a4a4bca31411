"""What moved together: which signals led, followed or went with the one that users feel, and how surely (EVD-2)."""

from holdfast.analysis.causes.scene import Scene
from holdfast.analysis.causes.sourced import Reading
from holdfast.analysis.numbers.correlation import Correlation, correlate

FELT = ("error_ratio", "latency_p99_seconds", "up_ratio", "request_rate")  # by users, the plainest first
MOST = 3  # lines worth a person's time
ORDER = {"leads": 0, "simultaneous": 1, "lags": 2}  # what came first may be why


def moved_together(scene: Scene) -> tuple[str, ...]:
    """Return a line for each signal that moved significantly with what users feel, leaders first, the surest first."""
    effect = next((r for name in FELT if (r := scene.reading(name)) is not None and r.harmed), None)
    if effect is None:
        return ()
    moved = [r for r in scene.readings.values() if r is not effect and r.shift is not None]
    found = [(r, c) for r in moved if (c := correlate(r.series, effect.series)) and c.significant]
    ranked = sorted(found, key=lambda f: (ORDER[f[1].first], -abs(f[1].coefficient), f[0].service, f[0].signal.name))
    return tuple(_told(reading, effect, how) for reading, how in ranked[:MOST])


def _told(cause: Reading, effect: Reading, how: Correlation) -> str:
    whose = (
        f"its {effect.signal.label}"
        if cause.service == effect.service
        else f"{effect.signal.label} of {effect.service}"
    )
    seconds = f"by {abs(how.lag):.0f} s"
    moved = {
        "leads": f"led {whose} {seconds}",
        "lags": f"followed {whose} {seconds}",
        "simultaneous": f"moved with {whose}",
    }
    chance = "p < 0.001" if how.p < 0.001 else "p < 0.01"
    return f"{cause.signal.label} of {cause.service} {moved[how.first]} (r {how.coefficient:.2f}, {chance})"
