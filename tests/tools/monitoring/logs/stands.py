"""Every kind of log store as its vendor describes it, a source over it, and how a test writes a line there."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any

from holdfast.tools.monitoring.logs.guarded import GuardedLogs
from holdfast.tools.monitoring.logs.kinds import log_sources
from holdfast.tools.monitoring.queries import LogQuery
from tests.tools.stand import NOON
from tests.vendors import cloudwatch_logs, elasticsearch, loki, splunk, victorialogs

Write = Callable[[str, float, str, str], None]  # service, unix seconds, level, message


@dataclass
class Stand:
    """A source, its store, and a hand that writes there in the environment `production`, from the pod `POD`.

    CloudWatch keeps a line with a level as JSON, as the agents write it, and one without as plain text.
    """

    source: GuardedLogs
    vendor: Any
    write: Write

    @property
    def asked(self) -> int:
        """Return how many questions reached the store."""
        called = getattr(self.vendor, "called", None)
        return len(self.vendor.asked) if called is None else sum(name == "StartQuery" for name, _ in called)


POD = "checkout-7d9f-abcde"


def asking(service: str = "checkout", **fields: Any) -> LogQuery:
    """Return a question about the ten minutes before noon."""
    return LogQuery(service=service, start=NOON - 600, end=NOON, **fields)


def source(kind: str, url: str, **fields: Any) -> GuardedLogs:
    """Return one source of a kind."""
    return log_sources({"main": {"kind": kind, "url": url, **fields}})["main"]


@asynccontextmanager
async def _loki(**fields: Any) -> AsyncIterator[Stand]:
    async with loki.loki() as server:

        def write(service: str, at: float, level: str, message: str) -> None:
            labels = {"service_name": service, "environment": "production", "pod": POD}
            server.write(at, message, **labels, detected_level=level)

        yield Stand(source("loki", server.url, **fields), server, write)


@asynccontextmanager
async def _victorialogs(**fields: Any) -> AsyncIterator[Stand]:
    async with victorialogs.victorialogs() as server:

        def write(service: str, at: float, level: str, message: str) -> None:
            named = {"service.name": service, "environment": "production", "k8s.pod.name": POD}
            server.write(at, message, ("0", "0"), **named, level=level)

        yield Stand(source("victorialogs", server.url, **fields), server, write)


@asynccontextmanager
async def _splunk(**fields: Any) -> AsyncIterator[Stand]:
    async with splunk.splunk() as server:

        def write(service: str, at: float, level: str, message: str) -> None:
            server.write(at, message, service=service, environment="production", level=level, pod=[POD, "other"])

        yield Stand(source("splunk", server.url, **fields), server, write)


@asynccontextmanager
async def _elasticsearch(**fields: Any) -> AsyncIterator[Stand]:
    async with elasticsearch.elasticsearch() as server:

        def write(service: str, at: float, level: str, message: str) -> None:
            named = {"service": {"name": service, "environment": "production"}, "kubernetes": {"pod": {"name": POD}}}
            server.write("logs-app", at, message, **named, log__level=level)

        yield Stand(source("elasticsearch", server.url, **fields), server, write)


@asynccontextmanager
async def _cloudwatch_logs(**fields: Any) -> AsyncIterator[Stand]:
    async with cloudwatch_logs.cloudwatch_logs() as server:

        def write(service: str, at: float, level: str, message: str) -> None:
            said = {"level": level, "message": message, "pod": POD}
            line = json.dumps(said, ensure_ascii=False) if level else message
            server.write("/apps/production", at, line, f"{service}/{POD}")

        base = {"kind": "cloudwatch_logs", "region": "eu-west-1", "log_group": "/apps/{environment}"}
        query = {"query": 'fields @timestamp, @message, @logStream | filter @logStream like "{service}/"'}
        made = log_sources({"main": {**base, **query, "endpoint_url": server.url, **fields}})["main"]
        server.write("/apps/production", 0, "{}", "nobody")
        yield Stand(made, server, write)


STANDS: dict[str, Callable[..., AbstractAsyncContextManager[Stand]]] = {
    "loki": _loki,
    "victorialogs": _victorialogs,
    "splunk": _splunk,
    "elasticsearch": _elasticsearch,
    "cloudwatch_logs": _cloudwatch_logs,
}


@asynccontextmanager
async def standing(kind: str, **fields: Any) -> AsyncIterator[Stand]:
    """Run one kind's stand, and close its source."""
    async with STANDS[kind](**fields) as stand:
        try:
            yield stand
        finally:
            await stand.source.close()
