"""A change reaches the cluster once: it is sent again only while it cannot have arrived."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from mcp.server.mcpserver.exceptions import ToolError

from holdfast.tools.kubernetes.connection import Connection, Request
from holdfast.tools.kubernetes.section import ClusterAccess
from tests.tools.kubernetes.test_faults import kubeconfig
from tests.vendors.misbehaving import Misbehaving, Reply, misbehaving

CHANGE = Request(method="PATCH", path="/apis/apps/v1/namespaces/shop/deployments/cart", body={"spec": {"replicas": 2}})


@asynccontextmanager
async def connected(folder: Path, url: str) -> AsyncIterator[Connection]:
    """Reach the cluster at an address."""
    connection = Connection("main", ClusterAccess(kubeconfig=kubeconfig(folder, url), timeout=5, retries=2))
    await connection.start()
    try:
        yield connection
    finally:
        await connection.close()


async def test_a_change_that_was_refused_at_the_door_is_sent_again(tmp_path: Path) -> None:
    """The server listens only after the first try: nothing can have arrived before."""
    api = Misbehaving()
    api.script("*", Reply(body={"kind": "Deployment"}))
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        async with connected(tmp_path, f"http://127.0.0.1:{door.getsockname()[1]}") as connection:
            sending = asyncio.create_task(connection.send(CHANGE))
            await asyncio.sleep(0.1)
            async with await asyncio.start_server(api.handle, sock=door):
                assert await sending == {"kind": "Deployment"}
    assert [a.method for a in api.asked] == ["PATCH"]


async def test_a_change_whose_answer_was_lost_is_not_sent_again(tmp_path: Path) -> None:
    """It may have had its effect."""
    async with misbehaving() as api, connected(tmp_path, api.url) as connection:
        api.script("*", Reply(body={}, cut=True))
        with pytest.raises(ToolError, match=r"^unavailable: main: "):
            await connection.send(CHANGE)
    assert len(api.asked) == 1
