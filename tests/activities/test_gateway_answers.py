"""The one door to every tool: what comes out of it."""

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from pydantic import JsonValue

from holdfast.activities.contracts import ToolCall
from holdfast.activities.errors import ToolError, ToolErrorKind
from holdfast.activities.gateway import LARGEST_ANSWER, LARGEST_BODY
from holdfast.domain.evidence import Evidence, EvidenceKind, EvidenceRequest
from holdfast.domain.noun import digest
from tests.activities.door import QUESTION, SERIES, Door
from tests.examples import AT
from tests.fakes import ScriptedCaller


async def asked(door: Door) -> Evidence:
    answer = await door.call(QUESTION.tool, ToolCall(arguments=QUESTION.arguments, evidence=QUESTION))
    assert answer.evidence is not None
    assert answer.data == {}
    return answer.evidence


async def test_evidence_is_summarised_and_its_body_kept_outside_the_history() -> None:
    """What enters the history is a sentence, a few numbers, and the digest that proves the body."""
    door = Door(caller=ScriptedCaller(SERIES))
    found = await asked(door)
    assert (found.evidence_id, found.source, found.service) == (QUESTION.evidence_id, QUESTION.tool, "checkout")
    assert found.summary
    assert found.digest == found.ref == digest(SERIES)
    assert door.bodies.kept == {found.ref: SERIES}
    assert (found.link, found.fetched_at, found.query) == ("http://g/1", AT, '{"query":"q"}')
    assert found.bytes > 0


async def test_secrets_are_gone_before_a_body_is_kept() -> None:
    """Neither the store nor the summary ever sees them, however deep they lie."""
    line: JsonValue = {
        "time": AT.isoformat(),
        "service": "checkout",
        "pod": "p",
        "level": "error",
        "message": "token=abcd1234efgh",
    }
    door = Door(caller=ScriptedCaller({"lines": [line], "total": 1}))
    question = QUESTION.model_copy(update={"kind": EvidenceKind.LOGS})
    answer = await door.call(QUESTION.tool, ToolCall(evidence=question))
    assert "abcd1234efgh" not in answer.model_dump_json()
    assert "abcd1234efgh" not in str(door.bodies.kept)
    assert "[redacted:" in str(door.bodies.kept)


@pytest.mark.parametrize("series", [12, [{"points": [[10**400, 1.0]]}], [{"points": [[1.0, float("inf")]]}]])
async def test_an_answer_in_a_shape_nobody_knows_is_nonsense(series: JsonValue) -> None:
    """A broken tool is not read as a quiet one, nor is a number without end a fault of ours."""
    door = Door(caller=ScriptedCaller({"series": series}))
    failure = await door.refuses(QUESTION.tool, ToolCall(evidence=QUESTION))
    assert (failure.type, failure.non_retryable) == (ToolErrorKind.NONSENSE, False)


@pytest.mark.parametrize(("evidence", "most"), [(QUESTION, LARGEST_BODY), (None, LARGEST_ANSWER)])
async def test_an_answer_that_is_too_large_is_refused(evidence: EvidenceRequest | None, most: int) -> None:
    """Neither the store nor the history is filled by one answer; asking again cannot help."""
    door = Door(caller=ScriptedCaller({**SERIES, "more": "x" * most}))
    failure = await door.refuses(QUESTION.tool, ToolCall(evidence=evidence))
    assert (failure.type, failure.non_retryable) == (ToolErrorKind.TOO_LARGE, True)
    assert door.bodies.kept == {}


async def test_an_answer_that_is_no_evidence_comes_back_whole() -> None:
    """The catalogue's answers are data for the story."""
    door = Door(caller=ScriptedCaller({"runbook": {"title": "x"}}))
    assert (await door.call("catalog.get_runbook", ToolCall())).data == {"runbook": {"title": "x"}}


@pytest.mark.parametrize("kind", list(ToolErrorKind))
async def test_a_tools_error_keeps_its_kind(kind: ToolErrorKind) -> None:
    """Temporal retries only what another try may mend, after the pause the tool asked for."""
    error = ToolError(kind, "because", retry_after=7)
    failure = await Door(caller=ScriptedCaller(error)).refuses("catalog.get_runbook", ToolCall())
    assert (failure.type, failure.non_retryable) == (kind, error.permanent)
    assert failure.next_retry_delay == timedelta(seconds=7)


@dataclass
class SlowCaller(ScriptedCaller):
    """A caller that waits until a test lets it answer."""

    let_go: asyncio.Event = field(default_factory=asyncio.Event)

    async def call(
        self, server: str, tool: str, arguments: dict[str, JsonValue], *, timeout: float, meta: dict[str, str]
    ) -> dict[str, JsonValue]:
        """Wait, then answer."""
        await self.let_go.wait()
        return {}


async def test_a_tool_at_work_heartbeats() -> None:
    """A dead worker is noticed within the heartbeat, not at the end of the time-out."""
    caller = SlowCaller()
    door = Door(caller=caller, heartbeat=timedelta(milliseconds=30))
    working = asyncio.create_task(door.call("catalog.get_runbook", ToolCall()))
    async with asyncio.timeout(5):
        while len(door.beats) < 3:
            await asyncio.sleep(0.01)
    caller.let_go.set()
    assert (await working).data == {}
