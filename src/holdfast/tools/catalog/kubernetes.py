"""Services as a cluster's workloads describe themselves, by recommended labels and Holdfast's own annotations.

https://kubernetes.io/docs/concepts/overview/working-with-objects/common-labels/ and docs/integrations.
"""

import asyncio
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from holdfast.domain.service import Runbook
from holdfast.tools.catalog.entry import CitedRunbook, CitedService, Reading, ServiceEntry
from holdfast.tools.catalog.section import Labels
from holdfast.tools.kubernetes.connection import Connection
from holdfast.tools.outside.cache import Cache

Object = dict[str, Any]
NAME, OURS = "app.kubernetes.io/name", "holdfast.dev/"
# What may be a service, and how the catalogue calls it.
WORKLOADS = {"deployments": "deployment", "statefulsets": "statefulset", "daemonsets": "daemonset"}
MOST = 5000  # workloads of one kind
PAGE = 500  # a request; a workload is half as large as a pod


class LabelSource:
    """Implements Source over one cluster; a part of the server."""

    def __init__(self, labels: Labels) -> None:
        self.name = labels.name
        self._labels = labels
        self._connection = Connection(labels.name, labels, labels.per_minute)
        self._cache: Cache[Reading] = Cache(labels.keep)

    async def start(self) -> None:
        """Read the cluster's address and our account; raise a ValueError that names what is wrong with them."""
        await self._connection.start()

    async def close(self) -> None:
        """Close every connection."""
        await self._connection.close()

    async def read(self) -> Reading:
        """Return what the workloads say.

        Raises:
            ToolError: of the closed list, naming the cluster and the remedy.
        """
        return await self._cache.get("all", self._read)

    async def whole(self, found: CitedRunbook) -> Runbook:
        """Return the runbook; a cluster holds none."""
        return found.runbook

    async def _read(self) -> Reading:
        wanted = [(kind, space) for kind in WORKLOADS for space in self._labels.namespaces or ("",)]
        rows = await asyncio.gather(*(self._rows(kind, space) for kind, space in wanted))
        asked = list(zip(wanted, rows, strict=True))
        problems = [f"{self.name}: of {kind} only {cut}" for (kind, _), (_, cut) in asked if cut]
        told = [self._cited(kind, item["metadata"], problems) for (kind, _), (items, _) in asked for item in items]
        return Reading(services=_chosen([c for c in told if c], problems), problems=tuple(problems))

    async def _rows(self, kind: str, namespace: str) -> tuple[list[Object], str]:
        where = f"namespaces/{namespace}/" if namespace else ""
        selected = {"labelSelector": self._labels.selector} if self._labels.selector else {}
        return await self._connection.items(f"/apis/apps/v1/{where}{kind}", MOST, PAGE, **selected)

    def _cited(self, kind: str, meta: Object, problems: list[str]) -> CitedService | None:
        source = f"{self.name} {WORKLOADS[kind]}/{meta['namespace']}/{meta['name']}"
        try:
            return CitedService(entry=_entry(kind, meta, self._labels.environment), source=source)
        except ValidationError as e:
            first = e.errors(include_input=False, include_url=False)[0]
            problems.append(f"{source}: {OURS}{'.'.join(map(str, first['loc']))}: {first['msg']}")
            return None


def _chosen(told: list[CitedService], problems: list[str]) -> tuple[CitedService, ...]:
    """Of two that say they are one service, such as a canary beside it, the one that says most of itself counts."""
    services: dict[tuple[str, tuple[str, ...]], CitedService] = {}
    for each in sorted(told, key=_said, reverse=True):
        first = services.setdefault((each.entry.name, each.entry.environments), each)
        if first is not each:
            problems.append(f"{each.source}: {each.entry.name} is {first.source} already; give one another {NAME}")
    return tuple(services.values())


def _said(service: CitedService) -> tuple[bool, int]:
    own_name = service.source.endswith(f"/{service.entry.name}")
    return own_name, len(service.entry.model_dump(exclude_none=True))


def _entry(kind: str, meta: Object, environment: str) -> ServiceEntry:
    """Annotations count before labels: they may hold what a label's syntax forbids, such as `#payments`."""
    labels: Mapping[str, str] = meta.get("labels") or {}
    said = {**labels, **(meta.get("annotations") or {})}
    own = {k.removeprefix(OURS): v for k, v in said.items() if k.startswith(OURS)}
    lists = {k: tuple(_listed(own[k])) for k in ("owners", "dependencies") if k in own}
    texts = {k: own[k] for k in ("tier", "channel", "repository", "runbook") if k in own}
    found = {
        "name": own.get("service") or labels.get(NAME) or meta["name"],
        "environments": (own.get("environment") or environment,),
        "kind": own.get("kind") or WORKLOADS[kind],
        "namespace": meta["namespace"],
        "deployment": meta["name"] if kind == "deployments" else "",
    }
    return ServiceEntry.model_validate({**found, **texts, **lists})


def _listed(text: str) -> list[str]:
    return [part.strip() for part in text.replace(";", ",").split(",") if part.strip()]
