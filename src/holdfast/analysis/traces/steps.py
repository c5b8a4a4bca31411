"""What requests no longer do, or newly do: links between steps whose rate left that of a quiet stretch of traces."""

import math

from holdfast.analysis.traces.deviation import Deviation
from holdfast.analysis.traces.own_time import Link
from holdfast.analysis.traces.window import Window

SURE = 4.0  # standard deviations below which a change of counts is chance: hundreds of links are looked at


def rerouted(quiet: Window, troubled: Window) -> list[Deviation]:
    """Return each link with how far its share of its upper step left the usual, blamed on the upper step's place.

    A first step has no upper one and is left to the mix of requests. Where a place is asked for other work
    than usual, what it then does is its caller's doing: such links are given no lift.
    """
    lifts = {link: _lift(link, quiet, troubled) for link in quiet.links.keys() | troubled.links.keys() if link.upper[0]}
    led = _led_elsewhere(lifts)
    return [
        Deviation((link.upper[0],), link.lower[1], 0.0 if led.get(link.upper, set()) - {link.upper[0]} else lift, 1)
        for link, lift in lifts.items()
    ]


def _lift(link: Link, quiet: Window, troubled: Window) -> float:
    """Return |ln| of the change of the link's rate where it is beyond chance, else 0; counts are taken as Poisson."""
    of, of_now = quiet.steps[link.upper], troubled.steps[link.upper]
    if not of or not of_now:
        return 0.0
    count, count_now = quiet.links[link], troubled.links[link]
    rate, rate_now = count / of, count_now / of_now
    spread = math.sqrt((count + 1) / of**2 + (count_now + 1) / of_now**2)
    if abs(rate_now - rate) < SURE * spread:
        return 0.0
    return abs(math.log((rate_now + 1 / of_now) / (rate + 1 / of)))


def _led_elsewhere(lifts: dict[Link, float]) -> dict[tuple[str, str], set[str]]:
    """Return by step the places whose changed links lead to it, directly or through other steps."""
    led: dict[tuple[str, str], set[str]] = {}
    for link, lift in lifts.items():
        if lift:
            led.setdefault(link.lower, set()).add(link.upper[0])
    grown = True
    while grown:  # ends: the sets only grow, and there are finitely many places; cycles add nothing new
        grown = False
        for link in lifts:
            new = led.get(link.upper, set()) - led.get(link.lower, set())
            if new:
                led.setdefault(link.lower, set()).update(new)
                grown = True
    return led
