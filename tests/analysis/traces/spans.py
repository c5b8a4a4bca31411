"""Made-up traces: a shop front that asks two services, one of which may be slow, absent or cut off."""

from collections.abc import Iterable

from holdfast.analysis.traces.own_time import own_times
from holdfast.analysis.traces.span import Span
from holdfast.analysis.traces.window import Window, window


def span(name: str, place: str, start: float, duration: float, parent: str = "", trace: str = "t") -> Span:
    return Span(trace, name, parent, place, f"{place} {name}", start, duration)


def request(number: int, *, stock: float = 0.01, price: float = 0.01, network: float = 0.001) -> list[Span]:
    """One request: the shop asks stock, then price; each call takes the callee's seconds and the network's."""
    trace, start = f"t{number}", 10.0 * number
    asked = [("stock", stock, network), ("price", price, 0.001)]
    spans, at = [], start + 0.002
    for name, seconds, wire in asked:
        spans.append(Span(trace, f"ask {name}", "root", "shop", f"ask {name}", at, seconds + wire))
        spans.append(Span(trace, name, f"ask {name}", name, "answer", at + wire / 2, seconds))
        at += seconds + wire
    return [Span(trace, "root", "none", "shop", "buy", start, at - start + 0.002), *spans]


def requests(count: int, **seconds: float) -> list[Span]:
    return [s for n in range(count) for s in request(n, **seconds)]


def seen(spans: Iterable[Span]) -> Window:
    return window(own_times(spans))
