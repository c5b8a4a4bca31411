"""The read model made again: an empty database and Temporal's histories give back what was lost."""

from pathlib import Path

from holdfast.records.store import RecordsStore
from holdfast.workers.rebuilding import rebuild
from tests.workers.conftest import Ended


async def test_an_incident_comes_back_from_its_history(ended: Ended, tmp_path: Path) -> None:
    """The same document, and twice is as good as once.

    Its number is another's here: the server also holds incidents of tests with databases of their own.
    """
    store = await RecordsStore.open(ended.database_url)
    lost = await store.get(ended.handle.id)
    await store.close()
    assert lost is not None
    url = f"sqlite+aiosqlite:///{tmp_path}/again.db"
    done = await rebuild(ended.address, "default", url)
    assert 1 <= done.incidents <= done.histories
    assert await rebuild(ended.address, "default", url) == done
    again = await RecordsStore.open(url)
    found = await again.get(ended.handle.id)
    await again.close()
    assert found is not None
    assert found.model_copy(update={"number": lost.number}) == lost
