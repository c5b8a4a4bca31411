"""The Kubernetes server's tools: what runs, what happened to it, what was rolled out; nothing here changes it."""

from collections.abc import Sequence
from typing import Any

from mcp_types import ToolAnnotations

from holdfast.tools.errors import Word, no
from holdfast.tools.kubernetes.clusters import WIDE, Clusters, Found, Kind, LogsAsked, joined
from holdfast.tools.toolserver import Part, ToolServer

Object = dict[str, Any]
LOOKS = ToolAnnotations(read_only_hint=True, idempotent_hint=True)
MOST_LINES = 1000
MOST_EVENTS = 500
_LISTS: dict[str, tuple[Kind, str]] = {
    "get_deployments": ("deployments", "Deployments of a namespace: wanted and had replicas, image, conditions."),
    "get_services": ("services", "Services of a namespace with the endpoints behind each."),
    "get_quotas": ("quotas", "Resource quotas of a namespace: what is used of what is allowed."),
    "get_network_policies": ("network_policies", "Network policies of a namespace: who is let through."),
    "get_ingresses": ("ingresses", "Ingresses of a namespace: which host and path lead to which service and port."),
    "get_config_maps": ("config_maps", "ConfigMaps of a namespace: keys and the digest of each value, never a value."),
}


def build(clusters: Clusters, parts: Sequence[Part] = ()) -> ToolServer:
    """Return the server over one or more clusters."""
    server = ToolServer("holdfast-kubernetes", parts)
    _offer_pods(server, clusters)
    _offer_history(server, clusters)
    _offer_lists(server, clusters)
    return server


def _offer_pods(server: ToolServer, clusters: Clusters) -> None:
    @server.tool(annotations=LOOKS, description="Pods of a namespace; `selector` is key=value[,key=value].")
    async def get_pods(namespace: str, selector: str = "", cluster: str = "") -> Object:
        chosen = clusters.named(cluster)
        found = await chosen.pods(namespace, _selector(selector))
        return {"cluster": chosen.name, "namespace": namespace, "pods": found.rows, "cut": found.cut}

    @server.tool(annotations=LOOKS, description="One pod with its conditions and events.")
    async def describe_pod(namespace: str, pod: str, cluster: str = "") -> Object:
        chosen = clusters.named(cluster)
        return {"cluster": chosen.name, "namespace": namespace, **await chosen.describe_pod(namespace, pod)}

    @server.tool(annotations=LOOKS, description="The newest log lines of a pod, of its last container with `previous`.")
    async def get_logs(  # the contract's parameters
        namespace: str,
        pod: str,
        previous: bool = False,
        tail: int = 200,
        container: str = "",
        cluster: str = "",
    ) -> Object:
        if not 1 <= tail <= MOST_LINES:
            raise no(Word.BAD_INPUT, f"tail: from 1 to {MOST_LINES}")
        chosen = clusters.named(cluster)
        asked = LogsAsked(pod=pod, container=container, previous=previous, tail=tail)
        lines, cut = await chosen.logs(namespace, asked)
        cut = cut or (f"the newest {tail} lines" if len(lines) == tail else "")
        head = {"cluster": chosen.name, "namespace": namespace, "pod": pod, "previous": previous}
        return {**head, "lines": lines, "cut": cut}


def _offer_history(server: ToolServer, clusters: Clusters) -> None:
    @server.tool(annotations=LOOKS, description="Events of a namespace since a time, oldest first.")
    async def get_events(namespace: str, since: str = "", cluster: str = "") -> Object:
        chosen = clusters.named(cluster)
        found = await chosen.events(namespace, since)
        events, total = found.rows[-MOST_EVENTS:], len(found.rows)
        newest = f"the newest {MOST_EVENTS} of {total} events" if total > MOST_EVENTS else ""
        return {"cluster": chosen.name, "namespace": namespace, "events": events, "cut": joined(newest, found.cut)}

    @server.tool(annotations=LOOKS, description="The revisions of a deployment, oldest first, and the one that runs.")
    async def rollout_history(namespace: str, deployment: str, cluster: str = "") -> Object:
        chosen = clusters.named(cluster)
        return {"cluster": chosen.name, "namespace": namespace, **await chosen.rollout_history(namespace, deployment)}


def _offer_lists(server: ToolServer, clusters: Clusters) -> None:
    @server.tool(annotations=LOOKS, description="Nodes: which are ready, under pressure, or closed to new pods.")
    async def get_nodes(cluster: str = "") -> Object:
        chosen = clusters.named(cluster)
        found = await chosen.listed("nodes", "")
        return {"cluster": chosen.name, "nodes": found.rows, "cut": found.cut}

    @server.tool(annotations=LOOKS, description="Volume claims of a namespace, and the volumes and classes there are.")
    async def get_claims(namespace: str, cluster: str = "") -> Object:
        chosen = clusters.named(cluster)
        kinds: tuple[Kind, ...] = ("claims", "volumes", "classes")
        found = {kind: await chosen.listed(kind, "" if kind in WIDE else namespace) for kind in kinds}
        cut = "; ".join(f"{kind}: {f.cut}" for kind, f in found.items() if f.cut)
        rows: Object = {kind: f.rows for kind, f in found.items()}
        return {"cluster": chosen.name, "namespace": namespace, **rows, "cut": cut}

    for tool, (kind, description) in _LISTS.items():
        server.add_tool(_list(clusters, kind), name=tool, description=description, annotations=LOOKS)


def _list(clusters: Clusters, kind: Kind) -> Any:
    async def listed(namespace: str, cluster: str = "") -> Object:
        chosen = clusters.named(cluster)
        found: Found = await chosen.listed(kind, namespace)
        return {"cluster": chosen.name, "namespace": namespace, kind: found.rows, "cut": found.cut}

    return listed


def _selector(text: str) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for part in filter(str.strip, text.split(",")):
        key, sign, value = part.partition("=")
        if not sign or not key.strip():
            raise no(Word.BAD_INPUT, f"selector: {part.strip()!r} is not key=value")
        pairs[key.strip()] = value.strip()
    return pairs
