"""A conversation kept as links of a chain."""

import pytest

from holdfast.activities.diagnosis.transcript import recall, remember
from holdfast.activities.ports import ModelMessage
from tests.activities.thinking import MemoryBodies


async def test_a_chain_reads_from_its_beginning() -> None:
    """Each link holds its own words alone, and all of them together read in order."""
    store = MemoryBodies()
    first = await remember(store, "", [ModelMessage(role="user", content="a")])
    second = await remember(store, first, [ModelMessage(role="user", content="b")])
    assert [m.content for m in await recall(store, second)] == ["a", "b"]
    assert await recall(store, "") == []
    assert len(store.kept) == 2


@pytest.mark.parametrize("body", ["text", {"messages": "none"}, {"previous": ""}])
async def test_what_is_no_transcript_is_lost(body: str | dict[str, str]) -> None:
    """A reference to something else is as good as none."""
    store = MemoryBodies()
    with pytest.raises(KeyError):
        await recall(store, await store.put(dict(body) if isinstance(body, dict) else body))


async def test_a_broken_chain_is_lost_as_a_whole() -> None:
    """Half a conversation would mislead."""
    store = MemoryBodies()
    first = await remember(store, "", [ModelMessage(role="user", content="a")])
    second = await remember(store, first, [ModelMessage(role="user", content="b")])
    del store.kept[first]
    with pytest.raises(KeyError):
        await recall(store, second)
