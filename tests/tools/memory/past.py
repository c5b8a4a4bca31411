"""Two hundred made-up incidents of one company, and the words in which each of them would be asked for again."""

from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any, NamedTuple

from holdfast.records.memory import Remembered, TriedBefore
from holdfast.tools.memory.recalling import Likeness

NOW = datetime.now(UTC)
FRONTS = ("orders", "cart", "billing", "stock", "users")
BACKS = ("api", "worker", "gateway", "sync")
SERVICES = tuple(f"{front}-{back}" for front, back in product(FRONTS, BACKS))


class Trouble(NamedTuple):
    """What happened, in the words it was remembered by and in those of its return."""

    alert: str
    cause: str
    action: str
    then: str
    now: str
    template: str


TROUBLES = (
    Trouble(
        "HighErrorRate", "bad_release", "rollback_deployment",
        "12% of requests answer 500 since the rollout of v41", "requests fail with 500 after a rollout",
        "NullPointerException in PriceMapper line <*>",
    ),
    Trouble(
        "HighErrorRate", "database_down", "",
        "connection pool exhausted waiting for the primary", "cannot get a connection: pool exhausted",
        "could not acquire connection within <*> ms",
    ),
    Trouble(
        "HighErrorRate", "dependency_failure", "",
        "upstream token service refuses every handshake", "handshake with the token service refused",
        "x509: certificate has expired after <*>",
    ),
    Trouble(
        "HighErrorRate", "configuration", "rollback_deployment",
        "feature flag endpoint unset, fallback missing", "flag endpoint is unset",
        "required setting <*> is empty",
    ),
    Trouble(
        "HighLatency", "cpu_saturation", "scale_deployment",
        "throttled for most of each period, queue grows", "queue grows while CPU is throttled",
        "slow request took <*> ms",
    ),
    Trouble(
        "HighLatency", "network", "",
        "packets lost between two zones, retransmissions rise", "retransmissions between zones",
        "retransmit timeout to <*>",
    ),
    Trouble(
        "HighLatency", "traffic_surge", "scale_deployment",
        "a campaign tripled the request rate within minutes", "request rate tripled by a campaign",
        "rate limit near for client <*>",
    ),
    Trouble(
        "PodRestarting", "out_of_memory", "restart_deployment",
        "containers OOMKilled while the nightly export runs", "OOMKilled during the export",
        "Killed process <*> total-vm <*>",
    ),
    Trouble(
        "PodRestarting", "crash_loop", "restart_deployment",
        "migration lock held, start-up aborts", "start-up aborts on a held migration lock",
        "migration lock held by <*>",
    ),
    Trouble(
        "PodRestarting", "storage", "",
        "volume full, write ahead log cannot grow", "no space: volume is full",
        "no space left on device <*>",
    ),
)  # fmt: skip


def two_hundred(tenant: str = "acme") -> list[Remembered]:
    """Return each trouble at each service, spread over a year."""
    return [_past(n, s, t, tenant) for n, (s, t) in enumerate(product(SERVICES, TROUBLES))]


def questions(*, templates: bool = True) -> list[tuple[str, Likeness]]:
    """Return for each of them its number and the question that its return would ask."""
    return [
        (
            f"INC-{n}",
            Likeness(service=s, alert=t.alert, text=t.now, templates=(t.template,) if templates else (), tenant="acme"),
        )
        for n, (s, t) in enumerate(product(SERVICES, TROUBLES))
    ]


def _past(n: int, service: str, trouble: Trouble, tenant: str) -> Remembered:
    fields: dict[str, Any] = {"alert": trouble.alert, "cause": trouble.cause, "action": trouble.action}
    helped = n % 3 > 0 and bool(trouble.action)
    return Remembered(
        workflow_id=f"inc/{tenant}/production/{service}",
        run_id=f"run-{n}",
        tenant=tenant,
        number=f"INC-{n}" if tenant == "acme" else f"{tenant}-{n}",
        title=f"{trouble.alert} on {service}",
        service=service,
        environment="production",
        symptoms=(trouble.then,),
        templates=(trouble.template, "GET <*> took <*>"),
        worked=helped,
        tried=(TriedBefore(action=trouble.action, worked=helped),) if trouble.action else (),
        closed_at=NOW - timedelta(days=n * 1.7),
        **fields,
    )
