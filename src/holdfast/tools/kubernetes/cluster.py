"""One real cluster, looked at through its API server."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from mcp.server.mcpserver.exceptions import ToolError

from holdfast.tools.errors import Word, no
from holdfast.tools.kubernetes.clusters import WIDE, Found, Kind, Lines, LogsAsked, Row, joined, matches, of
from holdfast.tools.kubernetes.connection import Connection, Object, Rows
from holdfast.tools.kubernetes.listings import listed
from holdfast.tools.kubernetes.logs import newest
from holdfast.tools.kubernetes.reading.history import event_row, rollout
from holdfast.tools.kubernetes.reading.plain import name_of, part
from holdfast.tools.kubernetes.reading.pods import condition_rows, pod_row

MOST = 2000  # objects of one list
MOST_EVENTS = 10_000  # the API lists them by name, so that the newest may be the last of them
EVENTS_PAGE = 1000  # an event is a kilobyte or two, where a pod may have twenty
_DEFAULT_CONTAINER = "kubectl.kubernetes.io/default-container"


class RealCluster:
    """Implements the port Cluster."""

    def __init__(self, name: str, connection: Connection) -> None:
        self.name = name
        self._api = connection

    async def pods(self, namespace: str, selector: Mapping[str, str]) -> Found:
        """Return the pods whose field or label has each selected value."""
        found = await self._api.items(core(namespace, "pods"), MOST)
        if not found.items:
            await self._check(namespace)
            return Found([])
        sets, cut = await self._sets(namespace)
        rows = [pod_row(p, sets) for p in found.items]
        kept = [r for r in rows if matches(r, part(r, "labels"), selector)]
        return Found(kept, joined(of("pods", found.cut), cut))

    async def describe_pod(self, namespace: str, pod: str) -> Object:
        """Return one pod with its conditions, events and labels."""
        got = await self._api.get(core(namespace, "pods", pod))
        of_it = f"involvedObject.kind=Pod,involvedObject.name={pod}"
        events = await self._events(namespace, fieldSelector=of_it)
        sets, cut = await self._sets(namespace)
        row = pod_row(got, sets)
        return {
            "pod": row,
            "conditions": condition_rows(got),
            "events": _oldest_first(map(event_row, events.items)),
            "labels": row["labels"],
            "cut": joined(of("events", events.cut), cut),
        }

    async def events(self, namespace: str, since: str) -> Found:
        """Return events since a time, an hour back by default, oldest first."""
        start = _since(since)
        found = await self._events(namespace)
        if not found.items:
            await self._check(namespace)
        rows = [r for r in map(event_row, found.items) if datetime.fromisoformat(str(r["time"])) >= start]
        unread = f"{found.cut}, perhaps newer, for they come by name" if found.cut else ""
        return Found(_oldest_first(rows), of("read", unread))

    async def logs(self, namespace: str, asked: LogsAsked) -> Lines:
        """Return the newest lines of one container: the one asked for, the pod's default, or its first."""
        pod = await self._api.get(core(namespace, "pods", asked.pod))
        first = name_of({"metadata": (part(pod, "spec").get("containers") or [{}])[0]})
        default = part(pod, "metadata", "annotations").get(_DEFAULT_CONTAINER, first)
        path = core(namespace, "pods", asked.pod) + "/log"
        told = {"container": asked.container or str(default), "previous": str(asked.previous).lower()}
        return await newest(self._api, path, told, asked.tail)

    async def rollout_history(self, namespace: str, deployment: str) -> Object:
        """Return a deployment's revisions, oldest first."""
        got = await self._api.get(apps(namespace, "deployments", deployment))
        selector = part(got, "spec", "selector").get("matchLabels") or {}
        wanted = ",".join(f"{k}={v}" for k, v in selector.items())
        sets = await self._api.items(apps(namespace, "replicasets"), MOST, labelSelector=wanted)
        return {**rollout(got, sets.items), "cut": of("replica sets", sets.cut)}

    async def listed(self, kind: Kind, namespace: str) -> Found:
        """Return every object of a kind."""
        found = await listed(self._api, kind, quote(namespace, safe=""))
        if not found.rows and kind not in WIDE:
            await self._check(namespace)
        return found

    async def _events(self, namespace: str, **params: str) -> Rows:
        return await self._api.items(core(namespace, "events"), MOST_EVENTS, EVENTS_PAGE, **params)

    async def _sets(self, namespace: str) -> tuple[dict[str, Object], str]:
        found = await self._api.items(apps(namespace, "replicasets"), MOST)
        return {name_of(s): s for s in found.items}, of("replica sets", found.cut)

    async def _check(self, namespace: str) -> None:
        """Tell an empty namespace from one that is not there, where we may."""
        try:
            await self._api.get(f"/api/v1/namespaces/{quote(namespace, safe='')}")
        except ToolError as e:
            if str(e).startswith(Word.NOT_FOUND):
                raise no(Word.NOT_FOUND, f"no namespace {namespace!r} in cluster {self.name!r}") from e
            if not str(e).startswith(Word.FORBIDDEN):
                raise


def core(namespace: str, kind: str, name: str = "") -> str:
    """Return the path of the core group's objects, or of one of them."""
    return f"/api/v1{_below(namespace, kind, name)}"


def apps(namespace: str, kind: str, name: str = "") -> str:
    """Return the path of the group apps' objects, or of one of them."""
    return f"/apis/apps/v1{_below(namespace, kind, name)}"


def _below(namespace: str, kind: str, name: str) -> str:
    """A name from outside never climbs to another path."""
    if not namespace.strip() or namespace in {".", ".."} or name in {".", ".."}:
        raise no(Word.BAD_INPUT, "namespace: is empty or no name")
    return f"/namespaces/{quote(namespace, safe='')}/{kind}" + (f"/{quote(name, safe='')}" if name else "")


def _since(text: str) -> datetime:
    if not text:
        return datetime.now(UTC) - timedelta(hours=1)
    try:
        found = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError as e:
        raise no(Word.BAD_INPUT, f"since: {text[:60]!r} is no RFC 3339 time") from e
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _oldest_first(rows: Any) -> list[Row]:
    return sorted(rows, key=lambda r: str(r["time"]))
