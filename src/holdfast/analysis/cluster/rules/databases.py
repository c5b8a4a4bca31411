"""Databases and their clients: settings that differ from every other client's, and refusals the clients log."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping

from holdfast.analysis.cluster.fault import Fault
from holdfast.analysis.cluster.manifests import Workload, tree
from holdfast.analysis.cluster.sign import CONTRADICTS, HINTS, SAYS_SO, SUGGESTS, Sign, Thing, app
from holdfast.analysis.cluster.state import ClusterState

# A setting: whose it is, as its variable's name begins, and which.
_SETTING = re.compile(r"(?:(.*)_)?(HOST|PORT|USER(?:NAME)?|PASS(?:WORD)?)$")
# What a database is known by: a word in its variables or its host, else the port that its kind listens on by itself.
_WORDS = re.compile(
    r"(?:^|[^a-z])(?:[a-z]*db|[a-z]*sql[a-z]*|database|datasource|jdbc|maria[a-z]*|postgres[a-z]*|pg|mongo[a-z]*|oracle"
    r"|cassandra|cockroach|dynamo)(?:[^a-z]|$)",
    re.IGNORECASE,
)
_PORTS = frozenset({"1433", "1521", "3306", "5432", "9042", "26257", "27017", "50000"})
_FAULTS = {
    "PORT": Fault.DATABASE_PORT,
    "USER": Fault.DATABASE_CREDENTIALS,
    "PASS": Fault.DATABASE_CREDENTIALS,
}
_WHOSE = "whose"
PEERS = 3  # clients of one database from which on the odd one out can be told
_DENIED = re.compile(r"access denied for user|password authentication failed|authentication failed", re.IGNORECASE)
_UNREACHED = re.compile(r"communications link failure|connection to \S+ refused|ECONNREFUSED \S*:\d+", re.IGNORECASE)
_READ_ONLY = re.compile(r"--?read[-_]only option|read[- ]only (?:transaction|mode|replica)|super-read-only", re.I)
_FULL = re.compile(r"too many (?:connections|clients)|remaining connection slots|max_connections", re.IGNORECASE)


def odd_settings(state: ClusterState) -> Iterator[Sign]:
    """A client that is not well uses another port, user or password than all other clients of its database do.

    A user of one's own is good practice, so a client that is well says nothing.
    """
    for host, each in _clients(state).items():
        for key, fault in _FAULTS.items():
            for name in _odd({n: s[key] for n, s in each.items() if key in s}):
                if state.troubled(name) or _logs(state, name, _DENIED) or _logs(state, name, _UNREACHED):
                    text = f"{name} uses another {key.lower()} for {host} than its other clients"
                    yield Sign(fault, app(name), CONTRADICTS, text, "manifests")


def _clients(state: ClusterState) -> dict[str, dict[str, dict[str, str]]]:
    """Return the settings of each database's clients, by host and workload."""
    found: dict[str, dict[str, dict[str, str]]] = defaultdict(dict)
    for workload in state.workloads:
        for settings in _settings(state, workload):
            found[settings["HOST"]].setdefault(workload.name, settings)
    databases = {h for h, each in found.items() if any(_is_database(s) for s in each.values())}
    return {h: each for h, each in found.items() if h in databases}


def _is_database(settings: Mapping[str, str]) -> bool:
    return bool(_WORDS.search(settings[_WHOSE]) or _WORDS.search(settings["HOST"]) or settings.get("PORT") in _PORTS)


def _settings(state: ClusterState, workload: Workload) -> list[dict[str, str]]:
    """Return a workload's groups of settings, HOST, PORT, USER, PASS: those whose variables begin alike are of one."""
    values: dict[str, str] = {}
    for container in workload.containers:
        names = {str(tree(s, k).get("name")) for s in container.env_from for k in ("secretRef", "configMapRef")}
        for source in state.of_kind("Secret", "ConfigMap"):
            if source.name in names:
                values |= source.data
        values |= container.values
    groups: dict[str, dict[str, str]] = defaultdict(dict)
    for name, value in values.items():
        found = _SETTING.fullmatch(name)
        if found:
            groups[found[1] or ""] |= {_WHOSE: found[1] or "", found[2][:4]: value}
    return [g for g in groups.values() if g.get("HOST")]


def _odd(values: Mapping[str, str]) -> list[str]:
    """Return whose value is not the one that most have; nobody's when there is no such value."""
    if len(values) < PEERS:
        return []
    usual, count = Counter(values.values()).most_common(1)[0]
    return [n for n, v in values.items() if v != usual] if count > len(values) / 2 else []


def refused_clients(state: ClusterState) -> Iterator[Sign]:
    """A workload that is not well logs that the database denies it, or does not answer where it asks."""
    unreached = [n for n in state.logs if _logs(state, n, _UNREACHED)]
    for name in state.logs:
        if not state.troubled(name):
            continue
        if _logs(state, name, _DENIED):
            yield Sign(Fault.DATABASE_CREDENTIALS, app(name), SUGGESTS, f"{name} is denied by its database", "logs")
        elif unreached == [name]:
            yield Sign(Fault.DATABASE_PORT, app(name), HINTS, f"{name} alone does not reach its database", "logs")


def database_refuses(state: ClusterState) -> Iterator[Sign]:
    """Clients log that the database takes no writes, or no more connections; the fault is the database's."""
    for fault, words in ((Fault.DATABASE_READ_ONLY, _READ_ONLY), (Fault.DATABASE_CONNECTIONS, _FULL)):
        told = [n for n in state.logs if _logs(state, n, words)]
        if told:
            strength = SAYS_SO if len(told) > 1 else CONTRADICTS
            yield Sign(
                fault, _database(state, told), strength, f"{', '.join(told[:5])} are told: {fault.words}", "logs"
            )


def _database(state: ClusterState, clients: list[str]) -> Thing:
    """Return the workload behind the host that most of the clients use; the host itself when none is known."""
    hosts = +Counter({host: len(each.keys() & set(clients)) for host, each in _clients(state).items()})
    host = hosts.most_common(1)[0][0] if hosts else clients[0]
    behind = [a for a in state.apps if a and (host == a or host.startswith((f"{a}-", f"{a}.")))]
    return app(max(behind, key=len, default=host))


def _logs(state: ClusterState, name: str, words: re.Pattern[str]) -> bool:
    return any(words.search(line) for line in state.logs.get(name, ()))
