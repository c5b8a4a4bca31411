"""One action at a time on a target, across incidents: the ledger holds it, also over a kill."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from mcp.server.mcpserver.exceptions import ToolError

from holdfast.domain.action import RestartDeployment, RestartPod, ScaleDeployment
from holdfast.domain.grant import Grant
from holdfast.tools.executor.ledger import Ledger
from tests.tools.stand import grant

RESTART = RestartDeployment(namespace="shop", deployment="checkout")
SCALE = ScaleDeployment(namespace="shop", deployment="checkout", replicas=3)
OTHER = "inc/default/production/cart"


def other(**fields: object) -> Grant:
    """Return a grant of another incident for the same deployment."""
    return grant(SCALE, grant_id=f"{OTHER}/p2/0", incident=OTHER, **fields)


async def opened(path: Path) -> Ledger:
    """Open the ledger as a server does at its start."""
    ledger = Ledger(path / "l.db", "executor")
    await ledger.start()
    return ledger


async def test_another_incidents_action_on_the_same_target_is_told_who_holds_it(tmp_path: Path) -> None:
    """Whatever kind of action it is; the target counts."""
    ledger = await opened(tmp_path)
    held = grant(RESTART)
    with (
        ledger.holding(RESTART, held),
        pytest.raises(ToolError, match=f"^busy: deployment/shop/checkout .* for incident {held.incident} since 20"),
        ledger.holding(SCALE, other()),
    ):
        raise AssertionError("nobody gets here")
    with ledger.holding(SCALE, other()):
        pass
    await ledger.close()


async def test_a_pod_is_held_with_its_deployment_and_another_target_is_free(tmp_path: Path) -> None:
    """Restarting one pod of what rolls out is the same target; another deployment is not."""
    ledger = await opened(tmp_path)
    pod = RestartPod(namespace="shop", pod="checkout-7d4b9c6f5-x2x4z")
    with ledger.holding(RESTART, grant(RESTART)):
        with pytest.raises(ToolError, match="busy"), ledger.holding(pod, other()):
            raise AssertionError("nobody gets here")
        with ledger.holding(RestartDeployment(namespace="shop", deployment="cart"), other()):
            pass
    await ledger.close()


async def test_an_action_that_broke_lets_go_of_its_target(tmp_path: Path) -> None:
    """The next incident need not wait for what is no longer being done."""
    ledger = await opened(tmp_path)
    with pytest.raises(RuntimeError), ledger.holding(RESTART, grant(RESTART)):
        raise RuntimeError
    with ledger.holding(SCALE, other()):
        pass
    await ledger.close()


async def test_a_kill_leaves_the_hold_to_the_same_grant_until_it_expires(tmp_path: Path) -> None:
    """After a restart the same grant goes on and another incident waits; when the grant is over, nobody need."""
    held = grant(RESTART)
    _killed_while_holding(tmp_path, held)
    ledger = await opened(tmp_path)
    with pytest.raises(ToolError, match="busy"), ledger.holding(SCALE, other()):
        raise AssertionError("nobody gets here")
    with ledger.holding(RESTART, held):
        pass
    with ledger.holding(SCALE, other()):
        pass
    await ledger.close()


async def test_a_hold_whose_grant_has_expired_binds_nobody(tmp_path: Path) -> None:
    """What was killed and never came back does not block the target for ever."""
    _killed_while_holding(tmp_path, grant(RESTART, expires_at=datetime.now(UTC) - timedelta(seconds=1)))
    ledger = await opened(tmp_path)
    with ledger.holding(SCALE, other()):
        pass
    await ledger.close()


_HOLD_AND_DIE = """
import asyncio, os, sys
from pathlib import Path
from holdfast.domain.action import RestartDeployment
from holdfast.domain.grant import Grant
from holdfast.tools.executor.ledger import Ledger

ledger = Ledger(Path(sys.argv[1]) / "l.db", "executor")
asyncio.run(ledger.start())
with ledger.holding(RestartDeployment(namespace="shop", deployment="checkout"), Grant.model_validate_json(sys.argv[2])):
    os.kill(os.getpid(), 9)
"""


def _killed_while_holding(path: Path, held: Grant) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _HOLD_AND_DIE, str(path), held.model_dump_json()], check=False
    )  # our own program
    assert done.returncode == -9
