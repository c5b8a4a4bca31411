"""Numbers as people write them, with their unit."""


def shown(value: float, unit: str) -> str:
    """Return `value` with its unit: a ratio in per cent, seconds in ms or s; an unknown unit is not written."""
    if unit == "ratio":
        return f"{value:.1%}"
    if unit == "seconds":
        return f"{value * 1000:.0f} ms" if value < 1 else f"{value:.2f} s"
    return f"{value:.3g}/s" if unit == "per_second" else f"{value:.3g}"


def many(count: int, noun: str) -> str:
    """Return a count with its noun, in the plural where there are several or none."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
