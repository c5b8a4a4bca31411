"""What to look at first: a few questions that the kind of service, its alerts and its runbook make worth asking."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from pydantic import JsonValue

from holdfast.analysis.alert_kinds import kind_of, parts_of
from holdfast.analysis.numbers.signals import GOLDEN, SIGNALS
from holdfast.domain.alert import Alert
from holdfast.domain.evidence import EvidenceKind, EvidenceRequest, Range
from holdfast.domain.service import Runbook, Service

MOST = 15  # questions; each is an activity in the history, and the last is to the memory
USUAL = 13  # questions up to which those are asked that tell less: each costs the people who wait 20 ms
MOST_DEPENDENCIES = 3
FURTHER = 2  # signals beyond the golden ones, so that the dependencies, which fail widest, still have their turn
# The signal beyond the golden ones that an alert of each kind is about.
ABOUT = {"crash": "restarts_total", "cluster": "up_ratio"}
# A service that crashes, is not placed or is full waits for nobody: how slow the others are can be asked later.
NOT_WAITING = frozenset({"crash", "cluster", "saturation"})
# Kinds of alert that one of these may be behind; what crashes, fails or is slow shows in signals, logs and rollouts.
OF_THE_CLUSTER = frozenset({"cluster", "saturation", "unknown"})
MOST_AROUND = 3  # questions about what stands around the pods
# What to ask when an alert is about a part of the cluster, the most telling first.
AROUND: dict[str, tuple[EvidenceKind, ...]] = {
    "quota": (EvidenceKind.QUOTAS, EvidenceKind.DEPLOYMENTS),
    "storage": (EvidenceKind.CLAIMS, EvidenceKind.DEPLOYMENTS),
    "node": (EvidenceKind.NODES, EvidenceKind.DEPLOYMENTS),
    "scheduling": (EvidenceKind.NODES, EvidenceKind.DEPLOYMENTS, EvidenceKind.QUOTAS),
    "gateway": (EvidenceKind.INGRESSES, EvidenceKind.SERVICES, EvidenceKind.NETWORK_POLICIES),
    "network": (EvidenceKind.NETWORK_POLICIES, EvidenceKind.DEPLOYMENTS, EvidenceKind.SERVICES),
    "service": (EvidenceKind.SERVICES, EvidenceKind.DEPLOYMENTS, EvidenceKind.NETWORK_POLICIES),
    "configuration": (EvidenceKind.DEPLOYMENTS, EvidenceKind.CONFIG_MAPS),
    "pods": (EvidenceKind.DEPLOYMENTS, EvidenceKind.NODES, EvidenceKind.QUOTAS),
}
# A part that needs no workload of the service to be asked about: a database's volume, a node, a namespace's quota.
OF_NO_WORKLOAD = frozenset({"quota", "storage", "node"})
_LISTS: dict[EvidenceKind, tuple[str, str]] = {
    EvidenceKind.NODES: ("get_nodes", "nodes"),
    EvidenceKind.DEPLOYMENTS: ("get_deployments", "deployments beside"),
    EvidenceKind.SERVICES: ("get_services", "services and endpoints beside"),
    EvidenceKind.INGRESSES: ("get_ingresses", "ingresses before"),
    EvidenceKind.NETWORK_POLICIES: ("get_network_policies", "network policies around"),
    EvidenceKind.QUOTAS: ("get_quotas", "quotas over"),
    EvidenceKind.CONFIG_MAPS: ("get_config_maps", "config maps beside"),
    EvidenceKind.CLAIMS: ("get_claims", "volume claims beside"),
}
GRID = 15  # seconds between points, and its multiples
ENDS = 5  # seconds: ranges begin and end on it, so that equal questions have equal ids and little is missed
POINTS = 120  # about so many points a series
LONGEST = timedelta(hours=6)
QUIET_BEFORE = timedelta(minutes=15)  # what must be seen before the first alert to know what is usual
MOST_LINES = 500
LONGEST_TEXT = 500  # characters of what the alerts say, as the memory is asked
SIMILAR = 5  # past incidents
TRACE_LABELS = ("trace_id", "traceId", "traceID")  # as OpenTelemetry, Java and Go libraries write it
_NAMESPACE = re.compile(r"[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?")
_TRACE_ID = re.compile(r"[0-9a-fA-F]{16,32}")


@dataclass(frozen=True)
class Inquiry:
    """What the questions are about. `at` is the workflow's time, `window` how far to look back."""

    service: Service
    alerts: tuple[Alert, ...]
    at: datetime
    window: timedelta
    dependencies: tuple[Service, ...] = ()
    runbook: Runbook | None = None


def plan_evidence(inquiry: Inquiry) -> tuple[EvidenceRequest, ...]:
    """Return at most 15 questions, the most telling first; the last asks what past incidents teach."""
    span = _span(inquiry)
    beside, others = list(_surroundings(inquiry)), list(_dependencies(inquiry, span))
    questions = [
        *_own_signals(inquiry, span),
        *_around(inquiry, span),
        *_further(inquiry, span),
        *_trace(inquiry),
        # One dependency, the one that fails widest, before what tells least of the surroundings.
        *(*beside[:2], *others[:1], *beside[2:], *others[1:]),
    ]
    room = max(0, USUAL - 1 - len(questions))
    different = {q.evidence_id: q for q in (*questions, *islice(_waits(inquiry, span), room))}
    return (*tuple(different.values())[: MOST - 1], _similar(inquiry))


def _span(inquiry: Inquiry) -> Range:
    """Return the window, longer when an alert has been firing for longer, aligned to the grid."""
    firing = [a.starts_at - QUIET_BEFORE for a in inquiry.alerts if a.firing]
    start = max(min([inquiry.at - inquiry.window, *firing]), inquiry.at - LONGEST)
    return Range(start=_aligned(start), end=_aligned(inquiry.at))


def _aligned(moment: datetime) -> datetime:
    return moment.replace(microsecond=0) - timedelta(seconds=int(moment.timestamp()) % ENDS)


def _own_signals(inquiry: Inquiry, span: Range) -> Iterator[EvidenceRequest]:
    """The golden signals; what is not a deployment is asked whether it is up as well."""
    names = GOLDEN if inquiry.service.kind == "deployment" else ("up_ratio", *GOLDEN)
    for name in names:
        yield _metric(inquiry.service, name, span)


def _around(inquiry: Inquiry, span: Range) -> Iterator[EvidenceRequest]:
    service = inquiry.service
    yield _logs(service, span)
    if service.kind == "external":
        return
    start, namespace = span.start.isoformat(), _namespace(inquiry)
    yield _cluster(EvidenceKind.PODS, "get_pods", {"namespace": namespace}, service)
    yield _cluster(EvidenceKind.EVENTS, "get_events", {"namespace": namespace, "since": start}, service)
    if service.deployment:
        arguments: dict[str, JsonValue] = {"namespace": namespace, "deployment": service.deployment}
        yield _cluster(EvidenceKind.ROLLOUTS, "rollout_history", arguments, service)


def _surroundings(inquiry: Inquiry) -> Iterator[EvidenceRequest]:
    """What stands around the pods, where the alerts are about it; what the first of them is about comes first."""
    service = inquiry.service
    if service.kind == "external" or kind_of(inquiry.alerts) not in OF_THE_CLUSTER:
        return
    parts = [p for p in parts_of(inquiry.alerts) if service.kind == "deployment" or p in OF_NO_WORKLOAD]
    asked = dict.fromkeys(kind for part in parts for kind in AROUND[part])
    for kind in islice(asked, MOST_AROUND):
        tool, title = _LISTS[kind]
        arguments: dict[str, JsonValue] = {} if kind is EvidenceKind.NODES else {"namespace": _namespace(inquiry)}
        yield EvidenceRequest(
            kind=kind,
            tool=f"kubernetes.{tool}",
            arguments=arguments,
            service=service.name,
            title=_beside(title, service),
        )


def _beside(title: str, service: Service) -> str:
    return title if " " not in title else f"{title} {service.name}"


def _namespace(inquiry: Inquiry) -> str:
    """Return where to look: an alert of a service that no catalogue knows may say it itself."""
    said = (a.labels.get("namespace", "") for a in inquiry.alerts if a.firing and not inquiry.service.known)
    return next((n for n in said if _NAMESPACE.fullmatch(n)), inquiry.service.namespace)


def _trace(inquiry: Inquiry) -> Iterator[EvidenceRequest]:
    """The request an alert names, the first of them: one shows where time goes, more cost without telling more."""
    told = [a.annotations.get(k) or a.labels.get(k, "") for a in inquiry.alerts if a.firing for k in TRACE_LABELS]
    for trace_id in [t for t in told if _TRACE_ID.fullmatch(t)][:1]:
        yield EvidenceRequest(
            kind=EvidenceKind.TRACE,
            tool="monitoring.fetch_trace",
            arguments={"source": "", "trace_id": trace_id.lower()},
            service=inquiry.service.name,
            title=f"a request of {inquiry.service.name}",
        )


def _dependencies(inquiry: Inquiry, span: Range) -> Iterator[EvidenceRequest]:
    """One signal a dependency; stores first, they fail widest.

    Whether a store is up; whether a service fails or, where the alert is of slowness, how slow it is.
    """
    harm = "latency_p99_seconds" if kind_of(inquiry.alerts) == "latency" else "error_ratio"
    stores_first = sorted(inquiry.dependencies, key=lambda d: d.kind in ("deployment", "external"))
    for service in stores_first[:MOST_DEPENDENCIES]:
        up = service.kind not in ("deployment", "external")
        yield _metric(service, "up_ratio" if up else harm, span)


def _waits(inquiry: Inquiry, span: Range) -> Iterator[EvidenceRequest]:
    """How slow the services are that this one waits for, where there is room to ask."""
    if kind_of(inquiry.alerts) in NOT_WAITING:
        return
    for service in inquiry.dependencies[:MOST_DEPENDENCIES]:
        if service.kind in ("deployment", "external"):
            yield _metric(service, "latency_p99_seconds", span)


def _further(inquiry: Inquiry, span: Range) -> Iterator[EvidenceRequest]:
    """What the alert is about, then what the runbook names, each once."""
    named = dict.fromkeys((*_by_alert(inquiry), *_by_runbook(inquiry)))
    for name in islice((n for n in named if n not in GOLDEN), FURTHER):
        yield _metric(inquiry.service, name, span)


def _by_alert(inquiry: Inquiry) -> list[str]:
    """Return the signal that the alerts, by what they call themselves, are about."""
    signal = ABOUT.get(kind_of(inquiry.alerts))
    return [signal] if signal else []


def _by_runbook(inquiry: Inquiry) -> list[str]:
    """Return the signals the runbook names: people wrote down what to look at."""
    named = [text.removeprefix("service:") for text in (inquiry.runbook.evidence if inquiry.runbook else ())]
    return [name for name in named if name in SIGNALS]


def _similar(inquiry: Inquiry) -> EvidenceRequest:
    """What was like this before, and what helped then; whose memory is asked, the door to the tools says."""
    first = min(inquiry.alerts, key=lambda a: (a.starts_at, a.fingerprint), default=None)
    said = " ".join(dict.fromkeys(a.summary for a in inquiry.alerts if a.summary))
    alert = first.name if first else ""
    return EvidenceRequest(
        kind=EvidenceKind.SIMILAR,
        tool="memory.find_similar_incidents",
        arguments={"service": inquiry.service.name, "alert": alert, "text": said[:LONGEST_TEXT], "limit": SIMILAR},
        service=inquiry.service.name,
        title=f"past incidents like this of {inquiry.service.name}",
    )


def _metric(service: Service, name: str, span: Range) -> EvidenceRequest:
    step = max(GRID, int((span.end - span.start).total_seconds() / POINTS) // GRID * GRID)
    return EvidenceRequest(
        kind=EvidenceKind.METRIC,
        tool="monitoring.fetch_metrics",
        arguments={
            "source": "",
            "query": f'service:{name}{{environment="{_label(service.environment)}",service="{_label(service.name)}"}}',
            "start": span.start.isoformat(),
            "end": span.end.isoformat(),
            "step": step,
        },
        service=service.name,
        title=f"{SIGNALS[name].label} of {service.name}",
        range=span,
    )


def _label(text: str) -> str:
    """Return a label's value as a selector may hold it: a name from an alert never ends the quotes."""
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")


def _logs(service: Service, span: Range) -> EvidenceRequest:
    filters: dict[str, JsonValue] = {
        "service": service.name,
        "environment": service.environment,
        "start": span.start.isoformat(),
        "end": span.end.isoformat(),
        "level": "warning",
        "limit": MOST_LINES,
    }
    return EvidenceRequest(
        kind=EvidenceKind.LOGS,
        tool="monitoring.query_logs",
        arguments={"source": "", "filters": filters},
        service=service.name,
        title=f"warnings and errors of {service.name}",
        range=span,
    )


def _cluster(kind: EvidenceKind, tool: str, arguments: dict[str, JsonValue], service: Service) -> EvidenceRequest:
    title = {"get_pods": "pods", "get_events": "events", "rollout_history": "rollouts"}[tool]
    return EvidenceRequest(
        kind=kind,
        tool=f"kubernetes.{tool}",
        arguments=arguments,
        service=service.name,
        title=f"{title} of {service.name}",
    )
