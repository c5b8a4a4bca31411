"""A cluster is asked within our limits, and a change reaches it once: sent again only while it cannot have arrived."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from mcp.server.mcpserver.exceptions import ToolError

from holdfast.tools import registry
from holdfast.tools.kubernetes.connection import Connection, Request
from holdfast.tools.kubernetes.section import ClusterAccess, KubernetesSection
from tests.tools.kubernetes.test_faults import EMPTY, kubeconfig, section
from tests.tools.stand import answer, needs
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


async def test_what_an_incident_asks_first_waits_for_no_turn(tmp_path: Path) -> None:
    """Pods, events and rollouts together, at the usual thirty requests a minute."""
    shop = {"namespace": "shop"}
    async with misbehaving() as api:
        api.script("*", EMPTY)
        systems = section(tmp_path, api.url)
        del systems["kubernetes"]["per_minute"]
        server = registry.build("kubernetes", needs(tmp_path, systems=systems))
        async with server.standing():
            begun = time.monotonic()
            rollouts = {**shop, "deployment": "cart"}
            asked = [("get_pods", shop), ("get_events", shop), ("rollout_history", rollouts)]
            await asyncio.gather(*(answer(server, tool, arguments) for tool, arguments in asked))
            assert time.monotonic() - begun < 2  # the first turn that is waited for comes after two seconds
    assert KubernetesSection(clusters={"c": ClusterAccess(in_cluster=True)}).per_minute == 30
