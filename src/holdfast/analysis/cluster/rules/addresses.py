"""Callers that look for a service where it is not: wrong addresses, gateways' routes, and names that do not resolve."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

from holdfast.analysis.cluster.fault import Fault
from holdfast.analysis.cluster.manifests import tree, trees
from holdfast.analysis.cluster.routes import Route, read_routes
from holdfast.analysis.cluster.sign import CONTRADICTS, HINTS, SUGGESTS, Sign, app
from holdfast.analysis.cluster.state import ClusterState

_ADDRESS = re.compile(r"(?:\w+://)?([a-z](?:[-a-z0-9]*[a-z0-9])?)(\.[-a-z0-9.]+)?(?::(\d{1,5}))?(?:/.*)?")
_IS_ADDRESS = re.compile(r"(?:ADDR|ADDRESS|HOST|URL|URI|ENDPOINT)S?$")
_UNKNOWN_HOST = re.compile(r"UnknownHost|no such host|name resolution|NXDOMAIN|getaddrinfo|could not resolve", re.I)
_HOST = re.compile(r"//[a-z][-a-z0-9]*[a-z0-9]|:[a-z][-a-z0-9]*\}")
ALIKE = 0.8  # share of equal letters from which a name that is not there is a slip for one that is


@dataclass(frozen=True)
class Address:
    """Where one workload looks for another: `host` is a service's short name, `rest` what follows its first dot."""

    caller: str
    variable: str
    host: str
    rest: str
    port: str


def wrong_addresses(state: ClusterState) -> Iterator[Sign]:
    """An environment variable names a service that is not there, or a port the service does not have.

    Where all of several callers agree on another port than the service's, the service is wrong.
    """
    ports = _service_ports(state)
    asked = [a for a in _addresses(state) if ports]
    for each in asked:
        text = f"{each.variable} of {each.caller} is {each.host}:{each.port}"
        if each.host in ports:
            foreign = each.rest.partition(".")[0] not in ("", "svc", state.namespace)
            if foreign or (each.port and each.port not in ports[each.host]):
                yield _misled(each, [a for a in asked if a.host == each.host and a.port], ports[each.host], text)
        elif not each.rest and state.has("Service", each.host) is not True:
            strength = CONTRADICTS if _meant(each.variable, each.host, set(ports)) else HINTS / 2
            yield Sign(Fault.ADDRESS, app(each.caller), strength, f"{text}; no such service", "manifests")


def _misled(each: Address, callers: list[Address], ports: set[str], text: str) -> Sign:
    if len(callers) > 1 and each.port and not any(c.port in ports for c in callers):
        text = f"{len(callers)} callers ask {each.host} on other ports than its own"
        return Sign(Fault.SERVICE_PORT, app(each.host), CONTRADICTS, text, "manifests")
    return Sign(Fault.ADDRESS, app(each.caller), CONTRADICTS, f"{text}; {each.host} is elsewhere", "manifests")


def _addresses(state: ClusterState) -> Iterator[Address]:
    for workload in state.workloads:
        for name, value in ((k, v) for c in workload.containers for k, v in c.values.items()):
            found = _ADDRESS.fullmatch(value)
            if found and found[1] != "localhost" and _IS_ADDRESS.search(name):
                yield Address(workload.name, name, found[1], (found[2] or "").lstrip("."), found[3] or "")


def _service_ports(state: ClusterState) -> dict[str, set[str]]:
    return {s.name: {str(p.get("port")) for p in trees(s.spec, "ports")} for s in state.of_kind("Service")}


def _meant(variable: str, host: str, services: set[str]) -> str:
    """Return the service that a wrong host was meant to be, by the variable's name or by the likeness of names."""
    plain = re.sub(r"[^a-z0-9]", "", _IS_ADDRESS.sub("", variable).lower())
    for service in services:
        if plain and plain == re.sub(r"[^a-z0-9]", "", service):
            return service
    likeness = {s: SequenceMatcher(None, host, s).ratio() for s in services}
    best = max(likeness, key=lambda s: likeness[s], default="")
    return best if best and (likeness[best] >= ALIKE or host.startswith(best)) else ""


def misrouted(state: ClusterState) -> Iterator[Sign]:
    """A gateway's route is named for one service, by its id or path, and leads to another."""
    names = {w.name for w in state.workloads} | {s.name for s in state.of_kind("Service")}
    stems = _stems(names)
    by_stem = {stem: name for name, stem in stems.items()}
    for config in state.of_kind("ConfigMap"):
        for route in (r for text in config.data.values() for r in read_routes(text)):
            meant = _named(route, by_stem, stems)
            target = next((n for n in sorted(names, key=len, reverse=True) if n in route.uri), "")
            if meant and meant != target and (target or _HOST.search(route.uri)):
                text = f"{config.name} sends {route.path} to {route.uri}, not to {meant}"
                yield Sign(Fault.GATEWAY_ROUTE, app(meant), CONTRADICTS, text, "manifests")


def _named(route: Route, by_stem: dict[str, str], stems: dict[str, str]) -> str:
    """Return the service whose stem a route's id, or a part of its path, is; empty when none."""
    common = _common(set(stems))
    parts = [route.name, *route.path.split("/")]
    for part in parts:
        stem = part.lower().replace("-", "").replace("_", "")
        for word in common:
            stem = stem.removesuffix(word)
        if stem in by_stem:
            return by_stem[stem]
    return ""


def _stems(names: set[str]) -> dict[str, str]:
    """Return each name without the words that most names share, such as a product's prefix and `service`."""
    common = _common(names)
    return {n: "".join(w for w in n.split("-") if w not in common) for n in sorted(names)}


def _common(names: set[str]) -> set[str]:
    counts = Counter(w for n in names for w in set(n.split("-")))
    return {w for w, c in counts.items() if c > len(names) / 2}


def unresolved_names(state: ClusterState) -> Iterator[Sign]:
    """A workload brings its own name servers and suffers, or alone complains that names do not resolve.

    Name servers of its own are a choice, such as a cache on each node: alone they say nothing.
    """
    for workload in state.workloads:
        name, servers = workload.name, tree(workload.pod, "dnsConfig").get("nameservers")
        if workload.pod.get("dnsPolicy") != "None" or not servers:
            continue
        complains = bool(_complaints(state, name))
        if complains or state.troubled(name) or _unreached(state, name):
            text = f"{name} asks {servers} for names, not the cluster's name servers"
            yield Sign(Fault.DNS, app(name), CONTRADICTS if complains else SUGGESTS, text, "manifests")
    complaining = [name for name in state.logs if _complaints(state, name)]
    if len(complaining) == 1 and state.troubled(complaining[0]):
        text = f"{complaining[0]} cannot resolve names"
        yield Sign(Fault.DNS, app(complaining[0]), HINTS, text, "logs")


def _unreached(state: ClusterState, name: str) -> bool:
    tried = [r.open for r in state.traffic.reaches if r.service == name]
    return bool(tried) and not any(tried)


def _complaints(state: ClusterState, name: str) -> list[str]:
    return [line for line in state.logs.get(name, ()) if _UNKNOWN_HOST.search(line)]
