"""The catalogue server's tools: what a service is, what it calls, and what was written for its known symptoms."""

from collections.abc import Sequence
from typing import Any, Protocol

from mcp_types import ToolAnnotations

from holdfast.domain.service import Runbook, Service
from holdfast.tools.catalog.entry import Cited
from holdfast.tools.catalog.rules import Rules
from holdfast.tools.toolserver import Part, ToolServer

Object = dict[str, Any]
LOOKS = ToolAnnotations(read_only_hint=True, idempotent_hint=True)


class Catalogue(Protocol):
    """Where services and runbooks are written down."""

    async def service(self, name: str, environment: str) -> Cited[Service | None]:
        """Return a service, or None when nobody wrote it down."""
        ...

    async def surroundings(self, name: str, environment: str) -> Cited[tuple[tuple[Service, ...], tuple[str, ...]]]:
        """Return the services that it calls, and the names of those that call it."""
        ...

    async def runbook(self, service: str, alert: str) -> Cited[Runbook | None]:
        """Return the runbook that fits best, or None."""
        ...


def build(catalogue: Catalogue, rules: Rules | None = None, parts: Sequence[Part] = ()) -> ToolServer:
    """Return the server over one catalogue."""
    server = ToolServer("holdfast-catalog", parts)
    mapping = rules or Rules()

    @server.tool(annotations=LOOKS, description="The service that an alert's labels speak of.")
    async def map_alert_to_service(labels: Object) -> Object:
        name, environment = mapping.meant_by({k: str(v) for k, v in labels.items() if v is not None})
        found = await catalogue.service(name, environment)
        service = found.value or Service(name=name, environment=environment, known=False)
        return {"service": service.model_dump(mode="json"), **_cited(found)}

    @server.tool(annotations=LOOKS, description="The runbook for a service and an alert, or null.")
    async def get_runbook(service: str, alert: str = "") -> Object:
        found = await catalogue.runbook(service, alert)
        return {"runbook": found.value.model_dump(mode="json") if found.value else None, **_cited(found)}

    @server.tool(
        annotations=LOOKS, description="The services it calls, as objects, and the names of those that call it."
    )
    async def get_dependencies(service: str, environment: str = "") -> Object:
        found = await catalogue.surroundings(service, environment or mapping.default_environment)
        called, callers = found.value
        dependencies = [d.model_dump(mode="json") for d in called]
        return {"service": service, "dependencies": dependencies, "dependents": list(callers), **_cited(found)}

    return server


def _cited(found: Cited[Any]) -> Object:
    return {"sources": list(found.sources), "problems": list(found.problems)}
