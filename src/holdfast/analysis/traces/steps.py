"""What requests no longer do, or newly do: links between steps whose rate left that of a quiet stretch of traces."""

from holdfast.analysis.traces.deviation import Deviation, changed_rate
from holdfast.analysis.traces.own_time import Link
from holdfast.analysis.traces.window import Window


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
    of, of_now = quiet.steps[link.upper], troubled.steps[link.upper]
    return changed_rate((quiet.links[link], of), (troubled.links[link], of_now))


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
