"""Pods and events, read into plain values: who is ready, who ended how, what the cluster complained of."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from pydantic import JsonValue

from holdfast.analysis.cleaning import one_line
from holdfast.analysis.observation import Body, text_of, time_of, whole_of
from holdfast.analysis.rows import Tally, list_of, object_of

KILLED_FOR_MEMORY = "OOMKilled"

# What a controller adds to its own name: a template hash, a pod's suffix, or a stateful set's number.
_TAIL = re.compile(r"-(?:[a-z0-9]{6,10}(?:-[a-z0-9]{5})?|\d{1,4})")


@dataclass(frozen=True)
class Pod:
    """One pod. `reason` is why its container waits now, `last_reason` why it last ended."""

    name: str
    deployment: str
    phase: str
    ready: bool
    restarts: int
    reason: str
    last_reason: str
    exit_code: int | None
    started_at: datetime | None
    revision: int
    node: str

    @property
    def out_of_memory(self) -> bool:
        """Return whether the kernel ended its container for memory."""
        return KILLED_FOR_MEMORY in (self.reason, self.last_reason)


@dataclass(frozen=True)
class Event:
    """One event of the cluster; `thing` is what it is about, such as `pod/checkout-1`."""

    time: datetime | None
    kind: str
    reason: str
    thing: str
    message: str
    count: int

    @property
    def warning(self) -> bool:
        """Return whether the cluster calls it a warning."""
        return self.kind.lower() == "warning"


def read_pods(body: Body, tally: Tally | None = None) -> tuple[Pod, ...]:
    """Return the pods of an answer of `get_pods` or `describe_pod`; single bad ones are left out and tallied.

    Raises:
        KeyError: when neither `pods` nor `pod` is there.
        TypeError: when in every row a field has another type, naming it.
        ValueError: when in every row a time or a number is none.
    """
    one = body.get("pod")
    rows = [one] if isinstance(one, dict) else list_of(body, "pods")
    return tuple((tally or Tally()).take(rows, _pod))


def read_events(body: Body, tally: Tally | None = None) -> tuple[Event, ...]:
    """Return the events of an answer of `get_events`, oldest first; single bad ones are left out and tallied.

    Raises:
        KeyError: when `events` is absent.
        TypeError: when in every row a field has another type, naming it.
        ValueError: when in every row a time or a number is none.
    """
    return tuple((tally or Tally()).take(list_of(body, "events"), _event))


def of_deployment(pods: Iterable[Pod], deployment: str) -> tuple[Pod, ...]:
    """Return the pods of one deployment, by its name or, where the source names none, by the pod's own name."""
    return tuple(p for p in pods if p.deployment == deployment or (not p.deployment and belongs(p.name, deployment)))


def belongs(pod: str, deployment: str) -> bool:
    """Return whether a pod's, or replica set's, name says that it is of `deployment`."""
    return pod == deployment or (pod.startswith(f"{deployment}-") and bool(_TAIL.fullmatch(pod[len(deployment) :])))


def ends(pods: Iterable[Pod]) -> Counter[str]:
    """Return how many pods wait for, or last ended for, each reason."""
    return Counter(reason for p in pods for reason in dict.fromkeys((p.reason, p.last_reason)) if reason)


def _pod(raw: JsonValue) -> Pod:
    row = object_of(raw)
    exit_code = row.get("exit_code")
    return Pod(
        name=text_of(row, "name"),
        deployment=text_of(row, "deployment"),
        phase=text_of(row, "phase"),
        ready=row.get("ready") is True,
        restarts=whole_of(row, "restarts"),
        reason=one_line(text_of(row, "reason"), 60),
        last_reason=one_line(text_of(row, "last_reason"), 60),
        exit_code=None if exit_code is None else whole_of(row, "exit_code"),
        started_at=time_of(row, "started_at"),
        revision=whole_of(row, "revision"),
        node=text_of(row, "node"),
    )


def _event(raw: JsonValue) -> Event:
    row = object_of(raw)
    return Event(
        time=time_of(row, "time"),
        kind=text_of(row, "type"),
        reason=one_line(text_of(row, "reason"), 60),
        thing=text_of(row, "object"),
        message=one_line(text_of(row, "message"), 300),
        count=max(1, whole_of(row, "count", 1)),
    )
