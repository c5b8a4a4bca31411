"""The acting hand sees an effect through, whoever stops waiting for it, and makes it once."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from mcp.server.mcpserver.exceptions import ToolError

from holdfast.domain.action import RestartContainer, RestartPod
from holdfast.tools.executor.ledger import Ledger
from holdfast.tools.executor.server import DryRun
from holdfast.tools.infrastructure.hand import InfrastructureHand
from tests.tools.stand import grant

ACTION = RestartContainer(container="worker")


class SlowDoer:
    """Makes its effect when it is let, and counts."""

    def __init__(self) -> None:
        self.begun, self.let = asyncio.Event(), asyncio.Event()
        self.effects = 0

    async def try_dry(self, action: Any) -> DryRun:
        """Return a state."""
        return DryRun(before={"effects": self.effects}, diff="~", no_way_back="none")

    async def do(self, action: Any) -> dict[str, Any]:
        """Wait, and count."""
        self.begun.set()
        await self.let.wait()
        self.effects += 1
        return {"effects": self.effects}

    async def seen(self, action: Any, before: dict[str, Any]) -> dict[str, Any] | None:
        """Say whether it was counted."""
        return {"effects": self.effects} if self.effects > before["effects"] else None


@pytest.fixture
async def ledger(tmp_path: Path) -> Ledger:
    """A ledger that is open."""
    made = Ledger(tmp_path / "l.db")
    await made.start()
    return made


async def test_a_call_that_is_cancelled_leaves_its_effect_to_end_and_be_found(ledger: Ledger) -> None:
    """The next call on the grant waits for it and answers its result."""
    doer = SlowDoer()
    hand = InfrastructureHand(ledger, {"restart_container": doer})
    first = asyncio.create_task(hand.act(ACTION, grant(ACTION)))
    await doer.begun.wait()
    first.cancel()
    second = asyncio.create_task(hand.act(ACTION, grant(ACTION)))
    doer.let.set()
    result, made = await second
    assert (result["observed"], made, doer.effects) == ({"effects": 1}, False, 1)
    await ledger.close()


async def test_an_effect_that_failed_is_made_by_the_next_call_on_its_grant(ledger: Ledger) -> None:
    """An intention without an effect does not use the grant up."""

    class Failing(SlowDoer):
        async def do(self, action: Any) -> dict[str, Any]:
            raise ToolError("unavailable: docker host 'local' cannot be reached")

    with pytest.raises(ToolError, match="unavailable"):
        await InfrastructureHand(ledger, {"restart_container": Failing()}).act(ACTION, grant(ACTION))
    doer = SlowDoer()
    doer.let.set()
    _, made = await InfrastructureHand(ledger, {"restart_container": doer}).act(ACTION, grant(ACTION))
    assert (made, doer.effects) == (True, 1)
    await ledger.close()


async def test_a_used_grant_opens_nothing_else(ledger: Ledger) -> None:
    """Even one that verifies: the ledger knows what it was used for."""
    doer = SlowDoer()
    doer.let.set()
    hand = InfrastructureHand(ledger, {"restart_container": doer})
    await hand.act(ACTION, grant(ACTION))
    with pytest.raises(ToolError, match="grant_refused: the grant was already used"):
        await hand.act(RestartContainer(container="other"), grant(ACTION))
    assert doer.effects == 1
    await ledger.close()


async def test_an_action_of_another_server_is_not_configured_here(ledger: Ledger) -> None:
    """It names what it was asked."""
    hand = InfrastructureHand(ledger, {})
    with pytest.raises(ToolError, match="not_configured: this server does not restart pod shop/x"):
        await hand.try_dry(RestartPod(namespace="shop", pod="x"))
    await ledger.close()


async def test_nothing_is_done_that_cannot_be_written_down(tmp_path: Path) -> None:
    """A closed ledger stops the hand before its effect."""
    doer = SlowDoer()
    doer.let.set()
    with pytest.raises(ToolError, match="the ledger is not open"):
        await InfrastructureHand(Ledger(tmp_path / "l.db"), {"restart_container": doer}).act(ACTION, grant(ACTION))
    assert doer.effects == 0
