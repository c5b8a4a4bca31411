"""What stands around pods in a sentence each: how much there is, and what of it is not as it should be."""

from collections.abc import Iterable, Iterator

from pydantic import JsonValue

from holdfast.analysis.cleaning import one_line
from holdfast.analysis.observation import Body, rows_of, text_of, whole_of
from holdfast.analysis.readings.surroundings import read_config_maps, read_nodes, read_quotas, read_storage

Told = tuple[str, dict[str, JsonValue]]
MOST_NAMED = 4


def tell_nodes(body: Body) -> Told:
    """Return a sentence and facts about an answer of `get_nodes`; raises as `read_nodes`."""
    nodes = read_nodes(body)
    away = [n.name for n in nodes if not n.ready]
    closed = [n.name for n in nodes if n.cordoned]
    words = [*_those(away, "not ready"), *_those(closed, "closed to new pods")]
    return _told(f"{len(nodes) - len(away)} of {len(nodes)} nodes ready", words), {
        "nodes": len(nodes),
        "ready": len(nodes) - len(away),
        "closed": len(closed),
    }


def tell_deployments(body: Body) -> Told:
    """Return a sentence and facts about an answer of `get_deployments`; raises as `read_deployments`."""
    rows = rows_of(body, "deployments")
    short = [
        f"{text_of(r, 'name')} {whole_of(r, 'ready')}/{whole_of(r, 'replicas')}"
        for r in rows
        if whole_of(r, "ready") < whole_of(r, "replicas")
    ]
    return _told(f"{len(rows)} deployments", _those(short, "short of pods")), {
        "deployments": len(rows),
        "short": len(short),
    }


def tell_services(body: Body) -> Told:
    """Return a sentence and facts about an answer of `get_services`; raises as `read_services`."""
    rows = rows_of(body, "services")
    empty = [text_of(r, "name") for r in rows if r.get("selector") and not whole_of(r, "ready_endpoints")]
    return _told(f"{len(rows)} services", _those(empty, "without a ready endpoint")), {
        "services": len(rows),
        "empty": len(empty),
    }


def tell_quotas(body: Body) -> Told:
    """Return a sentence and facts about an answer of `get_quotas`; raises as `read_quotas`."""
    quotas = read_quotas(body)
    full = [f"{q.resource} of {q.name}" for q in quotas if 0 < q.hard <= q.used]
    return _told(f"{len({q.name for q in quotas})} quotas", _those(full, "used up")), {
        "quotas": len(quotas),
        "full": len(full),
    }


def tell_policies(body: Body) -> Told:
    """Return a sentence and facts about an answer of `get_network_policies`; raises as `read_policies`."""
    names = [text_of(row, "name") for row in rows_of(body, "network_policies")]
    return _told(f"{len(names)} network policies", _those(names, "")), {"policies": len(names)}


def tell_ingresses(body: Body) -> Told:
    """Return a sentence and facts about an answer of `get_ingresses`; raises as `read_ingresses`."""
    names = [text_of(row, "name") for row in rows_of(body, "ingresses")]
    return _told(f"{len(names)} ingresses", _those(names, "")), {"ingresses": len(names)}


def tell_config_maps(body: Body) -> Told:
    """Return a sentence and facts about an answer of `get_config_maps`; raises as `read_config_maps`."""
    names = sorted(read_config_maps(body))
    return _told(f"{len(names)} config maps", _those(names, "")), {"config_maps": len(names)}


def tell_claims(body: Body) -> Told:
    """Return a sentence and facts about an answer of `get_claims`; raises as `read_storage`."""
    storage = read_storage(body)
    waiting = [c.name for c in storage.claims if not c.bound]
    return _told(f"{len(storage.claims)} claims", _those(waiting, "not bound")), {
        "claims": len(storage.claims),
        "waiting": len(waiting),
        "volumes": len(storage.volumes),
    }


def _those(names: list[str], what: str) -> Iterator[str]:
    if names:
        more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
        yield f"{what}{': ' if what else ''}{one_line(', '.join(names[:MOST_NAMED]), 160)}{more}"


def _told(text: str, words: Iterable[str]) -> str:
    said = "; ".join(words)
    return f"{text}; {said}" if said else text
