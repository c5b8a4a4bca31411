"""A log that is too large loses its oldest lines and says so; its newest lines, which tell most, always come."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from holdfast.tools import registry
from holdfast.tools.kubernetes.logs import LARGEST_LOG
from tests.tools.kubernetes.test_faults import section
from tests.tools.stand import answer, needs
from tests.vendors.misbehaving import Misbehaving, Reply, misbehaving

POD = "/api/v1/namespaces/shop/pods/cart-1"
ASKED = {"namespace": "shop", "pod": "cart-1"}


@pytest.fixture
async def api() -> AsyncIterator[Misbehaving]:
    """An API server with one pod."""
    async with misbehaving() as made:
        made.script(POD, Reply(body={"metadata": {"name": "cart-1"}, "spec": {"containers": [{"name": "cart"}]}}))
        yield made


def limited(*lines: str) -> Reply:
    """Return what a kubelet sends of these lines: `limitBytes` is counted from the oldest."""
    return Reply(body="".join(f"{line}\n" for line in lines)[:LARGEST_LOG], content_type="text/plain")


async def asked(api: Misbehaving, folder: Path, *replies: Reply, **more: Any) -> tuple[dict[str, Any], list[int]]:
    """Ask for the log while the server answers in turn; return the answer, and how many lines were asked for."""
    api.script(f"{POD}/log", *replies)
    server = registry.build("kubernetes", needs(folder, systems=section(folder, api.url)))
    async with server.standing():
        found = await answer(server, "get_logs", {**ASKED, **more})
    return found, [int(a.params["tailLines"]) for a in api.asked if a.path.endswith("/log")]


async def test_a_log_that_fits_is_asked_for_once(api: Misbehaving, tmp_path: Path) -> None:
    """What is no UTF-8 is replaced, and a separator within a line is no end of it."""
    found, tails = await asked(api, tmp_path, limited("first", "se\u2028cond"))
    assert (found["lines"], found["cut"], tails) == (["first", "se\u2028cond"], "", [200])


async def test_the_newest_lines_of_a_large_log_come(api: Misbehaving, tmp_path: Path) -> None:
    """Twenty lines of 100 kB are more than is read: the first answer ends before the newest of them."""
    lines = [f"{n} {'x' * 100_000}" for n in range(20)]
    found, tails = await asked(api, tmp_path, limited(*lines), limited(*lines[-5:]), tail=20)
    assert [line.partition(" ")[0] for line in found["lines"]] == ["15", "16", "17", "18", "19"]
    assert tails == [20, 5]
    assert found["cut"] == f"the newest 5 lines; the newest 20 are larger than {LARGEST_LOG} bytes"


async def test_a_large_log_is_asked_for_a_few_times_at_most(api: Misbehaving, tmp_path: Path) -> None:
    """The last time for a single line; of one that is too long, its beginning."""
    found, tails = await asked(api, tmp_path, limited("x" * 2 * LARGEST_LOG), tail=1000)
    assert tails == [1000, 1]
    assert [len(line) for line in found["lines"]] == [LARGEST_LOG]
    assert found["cut"] == f"the beginning of the newest line, which is longer than {LARGEST_LOG} bytes"
    many = [limited(*["y" * 3000] * 1000)] * 3
    found, tails = await asked(api, tmp_path, *many, limited("newest"), tail=1000)
    assert (tails[-4:], found["lines"]) == ([1000, 174, 87, 1], ["newest"])
