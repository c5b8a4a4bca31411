"""The real tool caller against real MCP servers, in memory and as a child process, behaving and not."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from mcp import Client
from mcp.client.stdio import StdioServerParameters

from holdfast.activities.adapters.mapping import MappedTool, ToolMapping
from holdfast.activities.adapters.tools import McpToolCaller, ServerLink
from holdfast.activities.errors import ToolError, ToolErrorKind
from tests.adapters import toolserver


@pytest.fixture
async def caller() -> AsyncIterator[McpToolCaller]:
    """A caller whose one server lives in this process."""
    made = McpToolCaller([ServerLink("odd", lambda: Client(toolserver.build()), concurrency=2)])
    yield made
    await made.close()


async def ask(caller: McpToolCaller, tool: str, timeout: float = 5, **arguments: Any) -> dict[str, Any]:
    return await caller.call("odd", tool, arguments, timeout=timeout, meta={"holdfast/idempotency-key": "k1"})


async def test_an_answer_comes_back_as_data(caller: McpToolCaller) -> None:
    """Structured content is returned as it is."""
    assert await ask(caller, "echo", text="hi") == {"text": "hi"}


async def test_the_idempotency_key_travels_beside_the_arguments(caller: McpToolCaller) -> None:
    """The key is in `_meta`, where a server finds it without a parameter for it."""
    assert await ask(caller, "meta") == {"key": "k1"}


@pytest.mark.parametrize("word", [k.value for k in ToolErrorKind if k is not ToolErrorKind.NONSENSE])
async def test_the_first_word_of_an_error_gives_its_kind(caller: McpToolCaller, word: str) -> None:
    """Every word of the closed list becomes the kind of the same name."""
    snake = "".join(f"_{c.lower()}" if c.isupper() else c for c in word.removeprefix("Tool")).strip("_")
    with pytest.raises(ToolError) as error:
        await ask(caller, "fail", text=f"{snake}: because")
    assert error.value.kind == word
    assert "because" in str(error.value)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("rate_limited: grafana: 429, too many; Retry-After 120 s: slow down", 120.0),
        ("unavailable: loki: 503, it fails; Retry-After 7 s", 7.0),
        ("rate_limited: Retry-After 999999999 s", 3600.0),
        ("rate_limited: slow down", None),
        ("rate_limited: Retry-After Tuesday", None),
        ("failed: the log says Retry-After 120 s", None),
    ],
)
async def test_a_source_that_asks_for_time_is_given_it(caller: McpToolCaller, text: str, seconds: float | None) -> None:
    """An hour at most, and only where waiting is what helps."""
    with pytest.raises(ToolError) as error:
        await ask(caller, "fail", text=text)
    assert error.value.retry_after == seconds
    delay = error.value.as_application_error().next_retry_delay
    assert delay == (None if seconds is None else timedelta(seconds=seconds))


async def test_an_unknown_error_is_failed_and_may_be_retried(caller: McpToolCaller) -> None:
    """What a server did not expect is masked by the SDK and counts as failed."""
    with pytest.raises(ToolError) as error:
        await ask(caller, "crash")
    assert error.value.kind is ToolErrorKind.FAILED
    assert not error.value.permanent
    assert "secret" not in str(error.value)


async def test_an_answer_that_is_no_object_is_nonsense(caller: McpToolCaller) -> None:
    """Text where an object was promised is refused, with the text shown."""
    with pytest.raises(ToolError, match="no JSON object"):
        await ask(caller, "babble")


async def test_a_tool_that_hangs_times_out_and_frees_its_place(caller: McpToolCaller) -> None:
    """Two hanging calls fill the bulkhead; when they time out the next call runs."""
    results = await asyncio.gather(*(ask(caller, "hang", timeout=0.3) for _ in range(2)), return_exceptions=True)
    assert all(isinstance(r, ToolError) and r.kind is ToolErrorKind.TIMEOUT for r in results)
    assert await ask(caller, "echo", text="free") == {"text": "free"}


async def test_an_unknown_tool_is_permanent(caller: McpToolCaller) -> None:
    """Asking again for a tool that is not there cannot help."""
    with pytest.raises(ToolError) as error:
        await ask(caller, "no_such_tool")
    assert error.value.permanent


async def test_wrong_arguments_are_permanent(caller: McpToolCaller) -> None:
    """The server's own validation names the argument."""
    with pytest.raises(ToolError, match="text") as error:
        await ask(caller, "echo")
    assert error.value.permanent


async def test_a_server_nobody_configured_is_said(caller: McpToolCaller) -> None:
    """The name is in the message."""
    with pytest.raises(ToolError, match="nowhere"):
        await caller.call("nowhere", "x", {}, timeout=1, meta={})


async def test_a_killed_server_is_started_again_by_the_next_call() -> None:
    """SIGKILL on the child: one call may fail as unavailable, the next is answered by a new process."""
    program = StdioServerParameters(command=sys.executable, args=["-m", "tests.adapters.toolserver"])
    caller = McpToolCaller([ServerLink("odd", lambda: Client(program))])
    first = (await ask(caller, "pid", timeout=20))["pid"]
    os.kill(int(first), signal.SIGKILL)
    second = await _ask_until_answered(caller)
    assert second != first
    await caller.close()


async def test_a_server_that_cannot_start_is_unavailable() -> None:
    """The program is missing: the reason reaches the caller, not the event loop."""
    caller = McpToolCaller([ServerLink("odd", lambda: Client(StdioServerParameters(command="/no/such/program")))])
    with pytest.raises(ToolError) as error:
        await ask(caller, "echo", text="x")
    assert error.value.kind is ToolErrorKind.UNAVAILABLE
    await caller.close()


async def _ask_until_answered(caller: McpToolCaller) -> Any:
    for _ in range(5):
        with contextlib.suppress(ToolError):
            return (await ask(caller, "pid", timeout=20))["pid"]
    raise AssertionError("the server was never started again")


def mapped(**fields: Any) -> McpToolCaller:
    """Return a caller to which `ours` is a tool of somebody else's server."""
    tools = {"ours": MappedTool(ToolMapping.model_validate(fields))}
    return McpToolCaller([ServerLink("odd", lambda: Client(toolserver.build()), mapped=tools)])


FOREIGN: dict[str, tuple[dict[str, Any], ToolErrorKind, str]] = {
    "their error, by its pattern": (
        {"tool": "fail", "arguments": {"text": "'pods x not found'"}, "errors": {"not found": "not_found"}},
        ToolErrorKind.NOT_FOUND,
        "fail answered",
    ),
    "their error, unknown": ({"tool": "fail", "arguments": {"text": "'boom'"}}, ToolErrorKind.FAILED, "boom"),
    "an argument that cannot be made": (
        {"tool": "echo", "arguments": {"text": "args.nope"}},
        ToolErrorKind.BAD_INPUT,
        "arguments.text",
    ),
    "an answer that does not fit": (
        {"tool": "echo", "arguments": {"text": "'x'"}, "result": {"pods": "answer.items"}},
        ToolErrorKind.NONSENSE,
        "result.pods",
    ),
}


@pytest.mark.parametrize("case", FOREIGN)
async def test_what_goes_wrong_with_a_foreign_tool_has_its_kind(case: str) -> None:
    """The report says whether their server, the arguments or the mapping is to be mended."""
    fields, kind, said = FOREIGN[case]
    caller = mapped(**fields)
    with pytest.raises(ToolError, match=said) as error:
        await ask(caller, "ours")
    await caller.close()
    assert error.value.kind is kind
