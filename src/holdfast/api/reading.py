"""What the doors read: a running incident from its own workflow, an ended one or a list from the records."""

import asyncio
from datetime import timedelta
from urllib.parse import quote, unquote

import structlog
from temporalio.client import WorkflowQueryFailedError, WorkflowQueryRejectedError
from temporalio.service import RPCError

from holdfast.api.problems import Problem, away
from holdfast.api.temporal import TemporalLink, reaching
from holdfast.domain.incident import Incident, IncidentStatus
from holdfast.domain.noun import Noun
from holdfast.records.errors import RecordsUnavailable
from holdfast.records.store import IncidentFilter, IncidentPage, RecordsStore
from holdfast.workflows.names import QUERY_SNAPSHOT

log = structlog.get_logger()

QUERY_SECONDS = 2.0

_FINAL = (IncidentStatus.MERGED, IncidentStatus.CLOSED)


class Found(Noun):
    """Which incident a reference means: its workflow, and its record where one is kept.

    `run_id` is set when the reference is a number, which names one run and never a later one.
    """

    workflow_id: str
    record: Incident | None = None
    run_id: str = ""

    @property
    def tenant(self) -> str:
        """Return the tenant whose incident it is."""
        return unquote(self.workflow_id.split("/")[1])


class Told(Noun):
    """An incident, and who told us: `workflow` or `records`."""

    incident: Incident
    source: str


class Reading:
    """Reads the records, opened when first needed, and asks workflows."""

    def __init__(self, temporal: TemporalLink, database_url: str) -> None:
        self._temporal = temporal
        self._url = database_url
        self._store: RecordsStore | None = None
        self._opening = asyncio.Lock()

    async def find(self, ref: str) -> Found:
        """Return what `ref` means: `INC-42`, or a workflow id with `:` for `/`.

        Raises:
            Problem: 404 when there is no such number or it is neither, 503 when the records are away.
        """
        if ref.lower().startswith("inc:"):
            workflow_id = workflow_id_of(ref)
            return Found(workflow_id=workflow_id, record=await self._record(workflow_id, must=False))
        record = await self._record(ref.upper(), must=True) if ref.upper().startswith("INC-") else None
        if record is None:
            raise no_such_incident(ref)
        return Found(workflow_id=record.workflow_id, record=record, run_id=record.run_id)

    async def tell(self, found: Found) -> Told:
        """Return the incident as its workflow knows it, or else as the records do.

        Raises:
            Problem: 404 when neither knows it, 503 when whoever might know is away.
        """
        record = found.record
        if record is not None and found.run_id and record.status in _FINAL:
            return Told(incident=record, source="records")
        try:
            live = await self._snapshot(found.workflow_id)
        except Problem as e:
            if record is None:
                raise
            log.warning("workflow_not_asked", workflow_id=found.workflow_id, why=e.detail)
            return Told(incident=record, source="records")
        if found.run_id and live.run_id != found.run_id and record is not None:
            return Told(incident=record, source="records")
        number = live.number or (record.number if record and record.run_id == live.run_id else "")
        return Told(incident=live.model_copy(update={"number": number}), source="workflow")

    async def list(self, wanted: IncidentFilter) -> IncidentPage:
        """Return one page of the records.

        Raises:
            Problem: 422 when the cursor is no page's, 503 when the records are away.
        """
        try:
            return await (await self._records()).list(wanted)
        except ValueError as e:
            raise Problem(422, str(e), fields=[("cursor", str(e))]) from e
        except RecordsUnavailable as e:
            raise away("The read model", str(e)) from e

    async def why_no_records(self) -> str:
        """Return why the records cannot be read now, or an empty string."""
        try:
            await (await self._records()).ping()
        except RecordsUnavailable as e:
            return str(e)
        return ""

    async def close(self) -> None:
        """Close the records."""
        if self._store is not None:
            await self._store.close()

    async def _records(self) -> RecordsStore:
        if self._store is None:
            async with self._opening:
                self._store = self._store or await self._open()
        return self._store

    async def _open(self) -> RecordsStore:
        if not self._url:
            raise RecordsUnavailable("HOLDFAST_DATABASE_URL is not set")
        try:
            return await RecordsStore.open(self._url)
        except OSError as e:
            raise RecordsUnavailable(f"{e.strerror}: {e.filename}") from e

    async def _record(self, ref: str, *, must: bool) -> Incident | None:
        try:
            return await (await self._records()).get(ref)
        except RecordsUnavailable as e:
            if must:
                raise away("The read model", str(e)) from e
            return None

    async def _snapshot(self, workflow_id: str) -> Incident:
        client = await self._temporal.client()
        handle = client.get_workflow_handle(workflow_id)
        try:
            async with reaching(QUERY_SECONDS):
                told: Incident = await handle.query(
                    QUERY_SNAPSHOT, result_type=Incident, rpc_timeout=timedelta(seconds=QUERY_SECONDS)
                )
                return told
        except RPCError as e:
            raise no_such_incident(ref_of(workflow_id)) from e
        except (WorkflowQueryFailedError, WorkflowQueryRejectedError) as e:
            raise Problem(503, f"the workflow could not be asked: {e}", retry_after=2) from e


def ref_of(workflow_id: str) -> str:
    """Return a workflow id as people and addresses bear it, such as `inc:acme:production:checkout`."""
    return workflow_id.replace("/", ":")


def address_of(workflow_id: str) -> str:
    """Return where an incident is read; its reference may hold percent signs, so they are encoded once more."""
    return f"/incidents/{quote(ref_of(workflow_id), safe=':')}"


def workflow_id_of(ref: str) -> str:
    """Return the workflow id a reference means, whether or not its parts are still percent-encoded.

    Raises:
        Problem: 404 when it has not four parts.
    """
    parts = ref.split(":", 3)
    if len(parts) != 4 or not all(parts):
        raise no_such_incident(ref)
    return "/".join(["inc", *(quote(unquote(part), safe="") for part in parts[1:])])


def no_such_incident(ref: str) -> Problem:
    """Return the problem for a reference that means nothing."""
    return Problem(404, f"no incident {ref!r}; write a number such as INC-42, or inc:TENANT:ENVIRONMENT:SERVICE")
