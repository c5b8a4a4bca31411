"""The supervisor: what dies is started again, and when it stops nothing is left."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from holdfast.workers.supervisor import Child, Supervisor
from tests.workers.waiting import alive, until

SLEEP = (sys.executable, "-c", "import time; print('up', flush=True); time.sleep(600)")
DEAF = (
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(600)",
)


@pytest.fixture
async def supervisor(tmp_path: Path) -> AsyncIterator[Supervisor]:
    """A supervisor that leaves nothing behind."""
    made = Supervisor(tmp_path / "logs")
    yield made
    await made.stop()


def said(supervisor: Supervisor, name: str) -> str:
    log = supervisor.log_of(name)
    return log.read_text() if log.exists() else ""


async def test_a_killed_child_is_started_again(supervisor: Supervisor) -> None:
    """SIGKILL leaves no time for anything; within a second there is another process, and being killed is no refusal."""
    await supervisor.start(Child(name="worker", command=SLEEP))
    await until(lambda: "up" in said(supervisor, "worker"))
    first = supervisor.pids()["worker"]
    os.kill(first, signal.SIGKILL)
    await until(lambda: said(supervisor, "worker").count("up\n") == 2)
    assert supervisor.pids()["worker"] not in (0, first)
    assert not alive(first)
    assert supervisor.refusals() == {"worker": 0}


async def test_a_child_that_ends_with_an_error_is_counted_and_tried_again(supervisor: Supervisor) -> None:
    """Its last words are in its own log, with a word of the supervisor's about each end."""
    command = (sys.executable, "-c", "import sys; sys.exit('no such setting')")
    await supervisor.start(Child(name="api", command=command))
    await until(lambda: supervisor.refusals()["api"] >= 2)
    log = supervisor.log_of("api").read_text()
    assert "no such setting" in log
    assert "supervisor: api ended with 1" in log


async def test_a_child_gets_its_own_variables_beside_ours(supervisor: Supervisor) -> None:
    """What it is given is added to what we have."""
    command = (sys.executable, "-c", "import os, time; print(os.environ['MINE'], 'PATH' in os.environ, flush=True)")
    await supervisor.start(Child(name="x", command=command, environment={"MINE": "yes"}))
    await until(lambda: "yes True" in said(supervisor, "x"))


async def test_a_stopped_supervisor_leaves_no_process(supervisor: Supervisor) -> None:
    """Every child is ended, and none is started again."""
    for name in ("one", "two"):
        await supervisor.start(Child(name=name, command=SLEEP))
    pids = list(supervisor.pids().values())
    await supervisor.stop()
    assert not any(alive(pid) for pid in pids)
    assert supervisor.pids() == {}


async def test_a_child_that_does_not_listen_is_killed(tmp_path: Path) -> None:
    """SIGTERM first; after its patience the supervisor insists."""
    supervisor = Supervisor(tmp_path / "logs", patience=0.2)
    await supervisor.start(Child(name="deaf", command=DEAF))
    await until(lambda: "up" in said(supervisor, "deaf"))
    pid = supervisor.pids()["deaf"]
    await supervisor.stop()
    assert not alive(pid)


async def test_children_end_with_a_supervisor_that_is_killed(tmp_path: Path) -> None:
    """No server is left on the data by a supervisor that could not stop it."""
    program = (
        "import asyncio, sys; from pathlib import Path; from holdfast.workers.supervisor import Child, Supervisor\n"
        "async def main():\n"
        "    s = Supervisor(Path(sys.argv[1])); await s.start(Child(name='x', command=tuple(sys.argv[2:])))\n"
        "    print(s.pids()['x'], flush=True); await asyncio.sleep(600)\n"
        "asyncio.run(main())"
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, str(tmp_path), *SLEEP, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    child = int(await process.stdout.readline())
    await until(lambda: "up" in (tmp_path / "x.log").read_text())
    process.kill()
    await process.wait()
    await until(lambda: not alive(child))
