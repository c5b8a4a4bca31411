"""The port to a cluster that is looked at, and the choice between several by name."""

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple, Protocol

from pydantic import JsonValue

from holdfast.domain.noun import Noun
from holdfast.tools.errors import Word, no

Row = dict[str, JsonValue]
Kind = Literal[
    "nodes",
    "deployments",
    "services",
    "ingresses",
    "quotas",
    "network_policies",
    "config_maps",
    "claims",
    "volumes",
    "classes",
]
# What is in no namespace.
WIDE: frozenset[Kind] = frozenset({"nodes", "volumes", "classes"})


class Found(NamedTuple):
    """Rows of docs/tool-contracts.md, and in `cut` what is missing from them."""

    rows: list[Row]
    cut: str = ""


class Lines(NamedTuple):
    """Lines of a log, oldest first, and in `cut` what is missing from them."""

    lines: list[str]
    cut: str = ""


class LogsAsked(Noun):
    """Which lines: the newest `tail` of a pod's container, of the one before it with `previous`."""

    pod: str
    container: str = ""
    previous: bool = False
    tail: int = 200


class Cluster(Protocol):
    """One cluster, looked at. Every method raises a `not_found` error for a namespace or object that is not there."""

    name: str

    async def pods(self, namespace: str, selector: Mapping[str, str]) -> Found:
        """Return the pods whose field or label has each selected value."""
        ...

    async def describe_pod(self, namespace: str, pod: str) -> dict[str, Any]:
        """Return `{pod, conditions, events, labels, cut}` of one pod."""
        ...

    async def events(self, namespace: str, since: str) -> Found:
        """Return events, oldest first; `since` is RFC 3339, or empty for an hour back."""
        ...

    async def logs(self, namespace: str, asked: LogsAsked) -> Lines:
        """Return a pod's newest lines; that there are more than were asked for need not be said."""
        ...

    async def rollout_history(self, namespace: str, deployment: str) -> dict[str, Any]:
        """Return `{deployment, replicas, current, revisions, cut}`."""
        ...

    async def listed(self, kind: Kind, namespace: str) -> Found:
        """Return every object of a kind; those of WIDE are in no namespace."""
        ...


class Clusters:
    """Clusters by name; the first is meant when none is named."""

    def __init__(self, *clusters: Cluster) -> None:
        self._by_name = {c.name: c for c in clusters}

    def named(self, name: str) -> Cluster:
        """Return a cluster.

        Raises:
            ToolError: `not_found`, with the names there are.
        """
        found = self._by_name.get(name or next(iter(self._by_name)))
        if found is None:
            raise no(Word.NOT_FOUND, f"no cluster {name!r}; there are: {', '.join(self._by_name)}")
        return found


def of(what: str, cut: str) -> str:
    """Return what is missing with a word before it that says of what; nothing where nothing is."""
    return f"{what}: {cut}" if cut else ""


def joined(*cuts: str) -> str:
    """Return everything that is missing, in one text."""
    return "; ".join(filter(None, cuts))


def matches(row: Row, labels: Mapping[str, Any], selector: Mapping[str, str]) -> bool:
    """Return whether each selected key, a field of the row or a label, has its value."""
    return all(value in (str(row.get(key)), labels.get(key)) for key, value in selector.items())
