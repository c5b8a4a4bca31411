"""The lists of a cluster: which path each kind lies at, and how its objects become rows."""

from collections.abc import Callable

from mcp.server.mcpserver.exceptions import ToolError

from holdfast.tools.errors import Word
from holdfast.tools.kubernetes.clusters import Found, Kind, joined, of
from holdfast.tools.kubernetes.connection import Connection, Object, Rows
from holdfast.tools.kubernetes.reading.storage import claim_row, class_row, volume_row
from holdfast.tools.kubernetes.reading.surroundings import (
    config_map_row,
    deployment_row,
    from_endpoints,
    ingress_row,
    node_row,
    policy_row,
    quota_row,
    service_rows,
)

MOST = 500  # objects of one list
MOST_ENDPOINTS = 100  # of one service
_LISTS: dict[str, tuple[str, Callable[[Object], Object]]] = {
    "nodes": ("/api/v1/nodes", node_row),
    "deployments": ("/apis/apps/v1/namespaces/{}/deployments", deployment_row),
    "quotas": ("/api/v1/namespaces/{}/resourcequotas", quota_row),
    "network_policies": ("/apis/networking.k8s.io/v1/namespaces/{}/networkpolicies", policy_row),
    "config_maps": ("/api/v1/namespaces/{}/configmaps", config_map_row),
    "ingresses": ("/apis/networking.k8s.io/v1/namespaces/{}/ingresses", ingress_row),
    "claims": ("/api/v1/namespaces/{}/persistentvolumeclaims", claim_row),
    "volumes": ("/api/v1/persistentvolumes", volume_row),
    "classes": ("/apis/storage.k8s.io/v1/storageclasses", class_row),
}


async def listed(api: Connection, kind: Kind, namespace: str) -> Found:
    """Return the rows of a kind; `namespace` is quoted for a path."""
    if kind == "services":
        return await _services(api, namespace)
    path, row = _LISTS[kind]
    found = await api.items(path.format(namespace), MOST)
    return Found([row(o) for o in found.items], found.cut)


async def _services(api: Connection, namespace: str) -> Found:
    services = await api.items(f"/api/v1/namespaces/{namespace}/services", MOST)
    behind = await _slices(api, namespace)
    rows = service_rows(services.items, behind.items)
    many = [f"{r['name']}: the first {MOST_ENDPOINTS} of {len(r['endpoints'])} endpoints" for r in rows if _many(r)]
    shown = [{**r, "endpoints": r["endpoints"][:MOST_ENDPOINTS]} for r in rows]
    return Found(shown, joined(of("services", services.cut), of("endpoints of some", behind.cut), *many))


def _many(service: Object) -> bool:
    return len(service["endpoints"]) > MOST_ENDPOINTS


async def _slices(api: Connection, namespace: str) -> Rows:
    """EndpointSlices, or the Endpoints of a cluster before 1.21; today's versions deprecate those."""
    try:
        return await api.items(f"/apis/discovery.k8s.io/v1/namespaces/{namespace}/endpointslices", 2 * MOST)
    except ToolError as e:
        if not str(e).startswith(Word.NOT_FOUND):
            raise
    old = await api.items(f"/api/v1/namespaces/{namespace}/endpoints", MOST)
    return Rows(from_endpoints(old.items), old.cut)
