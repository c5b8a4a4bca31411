"""What `kubectl get` and `kubectl describe` print, read back into values."""

import re
from datetime import datetime, timedelta

from holdfast.analysis.readings.pods import Event, Pod

_AGE = re.compile(r"(\d+)([dhms])")
_SECONDS = {"d": 86400, "h": 3600, "m": 60, "s": 1}
_SEEN = re.compile(r"^\s+(Normal|Warning)\s+(\S+)\s+(\S+(?: \(x\d+ over [^)]+\))?|<unknown>)\s+(\S+)\s+(.*)$")
_LISTED = re.compile(r"^(\S+)\s+(Normal|Warning)\s+(\S+)\s+(\S+/\S+)\s+(.*)$")


def age(text: str) -> timedelta:
    """Return what kubectl prints as an age."""
    return timedelta(seconds=sum(int(n) * _SECONDS[u] for n, u in _AGE.findall(text)))


def rows(text: str) -> list[dict[str, str]]:
    """Return a printed table's rows by column; columns begin where their heading does."""
    lines = [line for line in text.splitlines() if line.strip()]
    if not lines:
        return []
    starts = [(m.group(), m.start()) for m in re.finditer(r"\S+(?: \S+)*", lines[0])]
    ends = [s for _, s in starts[1:]] + [None]
    return [{n: line[s:e].strip() for (n, s), e in zip(starts, ends, strict=True)} for line in lines[1:]]


def field(text: str, name: str) -> str:
    """Return one top-level field of a description."""
    found = re.search(rf"^{re.escape(name)}:[ \t]*(.*)$", text, re.M)
    return found[1].strip() if found else ""


def fields(text: str, name: str) -> list[str]:
    """Return a field of several lines, such as labels."""
    found = re.search(rf"^{re.escape(name)}:[ \t]*(.*(?:\n[ \t]+\S.*)*)", text, re.M)
    values = [v.strip() for v in found[1].splitlines()] if found else []
    return [v for v in values if v and not v.startswith("<")]


def pairs(values: list[str]) -> dict[str, str]:
    """Return `key=value` lines as a mapping."""
    return {k: v for k, sign, v in (v.partition("=") for v in values) if sign}


def events_of(description: str, thing: str, at: datetime) -> list[Event]:
    """Return the events at the end of a description."""
    found = [_SEEN.match(line) for line in description.partition("\nEvents:")[2].splitlines()]
    return [Event(at - age(m[3].split(" ")[0]), m[1], m[2], thing, m[5], _count(m[3])) for m in reversed(found) if m]


def _count(text: str) -> int:
    found = re.search(r"\(x(\d+)", text)
    return int(found[1]) if found else 1


def listed_events(text: str, at: datetime) -> list[Event]:
    """Return the events of `kubectl get events`, oldest first."""
    found = [_LISTED.match(line) for line in text.splitlines()]
    told = [Event(at - age(m[1]), m[2], m[3], m[4], m[5], 1) for m in found if m]
    return sorted(told, key=lambda e: e.time or at)


def pod(name: str, text: str, status: str) -> Pod:
    """Return one described pod; `status` is what `kubectl get` says of it."""
    own = text.partition("\nContainers:")[2].partition("\nConditions:")[0]
    states = re.findall(r"^    (State|Last State):\s+(\S+)(?:\n      Reason:\s+(\S+))?", own, re.M)
    waiting = [r for k, s, r in states if k == "State" and s == "Waiting" and r]
    ended = [r for k, s, r in states if (k == "Last State" or s == "Terminated") and r]
    codes = re.findall(r"^      Exit Code:\s+(\d+)", own, re.M)
    restarts = [int(n) for n in re.findall(r"^    Restart Count:\s+(\d+)", own, re.M)]
    owner = field(text, "Controlled By").partition("/")
    node = field(text, "Node").partition("/")[0]
    return Pod(
        name=name,
        deployment=re.sub(r"-[a-z0-9]{5,10}$", "", owner[2]) if owner[0] == "ReplicaSet" else owner[2],
        phase=field(text, "Status"),
        ready=bool(re.search(r"^  Ready\s+True", text, re.M)),
        restarts=max(restarts, default=0),
        reason=waiting[0] if waiting else (status if status != field(text, "Status") else ""),
        last_reason=ended[0] if ended else "",
        exit_code=int(codes[-1]) if codes else None,
        started_at=None,
        revision=0,
        node="" if node.startswith("<") else node,
    )
