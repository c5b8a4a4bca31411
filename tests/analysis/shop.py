"""The simulated shop, asked as an incident asks: through its tool servers, question by question."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from mcp import Client

from holdfast.analysis.evidence_plan import Inquiry, plan_evidence
from holdfast.analysis.observation import Case, Observation
from holdfast.analysis.summary import summarise
from holdfast.domain.action import Action, arguments_of
from holdfast.domain.alert import Alert, AlertStatus
from holdfast.domain.attempt import Attempt
from holdfast.domain.evidence import EvidenceRequest
from holdfast.domain.noun import canonical_json, digest
from holdfast.domain.service import Runbook, Service
from holdfast.tools.catalog import server as catalog
from holdfast.tools.kubernetes import server as kubernetes
from holdfast.tools.kubernetes.clusters import Clusters
from holdfast.tools.memory import server as memory
from holdfast.tools.simulation import scenarios
from holdfast.tools.simulation.catalogue import SimulatedCatalogue
from holdfast.tools.simulation.estate import Estate
from holdfast.tools.simulation.kubernetes import SimulatedCluster
from holdfast.tools.simulation.servers import monitoring as simulated


class Shop:
    """A shop with a clock that a test sets, and the tool servers that look at it."""

    def __init__(self, folder: Path, now: float) -> None:
        self.now = now
        self.estate = Estate.open(folder / "estate.db", lambda: self.now)
        self.servers = {
            "monitoring": simulated.over(self.estate),
            "kubernetes": kubernetes.build(Clusters(SimulatedCluster(self.estate))),
            "catalog": catalog.build(SimulatedCatalogue(self.estate.topology)),
            "memory": memory.build(f"sqlite+aiosqlite:///{folder}/records.db"),
        }

    @property
    def at(self) -> datetime:
        """The shop's time."""
        return datetime.fromtimestamp(self.now, UTC)

    async def call(self, name: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """Call one tool and return its answer."""
        server, _, tool = name.partition(".")
        async with Client(self.servers[server]) as client:
            result = await client.call_tool(tool, arguments)
        assert not result.is_error, result.content
        assert result.structured_content is not None
        return dict(result.structured_content)

    async def look(self, request: EvidenceRequest) -> Observation:
        """Ask one question and keep its answer as the gateway does."""
        body = await self.call(request.tool, request.arguments)
        seen = summarise(request, body)
        evidence = request.answered(
            self.at,
            digest=digest(body),
            ref=digest(body),
            summary=seen.summary,
            facts=seen.facts,
            cut=seen.cut,
        )
        return Observation(evidence, body)

    async def case(self, scenario: str, attempts: tuple[Attempt, ...] = ()) -> tuple[Case, Runbook | None]:
        """Gather everything about a scenario's incident as it stands now."""
        sent = scenarios.load(scenario).fault.alerts[0]
        book = (await self.call("catalog.get_runbook", {"service": sent.service, "alert": sent.name}))["runbook"]
        runbook = Runbook.model_validate(book) if book else None
        return await self.case_of(sent.service, sent.name, attempts, runbook), runbook

    async def case_of(
        self, name: str, alert: str, attempts: tuple[Attempt, ...] = (), runbook: Runbook | None = None
    ) -> Case:
        """Gather everything about an alert on a service as it stands now."""
        found = await self.call("catalog.map_alert_to_service", {"labels": {"service": name}})
        service = Service.model_validate(found["service"])
        others = await self.call("catalog.get_dependencies", {"service": name, "environment": "production"})
        alerts = (firing(alert, name, self.at - scenarios.GROUP_WAIT),)
        dependencies = tuple(Service.model_validate(d) for d in others["dependencies"])
        inquiry = Inquiry(service, alerts, self.at, timedelta(minutes=30), dependencies, runbook)
        seen = tuple([await self.look(q) for q in plan_evidence(inquiry)])
        return Case(service, alerts, seen, self.at, dependencies, attempts)

    def act(self, action: Action, grant: str) -> None:
        """Let an action take effect."""
        with self.estate.changing() as db:
            fields = canonical_json(arguments_of(action))
            row = (grant, "", action.digest, action.kind, action.service, fields, self.now, "{}")
            db.execute("INSERT INTO effects VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)


def firing(name: str, service: str, at: datetime) -> Alert:
    """Return a firing alert."""
    return Alert(
        source="alertmanager",
        fingerprint="f1",
        status=AlertStatus.FIRING,
        name=name,
        service=service,
        environment="production",
        starts_at=at,
    )
