"""Errors over MCP begin with a word of the contract's closed list, whoever raised them."""

from pydantic import BaseModel

from holdfast.tools.errors import Word, no
from holdfast.tools.toolserver import ToolServer
from tests.tools.stand import answer, refusal


class Wanted(BaseModel):
    """An argument with parts of its own."""

    count: int


def server() -> ToolServer:
    """A server whose tools say no, break, and answer."""
    made = ToolServer("test")

    @made.tool()
    async def refuse() -> str:
        raise no(Word.CONFLICT, "somebody else holds it: wait")

    @made.tool()
    async def crash() -> str:
        raise RuntimeError("password=hunter2")

    @made.tool()
    async def count(wanted: Wanted) -> dict[str, int]:
        return {"count": wanted.count}

    return made


async def test_a_tools_own_words_come_first_and_whole() -> None:
    """Nothing is put before the word, and nothing is lost after it."""
    assert await refusal(server(), "refuse", {}) == "conflict: somebody else holds it: wait"


async def test_a_crash_is_failed_and_tells_nothing_of_itself() -> None:
    """The exception's text stays in the server's log."""
    said = await refusal(server(), "crash", {})
    assert said.startswith("failed: crash broke")
    assert "hunter2" not in said


async def test_a_wrong_argument_is_named() -> None:
    """The field's path and what is wrong with it, without the value."""
    said = await refusal(server(), "count", {"wanted": {"count": "many"}})
    assert said.startswith("bad_input: wanted.count: ")
    assert "many" not in said
    assert (await refusal(server(), "count", {})).startswith("bad_input: wanted: ")


async def test_an_unknown_tool_is_not_found() -> None:
    """Asking again cannot help."""
    assert await refusal(server(), "cuont", {}) == "not_found: Unknown tool: cuont"


async def test_an_answer_is_left_as_it_is() -> None:
    """Only errors are touched."""
    assert await answer(server(), "count", {"wanted": {"count": 3}}) == {"count": 3}
