"""What stands around pods, read out of the cluster's answers: objects as the API has them, nodes, quotas, storage."""

from collections.abc import Mapping

from pydantic import JsonValue

from holdfast.analysis.cluster.manifests import Tree, quantity, texts, tree
from holdfast.analysis.cluster.parts import Claim, Node, Quota, Storage, Volume
from holdfast.analysis.observation import Body, rows_of, text_of, whole_of


def read_nodes(body: Body) -> tuple[Node, ...]:
    """Return the nodes of an answer of `get_nodes`.

    Raises:
        KeyError: when `nodes` is absent.
        TypeError: when a field has another type, naming it.
    """
    return tuple(_node(row) for row in rows_of(body, "nodes"))


def read_deployments(body: Body) -> tuple[Tree, ...]:
    """Return the deployments of an answer of `get_deployments` as objects; those told without their template are none.

    Raises:
        KeyError: when `deployments` is absent.
        TypeError: when a field has another type, naming it.
    """
    return tuple(_workload(row) for row in rows_of(body, "deployments") if isinstance(row.get("template"), dict))


def read_desired(body: Body) -> dict[str, int]:
    """Return how many pods each deployment of an answer of `get_deployments` is to have.

    Raises:
        KeyError: when `deployments` is absent.
        TypeError: when a field has another type, naming it.
    """
    return {text_of(row, "name"): whole_of(row, "replicas", 1) for row in rows_of(body, "deployments")}


def read_services(body: Body) -> tuple[Tree, ...]:
    """Return the services of an answer of `get_services` as objects; `status.endpoints` counts who is behind each.

    Raises:
        KeyError: when `services` is absent.
        TypeError: when a field has another type, naming it.
    """
    return tuple(_service(row) for row in rows_of(body, "services"))


def read_quotas(body: Body) -> tuple[Quota, ...]:
    """Return each resource of each quota of an answer of `get_quotas`.

    Raises:
        KeyError: when `quotas`, or the `limits` of one, is absent.
        TypeError: when a field has another type, naming it.
    """
    return tuple(
        Quota(text_of(row, "name"), text_of(each, "resource"), quantity(each.get("used")), quantity(each.get("hard")))
        for row in rows_of(body, "quotas")
        for each in rows_of(row, "limits")
    )


def read_policies(body: Body) -> tuple[Tree, ...]:
    """Return the network policies of an answer of `get_network_policies` as objects.

    Raises:
        KeyError: when `network_policies` is absent.
        TypeError: when a field has another type, naming it.
    """
    return tuple(_policy(row) for row in rows_of(body, "network_policies"))


def read_ingresses(body: Body) -> tuple[Tree, ...]:
    """Return the ingresses of an answer of `get_ingresses` as objects.

    Raises:
        KeyError: when `ingresses` is absent.
        TypeError: when a field has another type, naming it.
    """
    return tuple(
        _object("Ingress", row, {"defaultBackend": row.get("default_backend"), "rules": row.get("rules")})
        for row in rows_of(body, "ingresses")
    )


def read_config_maps(body: Body) -> frozenset[str]:
    """Return the names of the config maps there are; a value is never told.

    Raises:
        KeyError: when `config_maps` is absent.
        TypeError: when a field has another type, naming it.
    """
    return frozenset(text_of(row, "name") for row in rows_of(body, "config_maps"))


def read_claims(body: Body) -> tuple[Tree, ...]:
    """Return the claims of an answer of `get_claims` as objects.

    Raises:
        KeyError: when `claims` is absent.
        TypeError: when a field has another type, naming it.
    """
    return tuple(_claim(row) for row in rows_of(body, "claims"))


def read_storage(body: Body) -> Storage:
    """Return what an answer of `get_claims` says of claims, volumes and classes.

    Raises:
        KeyError: when `claims`, `volumes` or `classes` is absent.
        TypeError: when a field has another type, naming it.
    """
    claims = tuple(
        Claim(text_of(row, "name"), text_of(row, "phase") == "Bound", text_of(row, "storage_class"))
        for row in rows_of(body, "claims")
    )
    classes = frozenset(text_of(row, "name") for row in rows_of(body, "classes"))
    return Storage(claims, tuple(_volume(row) for row in rows_of(body, "volumes")), classes)


def _node(row: Body) -> Node:
    told = row.get("tainted")
    exact = [tree(t) for t in told if isinstance(t, dict)] if isinstance(told, list) else []
    taints = [f"{t.get('key') or ''}={t.get('value') or ''}:{t.get('effect') or ''}" for t in exact]
    return Node(
        name=text_of(row, "name"),
        ready=row.get("ready") is True,
        cordoned=row.get("unschedulable") is True,
        labels=texts(row.get("labels")),
        taints=tuple(taints or _listed(row, "taints")),
    )


def _volume(row: Body) -> Volume:
    return Volume(
        name=text_of(row, "name"),
        capacity=quantity(row.get("capacity")),
        modes=frozenset(_listed(row, "modes")),
        storage_class=text_of(row, "storage_class"),
        labels=texts(row.get("labels")),
        claim=text_of(row, "claim"),
    )


def _workload(row: Body) -> Tree:
    return _object("Deployment", row, {"replicas": whole_of(row, "replicas", 1), "template": row["template"]})


def _service(row: Body) -> Tree:
    made = _object("Service", row, {k: row.get(k) for k in ("type", "selector", "ports")})
    behind = row.get("endpoints")
    return {**made, "status": {"endpoints": len(behind) if isinstance(behind, list) else 0}}


def _policy(row: Body) -> Tree:
    names = {"podSelector": "pods", "policyTypes": "types", "ingress": "ingress", "egress": "egress"}
    return _object("NetworkPolicy", row, {k: row.get(v) for k, v in names.items()})


def _claim(row: Body) -> Tree:
    spec: dict[str, JsonValue] = {
        "storageClassName": text_of(row, "storage_class"),
        "accessModes": list(_listed(row, "modes")),
        "resources": {"requests": {"storage": row.get("requested")}},
        "selector": row.get("selector"),
    }
    return _object("PersistentVolumeClaim", row, spec)


def _object(kind: str, row: Body, spec: Mapping[str, JsonValue]) -> Tree:
    return {"kind": kind, "metadata": {"name": text_of(row, "name")}, "spec": dict(spec)}


def _listed(row: Body, key: str) -> list[str]:
    found = row.get(key)
    return [v for v in found if isinstance(v, str)] if isinstance(found, list) else []
