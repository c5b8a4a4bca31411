"""Where the pipes are joined, in one straight line: settings → adapters → hands → workers, a worker for each queue."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from temporalio.client import Client
from temporalio.common import VersioningBehavior, WorkerDeploymentVersion
from temporalio.worker import Worker, WorkerDeploymentConfig

from holdfast.activities.adapters.directory import TemporalDirectory
from holdfast.activities.adapters.records import StoreWriter
from holdfast.activities.adapters.tools import McpToolCaller
from holdfast.activities.diagnosis import Diagnose, DoubtDiagnosis, Examine, RankCauses, choose_specialists
from holdfast.activities.gateway import Bench, Gateway, Reach
from holdfast.activities.investigation import plan_evidence
from holdfast.activities.joining import FindIncidentToJoin
from holdfast.activities.judgement import JudgePlan
from holdfast.activities.planning import propose_plan
from holdfast.activities.recording import RecordIncident
from holdfast.activities.reporting import WriteReport
from holdfast.activities.verification import VerifyRecovery
from holdfast.policies.source import PolicySource
from holdfast.records.bodies import FileBodyStore
from holdfast.tools import registry
from holdfast.workers import toolbox, toollinks
from holdfast.workers.settings import WorkerSettings
from holdfast.workers.toolserver import toolbox_of
from holdfast.workflows import names
from holdfast.workflows.incident import IncidentWorkflow

Hand = Callable[..., Any]
# Recovery after a crash waits for this; the default of ten seconds is a long silence at three in the morning.
STICKY = timedelta(seconds=2)
# An incident asks a dozen questions at once; as many polls fetch them together, and their answers come together.
POLLS = 12
GRACE = timedelta(seconds=5)
CACHED_INCIDENTS = 500


@dataclass
class House:
    """The workers of one process, and what must be closed after them."""

    workers: list[Worker] = field(default_factory=list)
    openers: list[Callable[[], Awaitable[None]]] = field(default_factory=list)
    closers: list[Callable[[], Awaitable[None]]] = field(default_factory=list)


def assemble(settings: WorkerSettings, client: Client) -> House:
    """Build a worker for every queue that the settings name.

    Raises:
        ValueError: naming the setting or file that is missing or wrong.
    """
    house = House()
    box = toolbox_of(settings)
    bodies = FileBodyStore(settings.bodies_dir)
    if names.INCIDENTS in settings.served:
        house.workers.append(
            _worker(settings, client, names.INCIDENTS, _incident_hands(settings, client, bodies, house))
        )
    if names.TOOLS in settings.served:
        gateway = _gateway(settings, box, bodies, house, frozenset({Reach.LOOKS, Reach.TELLS}))
        house.workers.append(_worker(settings, client, names.TOOLS, [gateway.call_tool]))
    if names.ACTIONS in settings.served:
        gateway = _gateway(settings, box, bodies, house, frozenset({Reach.ACTS}))
        house.workers.append(_worker(settings, client, names.ACTIONS, [gateway.call_tool]))
    if names.LLM in settings.served and settings.model_base_url:
        house.workers.append(_worker(settings, client, names.LLM, _model_hands(settings, box, bodies, house)))
    return house


def _incident_hands(settings: WorkerSettings, client: Client, bodies: FileBodyStore, house: House) -> list[Hand]:
    writer = StoreWriter(settings.database_url)
    house.closers.append(writer.close)
    return [
        plan_evidence,
        propose_plan,
        choose_specialists,
        RankCauses(bodies, _now).rank_causes,
        VerifyRecovery(bodies).verify_recovery,
        JudgePlan(_policy(settings)).judge_plan,
        FindIncidentToJoin(TemporalDirectory(client)).find_incident_to_join,
        RecordIncident(writer).record_incident,
        WriteReport(bodies, _now).write_report,
    ]


def _model_hands(settings: WorkerSettings, box: toolbox.Toolbox, bodies: FileBodyStore, house: House) -> list[Hand]:
    from holdfast.activities.adapters.model import OpenAiModel, Prices  # noqa: PLC0415 # 50 MB that only a model needs

    prices = Prices(prompt=settings.model_price_prompt, completion=settings.model_price_completion)
    model = OpenAiModel(settings.model_base_url, settings.model_name, settings.api_key, prices)
    house.closers.append(model.close)
    examine = Examine(model, bodies, box.looks)
    return [
        Diagnose(model, bodies, box.looks).diagnose,
        DoubtDiagnosis(model, bodies).doubt,
        examine.metrics,
        examine.logs,
        examine.cluster,
        examine.changes,
    ]


def _gateway(
    settings: WorkerSettings, box: toolbox.Toolbox, bodies: FileBodyStore, house: House, allowed: frozenset[Reach]
) -> Gateway:
    """Connect to the servers of this reach alone; only the acting gateway holds the key that signs grants."""
    caller = McpToolCaller(toollinks.links(box, allowed, lambda name: registry.build(name, settings.needs())))
    house.openers.append(caller.connect)
    house.closers.append(caller.close)
    issuer = None
    if Reach.ACTS in allowed and settings.grant_private_key_file is not None:
        from holdfast.activities.adapters.grants import Ed25519Issuer  # noqa: PLC0415 # 10 MB that only acting needs

        issuer = Ed25519Issuer(settings.grant_private_key_file.read_text())
    bench = Bench(caller=caller, bodies=bodies, reach=box.reach, allowed=allowed, clock=_now, issuer=issuer)
    return Gateway(bench)


def _policy(settings: WorkerSettings) -> PolicySource:
    """Check the policy before anything starts; outside the embedded stack it must name its approvers, always."""
    source = PolicySource(settings.policy_file, open_allowed=settings.embedded)
    source.judge()
    return source


def _worker(settings: WorkerSettings, client: Client, queue: str, hands: Sequence[Hand]) -> Worker:
    tells_story = queue == names.INCIDENTS
    return Worker(
        client,
        task_queue=queue,
        workflows=[IncidentWorkflow] if tells_story else [],
        activities=list(hands),
        max_cached_workflows=CACHED_INCIDENTS,
        sticky_queue_schedule_to_start_timeout=STICKY,
        max_concurrent_activity_task_polls=POLLS,
        graceful_shutdown_timeout=GRACE,
        deployment_config=_deployment(settings) if settings.build_id else None,
    )


def _deployment(settings: WorkerSettings) -> WorkerDeploymentConfig:
    return WorkerDeploymentConfig(
        version=WorkerDeploymentVersion(deployment_name="holdfast", build_id=settings.build_id),
        use_worker_versioning=True,
        default_versioning_behavior=VersioningBehavior.PINNED,
    )


def _now() -> datetime:
    return datetime.now(UTC)
