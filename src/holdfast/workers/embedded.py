"""The embedded stack: Temporal, worker and API as children of one supervisor, over a simulated estate."""

import asyncio
import json
import os
import socket
import sys
from datetime import timedelta
from pathlib import Path
from typing import Self

import httpx2

from holdfast.activities.adapters.grants import new_keys
from holdfast.domain.incident import IncidentSettings
from holdfast.domain.noun import Noun
from holdfast.tools.simulation.estate import Estate
from holdfast.workers import temporal
from holdfast.workers.supervisor import Child, Supervisor

# A demonstration verifies over seconds what production verifies over minutes.
DEMO = IncidentSettings(
    soak=timedelta(seconds=1),
    verify_every=timedelta(seconds=1),
    verify_looks=6,
    quiet=timedelta(seconds=1),
    late_alert=timedelta(seconds=1),
)


class StackPlace(Noun):
    """Where a stack lives and listens, and how its incidents wait."""

    data_dir: Path
    api_port: int
    temporal: temporal.ServerPlace
    settings: IncidentSettings = IncidentSettings()

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
        """Choose ports: the usual ones where they are free."""
        server = temporal.ServerPlace(data_dir=data_dir, port=_free(7233), ui_port=_free(8233))
        return cls(data_dir=data_dir, api_port=_free(8080), temporal=server, settings=settings or IncidentSettings())


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
            TimeoutError: when it does not stand within half a minute; the logs say why.
        """
        self.place.data_dir.mkdir(parents=True, exist_ok=True)
        self._lock.take()
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
        (self.place.data_dir / "stack.json").unlink(missing_ok=True)
        self._lock.release()

    def estate(self) -> Estate:
        """Open the simulated estate."""
        return Estate.open(self.place.estate)

    async def _start(self) -> None:
        _ensure_keys(self.place.data_dir)
        environment = environment_of(self.place)
        python = sys.executable
        server = tuple(temporal.command(self.place.temporal))
        await self.supervisor.start(Child(name="temporal", command=server, environment={}))
        for name, module in (("worker", "holdfast.workers"), ("api", "holdfast.api")):
            await self.supervisor.start(Child(name=name, command=(python, "-m", module), environment=environment))
        await temporal.wait_until_ready(self.place.temporal)
        await _wait_for_api(self.place.api_url)
        self._write_down()

    def _write_down(self) -> None:
        about = {
            "api": self.place.api_url,
            "web_ui": self.place.web_ui_url,
            "temporal": self.place.temporal.address,
            "pid": str(os.getpid()),
        }
        (self.place.data_dir / "stack.json").write_text(json.dumps(about, indent=1))


def environment_of(place: StackPlace) -> dict[str, str]:
    """Return the environment of the stack's children."""
    data = place.data_dir
    return {
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
    }


def _ensure_keys(data_dir: Path) -> None:
    """Make the grant's key pair at the first start; the private half is readable by its owner alone."""
    private, public = data_dir / "grant.key", data_dir / "grant.pub"
    if private.exists() and public.exists():
        return
    private_pem, public_pem = new_keys()
    private.touch(mode=0o600)
    private.write_text(private_pem)
    public.write_text(public_pem)


async def _wait_for_api(url: str, seconds: float = 30) -> None:
    async with asyncio.timeout(seconds), httpx2.AsyncClient(timeout=2) as http:
        while True:
            try:
                if (await http.get(f"{url}/readyz")).status_code == 200:
                    return
            except httpx2.HTTPError:
                pass
            await asyncio.sleep(0.1)


def _free(wanted: int) -> int:
    """Return `wanted` when nobody listens on it, else a port the system chooses."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise OSError("no free port on 127.0.0.1")
