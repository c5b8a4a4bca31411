"""Fourth step of the logs: which service's errors name which other service as out of reach."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from holdfast.analysis.logs.patterns import Template

# What a caller says of one it cannot reach, or that answers with a failure of its own. Together with a name it points
# there, so that single words are enough.
_OUT_OF_REACH = re.compile(
    r"\b(?:refused|unreachable|unavailable|time[ds]?[ -]?out|deadline exceeded|reset by peer|connection|broken pipe"
    r"|no (?:such )?host|no route|bad gateway|50[234]|(?:could ?n[o']t|can(?:not|'t)|unable to|fail(?:ed|ure)? to)"
    r" (?:connect|reach|call|resolve|dial))\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class PeerError:
    """Errors of one service about another: `count` lines of one template, `after` of them since the onset."""

    caller: str
    callee: str
    count: int
    after: int
    grown: bool
    first_seen: datetime | None
    example: str


def names(text: str, service: str) -> bool:
    """Return whether `text` names a service or a pod of it; "orders-db" does not name "orders"."""
    pod = r"(?:-\d+|-[a-z0-9]{6,10}-[a-z0-9]{5})?"
    return bool(service) and bool(re.search(rf"(?<![\w-]){re.escape(service)}{pod}(?![\w-])", text, re.IGNORECASE))


def out_of_reach(text: str) -> bool:
    """Return whether a line tells of another that could not be reached or answered with a failure."""
    return bool(_OUT_OF_REACH.search(text))


def peer_errors(caller: str, templates: Iterable[Template], services: Iterable[str]) -> tuple[PeerError, ...]:
    """Return the errors among `templates`, written by `caller`, that name one of `services`: grown first, then most."""
    others = [s for s in dict.fromkeys(services) if s != caller]
    found = [
        PeerError(caller, other, t.count, t.after, t.grown, t.first_seen, t.example)
        for t in templates
        if t.severe and out_of_reach(t.example)
        for other in others
        if names(t.example, other)
    ]
    return tuple(sorted(found, key=lambda e: (not e.grown, -e.count, e.callee, e.example)))
