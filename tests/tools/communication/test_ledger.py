"""The ledger of what was told: one sender a key at a time, and nothing sent that is not written down."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from mcp.server.mcpserver.exceptions import ToolError

from holdfast.tools.communication.ledger import Ledger

TOOL = "create_jira_ticket"


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[Ledger]:
    """Let a ledger stand that waits a moment only."""
    ledger = Ledger(folder / "communication.db", wait=0.1)
    await ledger.start()
    try:
        yield ledger
    finally:
        await ledger.close()


async def test_one_key_has_one_sender_and_other_keys_do_not_wait(tmp_path: Path) -> None:
    """The second is told to ask again; when the first is done it may."""
    async with opened(tmp_path) as ledger, opened(tmp_path) as other:
        async with ledger.alone(TOOL, "k1"):
            with pytest.raises(ToolError, match=f"^unavailable: {TOOL}: another call is sending it"):
                async with other.alone(TOOL, "k1"):
                    pass
            async with other.alone(TOOL, "k2"):
                pass
        async with other.alone(TOOL, "k1"):
            pass


async def test_a_sender_that_breaks_lets_go(tmp_path: Path) -> None:
    """Its key is free at once, and its intention is known."""
    async with opened(tmp_path) as ledger:
        with pytest.raises(RuntimeError):
            await _break(ledger)
        async with ledger.alone(TOOL, "k1"):
            known = ledger.find(TOOL, "k1")
        assert known is not None
        assert known.id == ""


async def test_a_sending_is_neither_forgotten_nor_another_tools(tmp_path: Path) -> None:
    """Forgetting takes back what was only meant; a key belongs to one tool."""
    async with opened(tmp_path) as ledger:
        ledger.intend(TOOL, "k1")
        ledger.sent(TOOL, "k1", sent_id="OPS-1", place="", asked="")
        ledger.forget(TOOL, "k1")
        known = ledger.find(TOOL, "k1")
        assert known is not None
        assert known.id == "OPS-1"
        assert ledger.find("send_email", "k1") is None


async def test_a_ledger_that_is_not_open_lets_nothing_be_sent(tmp_path: Path) -> None:
    """It says so, and the caller tries again."""
    with pytest.raises(ToolError, match=r"^unavailable: .*the ledger is not open"):
        Ledger(tmp_path / "communication.db").intend(TOOL, "k1")


async def test_a_ledger_of_an_earlier_release_takes_what_has_no_id_for_sent(tmp_path: Path) -> None:
    """It did not write down whether sending had begun."""
    db = sqlite3.connect(tmp_path / "communication.db")
    db.execute("CREATE TABLE sendings (tool TEXT, key TEXT, id TEXT DEFAULT '', place TEXT, asked TEXT, at REAL)")
    db.execute("INSERT INTO sendings (tool, key, at) VALUES (?, 'k1', 7)", (TOOL,))
    db.commit()
    db.close()
    for _ in range(2):
        async with opened(tmp_path) as ledger:
            known = ledger.find(TOOL, "k1")
            assert known is not None
            assert known.tried == 7


async def _break(ledger: Ledger) -> None:
    async with ledger.alone(TOOL, "k1"):
        ledger.intend(TOOL, "k1")
        raise RuntimeError
