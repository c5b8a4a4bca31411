"""The Kubernetes server's tools: what runs, what happened to it, what was rolled out; nothing here changes it."""

from typing import Any, Protocol

from mcp_types import ToolAnnotations
from pydantic import JsonValue

from holdfast.tools.errors import Word, no
from holdfast.tools.toolserver import ToolServer

Object = dict[str, Any]
LOOKS = ToolAnnotations(read_only_hint=True, idempotent_hint=True)
MOST_LINES = 1000
MOST_EVENTS = 500


class Cluster(Protocol):
    """One cluster, looked at. Every method raises a `not_found` error for a namespace or object that is not there."""

    name: str

    def pods(self, namespace: str) -> list[dict[str, JsonValue]]:
        """Return the pods of a namespace."""
        ...

    def events(self, namespace: str, since: str) -> list[dict[str, JsonValue]]:
        """Return events, oldest first; `since` is RFC 3339 or empty."""
        ...

    def logs(self, namespace: str, pod: str, *, previous: bool, tail: int) -> list[str]:
        """Return the newest `tail` lines of a pod, oldest first."""
        ...

    def rollout_history(self, namespace: str, deployment: str) -> dict[str, JsonValue]:
        """Return a deployment's revisions."""
        ...


def build(cluster: Cluster) -> ToolServer:
    """Return the server over one cluster."""
    server = ToolServer("holdfast-kubernetes")

    @server.tool(annotations=LOOKS, description="Pods of a namespace; `selector` is key=value[,key=value].")
    async def get_pods(namespace: str, selector: str = "") -> Object:
        wanted = _selector(selector)
        pods = [p for p in cluster.pods(namespace) if all(str(p.get(k)) == v for k, v in wanted.items())]
        return {"cluster": cluster.name, "namespace": namespace, "pods": pods, "cut": ""}

    @server.tool(annotations=LOOKS, description="One pod with its conditions and events.")
    async def describe_pod(namespace: str, pod: str) -> Object:
        found = next((p for p in cluster.pods(namespace) if p["name"] == pod), None)
        if found is None:
            raise no(Word.NOT_FOUND, f"no pod {pod!r} in namespace {namespace!r}")
        ready = {"type": "Ready", "status": str(bool(found["ready"])), "reason": str(found["reason"])}
        events = [e for e in cluster.events(namespace, "") if e["object"] == f"pod/{pod}"]
        labels = {"deployment": found["deployment"]}
        return {
            "cluster": cluster.name,
            "namespace": namespace,
            "pod": found,
            "conditions": [ready],
            "events": events,
            "labels": labels,
        }

    @server.tool(annotations=LOOKS, description="Events of a namespace since a time, oldest first.")
    async def get_events(namespace: str, since: str = "") -> Object:
        found = cluster.events(namespace, since)
        cut = f"the newest {MOST_EVENTS} of {len(found)} events" if len(found) > MOST_EVENTS else ""
        return {"cluster": cluster.name, "namespace": namespace, "events": found[-MOST_EVENTS:], "cut": cut}

    @server.tool(annotations=LOOKS, description="The newest log lines of a pod, of its last container with `previous`.")
    async def get_logs(namespace: str, pod: str, previous: bool = False, tail: int = 200) -> Object:
        if not 1 <= tail <= MOST_LINES:
            raise no(Word.BAD_INPUT, f"tail: from 1 to {MOST_LINES}")
        lines = cluster.logs(namespace, pod, previous=previous, tail=tail)
        cut = f"the newest {tail} lines" if len(lines) == tail else ""
        return {
            "cluster": cluster.name,
            "namespace": namespace,
            "pod": pod,
            "previous": previous,
            "lines": lines,
            "cut": cut,
        }

    @server.tool(annotations=LOOKS, description="The revisions of a deployment, oldest first, and the one that runs.")
    async def rollout_history(namespace: str, deployment: str) -> Object:
        return dict(cluster.rollout_history(namespace, deployment))

    return server


def _selector(text: str) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for part in filter(str.strip, text.split(",")):
        key, sign, value = part.partition("=")
        if not sign or not key.strip():
            raise no(Word.BAD_INPUT, f"selector: {part.strip()!r} is not key=value")
        pairs[key.strip()] = value.strip()
    return pairs
