"""The embedded stack: Temporal, worker and API as children of one supervisor, over a simulated estate."""

import asyncio
import json
import os
import sys
from datetime import timedelta
from pathlib import Path
from typing import Self

import httpx2
from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client

from holdfast.activities.adapters.grants import new_keys
from holdfast.domain.incident import IncidentSettings
from holdfast.domain.noun import Noun
from holdfast.records.database import open_database
from holdfast.tools.simulation.estate import Estate
from holdfast.workers import temporal
from holdfast.workers.places import ABOUT, USUAL_PORTS, claim_port
from holdfast.workers.supervisor import Child, Supervisor
from holdfast.workflows.names import INCIDENTS

# A demonstration verifies over seconds what production verifies over minutes.
DEMO = IncidentSettings(
    soak=timedelta(seconds=1),
    verify_every=timedelta(seconds=1),
    verify_looks=6,
    quiet=timedelta(seconds=1),
    late_alert=timedelta(seconds=1),
)


PATIENCE = 30
"""Seconds that a stack may take to stand."""


class StackPlace(Noun):
    """Where a stack lives and listens, and how its incidents wait."""

    data_dir: Path
    api_port: int
    temporal: temporal.ServerPlace
    settings: IncidentSettings = IncidentSettings()
    tools_file: Path | None = None
    systems_file: Path | None = None

    @property
    def api_url(self) -> str:
        """The API's address."""
        return f"http://127.0.0.1:{self.api_port}"

    @property
    def web_ui_url(self) -> str:
        """The Temporal Web UI's address."""
        return f"http://127.0.0.1:{self.temporal.ui_port}"

    @property
    def estate(self) -> Path:
        """The simulated estate's file."""
        return self.data_dir / "estate.db"

    @classmethod
    def choose(cls, data_dir: Path, settings: IncidentSettings | None = None) -> Self:
        """Choose ports: the usual ones where they are free. A model is asked when one is configured."""
        api, frontend, web_ui = (claim_port(port) for port in USUAL_PORTS)
        server = temporal.ServerPlace(data_dir=data_dir, port=frontend, ui_port=web_ui)
        model = {"use_model": bool(os.environ.get("HOLDFAST_MODEL_BASE_URL"))}
        waits = (settings or IncidentSettings()).model_copy(update=model)
        return cls(data_dir=data_dir, api_port=api, temporal=server, settings=waits)


class StackError(RuntimeError):
    """The stack does not stand; the text says which part, and what it said last."""


class EmbeddedStack:
    """A running stack; use it as an async context."""

    def __init__(self, place: StackPlace) -> None:
        self.place = place
        self.supervisor = Supervisor(place.data_dir / "logs")
        self._lock = temporal.DataLock(place.data_dir)

    async def __aenter__(self) -> Self:
        """Start everything and return when alerts are accepted.

        Raises:
            DataInUseError: when another stack runs on the same folder.
            FileNotFoundError: when the Temporal program is not installed.
            StackError: when it does not stand within half a minute.
        """
        self.place.data_dir.mkdir(parents=True, exist_ok=True)
        await asyncio.to_thread(self._lock.take)
        try:
            await self._start()
        except BaseException:
            await self.stop()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def stop(self) -> None:
        """Stop everything; the data stays."""
        await self.supervisor.stop()
        (self.place.data_dir / ABOUT).unlink(missing_ok=True)
        self._lock.release()

    def estate(self) -> Estate:
        """Open the simulated estate."""
        return Estate.open(self.place.estate)

    async def _start(self) -> None:
        _ensure_keys(self.place.data_dir)
        environment = environment_of(self.place)
        server = tuple(temporal.command(self.place.temporal))
        await self.supervisor.start(Child(name="temporal", command=server, inherited=self._lock.inherited))
        # Here, while Temporal starts, so that neither child that lives for weeks keeps Alembic in its memory.
        await (await open_database(environment["HOLDFAST_DATABASE_URL"])).close()
        for name, module in (("worker", "holdfast.workers"), ("api", "holdfast.api")):
            command = (sys.executable, "-m", module)
            await self.supervisor.start(Child(name=name, command=command, environment=environment))
        ready = asyncio.create_task(self._stands())
        try:
            while not (await asyncio.wait({ready}, timeout=0.1))[0]:
                self._check_children()
            await ready
        except TimeoutError as e:
            raise StackError(f"the stack did not stand within {PATIENCE} seconds") from e
        finally:
            ready.cancel()
        self._check_children()
        self._write_down()

    async def _stands(self) -> None:
        """Return once an alert would be accepted and an incident walked.

        Raises:
            TimeoutError: when it takes too long.
        """
        async with asyncio.timeout(PATIENCE):
            client = await temporal.wait_until_ready(self.place.temporal)
            await _wait_for_worker(client)
            await _wait_for_api(self.place.api_url)

    def _check_children(self) -> None:
        """Notice at once what cannot start, such as for a setting that is refused, and repeat its last words."""
        for name, refusals in self.supervisor.refusals().items():
            if refusals:
                log = self.supervisor.log_of(name)
                raise StackError(f"{name} ended while starting; {log} says: {_last_words(log)}")

    def about(self) -> dict[str, str]:
        """Return what other commands need to find this stack."""
        return {
            "api": self.place.api_url,
            "web_ui": self.place.web_ui_url,
            "temporal": self.place.temporal.address,
            "pid": str(os.getpid()),
        }

    def _write_down(self) -> None:
        (self.place.data_dir / ABOUT).write_text(json.dumps(self.about(), indent=1))


def environment_of(place: StackPlace) -> dict[str, str]:
    """Return the environment of the stack's children."""
    data = place.data_dir
    tools = {"HOLDFAST_TOOLS_FILE": str(place.tools_file)} if place.tools_file else {}
    systems = {"HOLDFAST_SYSTEMS_FILE": str(place.systems_file)} if place.systems_file else {}
    return {
        **tools,
        **systems,
        "HOLDFAST_TOOLS_STATE": str(data / "tools"),
        "HOLDFAST_EMBEDDED": "true",
        "HOLDFAST_TEMPORAL_ADDRESS": place.temporal.address,
        "HOLDFAST_TEMPORAL_NAMESPACE": "default",
        "HOLDFAST_DATABASE_URL": f"sqlite+aiosqlite:///{data}/records.db",
        "HOLDFAST_DATA_DIR": str(data),
        "HOLDFAST_ESTATE": str(place.estate),
        "HOLDFAST_GRANT_PRIVATE_KEY_FILE": str(data / "grant.key"),
        "HOLDFAST_GRANT_PUBLIC_KEY_FILE": str(data / "grant.pub"),
        "HOLDFAST_HOST": "127.0.0.1",
        "HOLDFAST_PORT": str(place.api_port),
        "HOLDFAST_INCIDENT_SETTINGS": place.settings.model_dump_json(),
        "HOLDFAST_PARENT_PID": str(os.getpid()),
        "PYTHONUNBUFFERED": "1",
        "MALLOC_ARENA_MAX": "2",  # threads that share arenas leave less memory lying idle
    }


def _ensure_keys(data_dir: Path) -> None:
    """Make the grant's key pair at the first start; the private half is readable by its owner alone."""
    private, public = data_dir / "grant.key", data_dir / "grant.pub"
    if private.exists() and public.exists():
        return
    private_pem, public_pem = new_keys()
    private.unlink(missing_ok=True)
    private.touch(mode=0o600)
    private.write_text(private_pem)
    # The public half appears at once and last: whoever finds it finds a whole pair.
    half = public.with_suffix(".new")
    half.write_text(public_pem)
    half.replace(public)


async def _wait_for_worker(client: Client) -> None:
    """Return once somebody asks for incidents to walk."""
    request = DescribeTaskQueueRequest(
        namespace=client.namespace,
        task_queue=TaskQueue(name=INCIDENTS),
        task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
    )
    while not (await client.workflow_service.describe_task_queue(request)).pollers:
        await asyncio.sleep(0.1)


async def _wait_for_api(url: str) -> None:
    async with httpx2.AsyncClient(timeout=2) as http:
        while not await _accepts(http, url):
            await asyncio.sleep(0.1)


async def _accepts(http: httpx2.AsyncClient, url: str) -> bool:
    try:
        return (await http.get(f"{url}/readyz")).status_code == 200
    except httpx2.HTTPError:
        return False


def _last_words(log: Path) -> str:
    """Return the last line that the child itself wrote."""
    lines = [line for line in log.read_text(errors="replace").splitlines() if line and " supervisor: " not in line]
    return lines[-1][:400] if lines else "nothing"
