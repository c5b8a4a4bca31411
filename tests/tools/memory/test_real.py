"""The memory over records that the systems file names: where its address lies, and what happens when they are away."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import make_url

from holdfast.records.errors import RecordsUnavailable
from holdfast.records.store import RecordsStore
from holdfast.tools.needs import ServerNeeds
from holdfast.tools.registry import build
from holdfast.tools.toolserver import ToolServer
from tests.testbed.places import free_port
from tests.testbed.postgres import PostgresServer
from tests.tools.memory.test_server import PAST
from tests.tools.stand import answer, refusal

RECORDS = Path(__file__).parents[3] / "docs/integrations/records.md"
ASKED = {"service": "checkout"}


def served(section: dict[str, Any]) -> ToolServer:
    """Return the server as its process builds it."""
    return build("memory", ServerNeeds(systems={"memory": section}))


async def test_the_address_is_read_from_its_variable(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """On each database."""
    monkeypatch.setenv("TEST_RECORDS_URL", url)
    async with served({"database_url": {"env": "TEST_RECORDS_URL"}}).standing() as server:
        await answer(server, "remember_incident", {"incident": PAST})
        assert len((await answer(server, "find_similar_incidents", ASKED))["incidents"]) == 1


@pytest.mark.real
async def test_a_renewed_password_is_used_by_the_next_call(postgres_server: PostgresServer, tmp_path: Path) -> None:
    """The file changed; no process is started again, and no password is told."""
    url = make_url(await postgres_server.database())
    file = tmp_path / "url"
    file.write_text(url.set(password="expired-one").render_as_string(hide_password=False))
    async with served({"database_url": {"file": str(file)}}).standing() as server:
        said = await refusal(server, "find_similar_incidents", ASKED)
        assert said.startswith("unavailable: ")
        assert "expired-one" not in said
        file.write_text(url.render_as_string(hide_password=False))
        assert (await answer(server, "find_similar_incidents", ASKED))["incidents"] == []
        file.unlink()
        assert (await refusal(server, "find_similar_incidents", ASKED)).startswith(
            "not_configured: memory.database_url"
        )


@pytest.mark.real
async def test_the_documented_rights_are_enough(postgres_server: PostgresServer, tmp_path: Path) -> None:
    """And reach no incident's document."""
    owner = make_url(await postgres_server.database())
    await (await RecordsStore.open(owner.render_as_string(hide_password=False))).close()
    connection = await postgres_server.connect(str(owner.database))
    role = f"memory_{owner.database}"
    await connection.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'remembers-alone'")
    granted = RECORDS.read_text().partition("```sql\n")[2].partition("```")[0]
    await connection.execute(
        granted.replace("DATABASE holdfast", f"DATABASE {owner.database}").replace("holdfast_memory", role)
    )
    await connection.close()
    (tmp_path / "url").write_text(
        owner.set(username=role, password="remembers-alone").render_as_string(hide_password=False)
    )
    async with served({"database_url": {"file": str(tmp_path / "url")}}).standing() as server:
        for first in (True, False):
            assert (await answer(server, "remember_incident", {"incident": PAST}))["first"] is first
        assert len((await answer(server, "find_similar_incidents", ASKED))["incidents"]) == 1
    store = await RecordsStore.open((tmp_path / "url").read_text())
    with pytest.raises(RecordsUnavailable, match="permission denied"):
        await store.get("INC-1")
    await store.close()


async def test_records_that_nobody_serves_are_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Asking again may help."""
    monkeypatch.setenv("TEST_RECORDS_URL", f"postgresql+asyncpg://holdfast:pw@127.0.0.1:{free_port()}/holdfast")
    async with served({"database_url": {"env": "TEST_RECORDS_URL"}}).standing() as server:
        assert (await refusal(server, "find_similar_incidents", ASKED)).startswith("unavailable: ")


async def test_a_database_that_we_do_not_speak_to_is_not_configured(monkeypatch: pytest.MonkeyPatch) -> None:
    """Asking again cannot help."""
    monkeypatch.setenv("TEST_RECORDS_URL", "postgresql+psycopg://holdfast:pass-word@db/holdfast")
    async with served({"database_url": {"env": "TEST_RECORDS_URL"}}).standing() as server:
        said = await refusal(server, "find_similar_incidents", ASKED)
    assert said.startswith("not_configured: records: ")
    assert "pass-word" not in said


@pytest.mark.parametrize(
    ("value", "why"), [("", "holds no secret"), ("pass-word-alone", "is no address such as postgresql")]
)
def test_an_address_that_is_none_is_named_and_not_repeated(
    monkeypatch: pytest.MonkeyPatch, value: str, why: str
) -> None:
    """Before the server stands."""
    monkeypatch.setenv("TEST_RECORDS_URL", value)
    with pytest.raises(ValueError, match=f"memory.database_url: .*{why}") as said:
        served({"database_url": {"env": "TEST_RECORDS_URL"}})
    assert "pass-word-alone" not in str(said.value)


def test_an_address_in_the_file_itself_is_refused() -> None:
    """It holds a password."""
    with pytest.raises(ValueError, match=r"memory\.database_url"):
        served({"database_url": "postgresql+asyncpg://holdfast:pw@db/holdfast"})
