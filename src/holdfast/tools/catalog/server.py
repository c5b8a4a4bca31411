"""The catalogue server's tools: what a service is, what it calls, and what was written for its known symptoms."""

from typing import Any, Protocol

from mcp_types import ToolAnnotations

from holdfast.domain.service import Runbook, Service
from holdfast.tools.toolserver import ToolServer

Object = dict[str, Any]
LOOKS = ToolAnnotations(read_only_hint=True, idempotent_hint=True)


class Catalogue(Protocol):
    """Where services and runbooks are written down."""

    def service(self, name: str, environment: str) -> Service | None:
        """Return a service, or None when nobody wrote it down."""
        ...

    def dependents(self, name: str) -> tuple[str, ...]:
        """Return the services that call it."""
        ...

    def runbook(self, service: str, alert: str) -> Runbook | None:
        """Return the runbook that fits best, or None."""
        ...


def build(catalogue: Catalogue) -> ToolServer:
    """Return the server over one catalogue."""
    server = ToolServer("holdfast-catalog")

    @server.tool(annotations=LOOKS, description="The service that an alert's labels speak of.")
    async def map_alert_to_service(labels: Object) -> Object:
        name = str(
            labels.get("service") or labels.get("app") or labels.get("deployment") or labels.get("job") or "unknown"
        )
        environment = str(labels.get("environment") or labels.get("env") or "production")
        found = catalogue.service(name, environment) or Service(name=name, environment=environment, known=False)
        return {"service": found.model_dump(mode="json")}

    @server.tool(annotations=LOOKS, description="The runbook for a service and an alert, or null.")
    async def get_runbook(service: str, alert: str = "") -> Object:
        found = catalogue.runbook(service, alert)
        return {"runbook": found.model_dump(mode="json") if found else None}

    @server.tool(
        annotations=LOOKS, description="The services it calls, as objects, and the names of those that call it."
    )
    async def get_dependencies(service: str, environment: str = "") -> Object:
        where = environment or "production"
        own = catalogue.service(service, where)
        called = [catalogue.service(d, where) for d in (own.dependencies if own else ())]
        dependencies = [d.model_dump(mode="json") for d in called if d]
        return {"service": service, "dependencies": dependencies, "dependents": list(catalogue.dependents(service))}

    return server
