"""Before logs are mined: passed health checks go, stack traces become one line, neighbours that repeat are counted."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from holdfast.analysis.logs.line import Line
from holdfast.analysis.logs.masking import flattened

_PROBE = re.compile(
    r"kube-probe|ELB-HealthChecker|GoogleHC|/(?:healthz?|readyz?|livez?|liveness|readiness|ping|-/healthy|-/ready)(?![\w-])",
    re.IGNORECASE,
)
_FAILED = re.compile(r"\b(?:fail(?:ed|ure|s)?|timed? ?out|refused|unhealthy|[45]\d\d)\b", re.IGNORECASE)
_FRAME = re.compile(r"^\s+(?:at |File |\.\.\. |\d+: |in )|^Caused by:|^\s{2,}\S")
_PYTHON_TRACE = "Traceback (most recent call last)"
_RAISED = re.compile(
    r"(?:(?:[a-z_]\w*\.)+[A-Z]\w*|[A-Z]\w*(?:Error|Exception|Exit|Interrupt|Iteration|Warning|Group))(?::|$)"
)


@dataclass(frozen=True)
class Repeated:
    """A line and how often it came in a row, numbers aside; `last` is the newest of them."""

    line: Line
    count: int
    last: Line


def is_frame(text: str) -> bool:
    """Return whether raw text belongs to the stack trace of a line before it."""
    return (text[:1].isspace() or text.startswith("Caused by:")) and bool(_FRAME.match(text))


def is_passed_probe(message: str) -> bool:
    """Return whether a line only says that a health check passed; one that failed is worth reading."""
    return bool(_PROBE.search(message)) and not _FAILED.search(message)


def without_probes(lines: Iterable[Line]) -> Iterator[Line]:
    """Leave out passed health checks."""
    return (line for line in lines if not is_passed_probe(line.message))


def folded(lines: Iterable[Line]) -> Iterator[Line]:
    """Join the frames of a stack trace to the line they belong to, so that one failure is one line.

    A frame is a line that begins with two blanks. Where a trace tells at its end what was raised, as Python's do, that
    is the message; the header says nothing.
    """
    held: Line | None = None
    for line in lines:
        if held is not None and line.message.startswith("  "):
            held = _with_frame(held, line)
        elif held is not None and _ends_trace(held, line):
            held = replace(held, message=line.message)
        else:
            if held is not None:
                yield held
            held = line
    if held is not None:
        yield held


def collapsed(lines: Iterable[Line]) -> Iterator[Repeated]:
    """Count lines of a pod that say the same as the one before, numbers aside."""
    said, group = ("", "", ""), list[Line]()
    for line in lines:
        says = (line.pod, line.level, flattened(line.message))
        if group and says != said:
            yield Repeated(group[0], len(group), group[-1])
            group = []
        said = says
        group.append(line)
    if group:
        yield Repeated(group[0], len(group), group[-1])


def _with_frame(held: Line, frame: Line) -> Line:
    text = frame.message.strip()
    cause = text.removeprefix("Caused by:").strip() if text.startswith("Caused by:") else held.cause
    return replace(held, frames=held.frames + 1, cause=cause)


def _ends_trace(held: Line, line: Line) -> bool:
    """Return whether `line` names what the Python trace in `held` ended with."""
    return held.frames > 0 and _PYTHON_TRACE in held.message and bool(_RAISED.match(line.message))
