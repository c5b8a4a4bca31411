"""Following: newest document wins, absence is waited out, and what is posted arrives once the API is back."""

import asyncio
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
import typer
from rich.console import Console

from holdfast.cli.client import Api
from holdfast.cli.following import Follower, insist
from holdfast.domain.incident import Incident, IncidentStatus
from holdfast.domain.timeline import EntryKind, TimelineEntry
from tests.cli.fake_api import Answer, FakeApi
from tests.examples import AT, incident

DOOR = "GET /incidents/INC-7"
AWAY = Answer({"detail": "away"}, 503)


def _at(seconds: int, **fields: Any) -> Any:
    told = tuple(
        TimelineEntry(at=AT + timedelta(seconds=n), kind=EntryKind.EVIDENCE, text=f"line {n}") for n in range(seconds)
    )
    base = {"number": "INC-7", "updated_at": AT + timedelta(seconds=seconds), "timeline": told}
    return incident(**{**base, **fields}).model_dump(mode="json")


def _closed(seen: Incident) -> bool:
    return seen.status is IncidentStatus.CLOSED


def _screen(*, terminal: bool = False) -> Console:
    return Console(file=StringIO(), force_terminal=terminal, width=100, height=30)


def _text(screen: Console) -> str:
    assert isinstance(screen.file, StringIO)
    return screen.file.getvalue()


async def test_every_line_is_printed_once(api: FakeApi) -> None:
    """Into a file, though the document is read again and again and the API is away in between."""
    api.answer(DOOR, _at(1), AWAY, _at(1), _at(3), AWAY, _at(4, status="closed"))
    screen = _screen()
    ended = await Follower(Api(api.url), "INC-7", screen).until(_closed)
    assert ended.status is IncidentStatus.CLOSED
    assert [line.split()[-2:] for line in _text(screen).splitlines()] == [["line", str(n)] for n in range(4)]


async def test_an_older_document_does_not_turn_time_back(api: FakeApi) -> None:
    """While its worker is away, the records may tell what was true a moment ago."""
    api.answer(DOOR, _at(3), _at(1), _at(2), _at(4, status="closed"))
    seen: list[int] = []

    def matters(now: Incident) -> bool:
        seen.append(len(now.timeline))
        return _closed(now)

    await Follower(Api(api.url), "INC-7", _screen()).until(matters)
    assert seen == sorted(seen)


async def test_an_earlier_incident_under_the_same_key_is_passed_over(api: FakeApi) -> None:
    """What ended before we began is not what we follow."""
    fresh = _at(3, status="closed", run_id="run-2", opened_at=AT + timedelta(seconds=2))
    api.answer(DOOR, _at(1, status="closed"), fresh)
    ended = await Follower(Api(api.url), "INC-7", _screen(), AT + timedelta(seconds=2)).until(_closed)
    assert ended.run_id == "run-2"


async def test_a_terminal_shows_the_whole_incident_as_it_changes(api: FakeApi) -> None:
    """Live, and taken away at the end: who follows decides what stays."""
    api.answer(DOOR, _at(1), _at(2, status="closed"))
    screen = _screen(terminal=True)
    await Follower(Api(api.url), "INC-7", screen).until(_closed)
    assert "HighErrorRate on checkout" in _text(screen)
    assert "\x1b[2K" in _text(screen)


async def test_waiting_quietly_shows_nothing(api: FakeApi) -> None:
    """Somebody is being asked something on the same screen."""
    api.answer(DOOR, _at(1), _at(2, status="closed"))
    screen = _screen()
    await Follower(Api(api.url), "INC-7", screen).quietly(_closed)
    assert _text(screen) == ""


async def test_what_is_posted_is_posted_until_it_arrives(api: FakeApi) -> None:
    """The API may be killed at this very moment; the same words are sent again."""
    api.answer("POST /alerts", AWAY, AWAY, {"accepted": 1})
    assert await insist(Api(api.url), "/alerts", {"id": 1}) == {"accepted": 1}
    assert [asked.body for asked in api.asked] == [{"id": 1}] * 3


async def test_insisting_has_an_end(capsys: pytest.CaptureFixture[str]) -> None:
    """An API that stays away is said to be away."""
    with pytest.raises(typer.Exit) as left:
        await asyncio.wait_for(insist(Api("http://127.0.0.1:1"), "/alerts", {}, seconds=0.2), 10)
    assert left.value.exit_code == 3
    assert "did not answer" in capsys.readouterr().err


async def test_a_refusal_is_not_repeated(api: FakeApi) -> None:
    """Wrong stays wrong."""
    api.refuse("POST /alerts", 422, "no alert")
    with pytest.raises(typer.Exit):
        await insist(Api(api.url), "/alerts", {})
    assert len(api.asked) == 1
