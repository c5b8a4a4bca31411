"""What an alert says of its own condition: which signal it is about, and the bound it names."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from holdfast.analysis.numbers.signals import DOWN, SIGNALS, UP, Signal
from holdfast.domain.alert import Alert

# Beginnings of the words by which people speak of each signal; the first that fits wins, as slow requests are requests.
_ABOUT: dict[str, re.Pattern[str]] = {
    name: re.compile(rf"(?<![a-z])(?:{words})", re.IGNORECASE)
    for name, words in (
        ("latency_p99_seconds", r"latenc|p9\d|slow|duration|response[ _]?time|apdex"),
        ("error_ratio", r"error|fail|5xx|availab|success"),
        ("cpu_ratio", r"cpu"),
        ("memory_ratio", r"memory|heap"),
        ("restarts_total", r"restart"),
        ("request_rate", r"request|traffic|throughput|rps|qps"),
    )
}
_WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_BOUND = re.compile(
    r"(?P<up>above|over|exceed(?:s|ed|ing)?|(?:more|greater|higher|longer|slower) than|>=?)"
    r"|(?P<down>below|under|(?:less|lower|fewer) than|<=?)",
    re.IGNORECASE,
)
_NUMBER = re.compile(
    r"\s*(?:the |its |a )?(?:threshold |limit |objective )?(?:of )?(\d+(?:\.\d+)?)\s*(%|[a-z/]*)", re.IGNORECASE
)
_SECONDS = {
    "ms": 0.001,
    "millisecond": 0.001,
    "s": 1.0,
    "sec": 1.0,
    "second": 1.0,
    "m": 60.0,
    "min": 60.0,
    "minute": 60.0,
}
_OF_SUCCESS = re.compile(r"availab|success", re.IGNORECASE)
_RATE_OF_LOSS = re.compile(r"burn|budget", re.IGNORECASE)  # times as fast as allowed: no level of any signal
_THRESHOLD = re.compile(r"threshold|limit", re.IGNORECASE)


@dataclass(frozen=True)
class Bound:
    """The alert's condition holds while `signal`, in its own unit, lies beyond `value` in `direction`."""

    signal: str
    value: float
    direction: int
    alert: str

    def holds(self, level: float) -> bool:
        """Return whether the condition holds at this level."""
        return (level - self.value) * self.direction > 0

    def __str__(self) -> str:
        """Return the condition as a person reads it."""
        word = "above" if self.direction == UP else "below"
        return f"{word} the {SIGNALS[self.signal].show(self.value)} that {self.alert} names"


def signal_about(text: str) -> str:
    """Return the signal that a name or sentence speaks of, or nothing."""
    spaced = _WORDS.sub(" ", text)
    return next((name for name, words in _ABOUT.items() if words.search(spaced)), "")


def bounds_of(alert: Alert) -> Iterator[Bound]:
    """Yield each bound that the alert's summary, annotations or labels state, where it is plain of which signal."""
    told = {**alert.labels, **alert.annotations}
    for text in dict.fromkeys((alert.summary, *told.values())):
        yield from _in_text(alert, text)
    for key, text in told.items():
        found = _NUMBER.fullmatch(text)
        signal = SIGNALS.get(signal_about(f"{key} {alert.name}"))
        value = _in_unit(signal, found[1], found[2]) if found and signal and _THRESHOLD.search(key) else None
        if signal and value is not None:
            yield Bound(signal.name, value, signal.harmful, alert.name)


def _in_text(alert: Alert, text: str) -> Iterator[Bound]:
    if _RATE_OF_LOSS.search(text):
        return
    for word in _BOUND.finditer(text):
        found = _NUMBER.match(text, word.end())
        # What is named before the bound is nearest to it; a number of seconds is no bound of a ratio.
        named = (SIGNALS.get(signal_about(said)) for said in (text[: word.start()], text, alert.name))
        for signal in filter(None, named if found else ()):
            value = _in_unit(signal, found[1], found[2]) if found else None
            if value is not None:
                yield _bound(alert, signal, value, UP if word["up"] else DOWN, text)
                break


def _bound(alert: Alert, signal: Signal, value: float, direction: int, text: str) -> Bound:
    if signal.name == "error_ratio" and direction == DOWN and _OF_SUCCESS.search(text):
        return Bound(signal.name, 1 - value, UP, alert.name)
    return Bound(signal.name, value, direction, alert.name)


def _in_unit(signal: Signal, number: str, unit: str) -> float | None:
    """Return the number in the signal's unit; None where its unit is another's, such as minutes of a ratio."""
    value, word = float(number), unit.lower().removesuffix("s") if len(unit) > 2 else unit.lower()
    if signal.unit == "ratio":
        percent = word in ("%", "percent") or (word not in _SECONDS and value > 1)
        return None if word in _SECONDS else value / 100 if percent else value
    if signal.unit == "seconds":
        # A bare number is in seconds as Prometheus has it; nobody waits minutes for a request, so larger ones are not.
        bare = 0.001 if value >= _SECONDS["m"] else 1.0
        return None if word == "%" else value * _SECONDS.get(word, bare)
    return None if word == "%" or word in _SECONDS else value
