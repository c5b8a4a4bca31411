"""Every kind of log store keeps the same contract: the wanted lines of one service, the newest, oldest first."""

import pytest

from tests.tools.monitoring.logs.stands import POD, STANDS, asking, standing
from tests.tools.stand import NOON

kinds = pytest.mark.parametrize("kind", sorted(STANDS))
# With a percent sign, quotes, backslashes and the tokens of each language.
HOSTILE = "a \"quoted\" C:\\path\\ | head } ) ] {service} 100% 'x' `y` $z €"
NAMES = ['x" or "checkout', 'checkout"} | {"', '") | stats count | ("', "x\\", ".*", "x\ny"]


@kinds
async def test_lines_are_the_contracts(kind: str) -> None:
    """A line has its time in UTC, its service, the pod that wrote it, one of five levels and its text."""
    async with standing(kind) as stand:
        stand.write("checkout", NOON - 60, "WARN", "pool is nearly full")
        found = await stand.source.logs(asking())
    assert [line.model_dump() for line in found.lines] == [
        {
            "time": "2026-03-01T09:41:00+00:00",
            "service": "checkout",
            "pod": POD,
            "level": "warning",
            "message": "pool is nearly full",
        }
    ]
    assert "checkout" in found.query
    assert found.cut == ""


@kinds
async def test_the_newest_lines_come_oldest_first_and_the_rest_is_said_to_be_missing(kind: str) -> None:
    """The limit is sent to the store: of thirty lines ten are read."""
    async with standing(kind) as stand:
        for n in range(30):
            stand.write("checkout", NOON - 500 + n, "info", f"line {n}")
        found = await stand.source.logs(asking(limit=10))
    assert [line.message for line in found.lines] == [f"line {n}" for n in range(20, 30)]
    assert found.total in (30, None)
    assert found.cut == ("the newest 10 of 30 lines" if found.total else "the newest 10 lines; there may be more")


@kinds
async def test_only_the_service_its_time_and_its_levels_are_answered(kind: str) -> None:
    """Others' lines, older lines and milder lines stay where they are, whatever word the logger used."""
    async with standing(kind) as stand:
        stand.write("cart", NOON - 60, "error", "not ours")
        stand.write("checkout", NOON - 4000, "error", "not now")
        for level in ("debug", "info", "warning", "ERROR", "Fatal"):
            stand.write("checkout", NOON - 60, level, f"it is {level}")
        found = await stand.source.logs(asking(level="error"))
    told = sorted((line.level, line.message) for line in found.lines)
    assert told == [("critical", "it is Fatal"), ("error", "it is ERROR")]


@kinds
async def test_a_text_is_found_literally(kind: str) -> None:
    """Quotes, backslashes and the language's own signs are looked for, not obeyed."""
    async with standing(kind) as stand:
        stand.write("checkout", NOON - 60, "", f"before {HOSTILE} after")
        stand.write("checkout", NOON - 50, "", "another line")
        found = await stand.source.logs(asking(contains=HOSTILE))
    assert [line.message for line in found.lines] == [f"before {HOSTILE} after"]


@kinds
@pytest.mark.parametrize(
    "service", ['x" or "checkout', 'checkout"} | {"', '") | stats count | ("', "x\\", ".*", "x\ny"]
)
async def test_a_hostile_service_name_finds_nothing(kind: str, service: str) -> None:
    """It reaches the store as one value, which nobody has."""
    async with standing(kind) as stand:
        stand.write("checkout", NOON - 60, "error", "ours")
        if kind == "splunk" and "*" in service:
            with pytest.raises(Exception, match=r"bad_input: filters\.service: holds"):
                await stand.source.logs(asking(service))
        else:
            assert (await stand.source.logs(asking(service))).lines == []


@kinds
async def test_text_from_outside_is_cleaned_and_cut(kind: str) -> None:
    """No colour or control character passes, and a line of a megabyte is two thousand characters long."""
    async with standing(kind) as stand:
        stand.write("checkout", NOON - 60, "error", "\x1b[31mred\x1b[0m \u202ealert\x07")
        stand.write("checkout", NOON - 50, "error", "x" * 1_000_000)
        found = await stand.source.logs(asking())
    assert found.lines[0].message == "red alert"
    assert len(found.lines[1].message) == 2000
    assert found.cut == "1 long lines cut at 2000 characters"


@kinds
async def test_the_same_question_is_asked_once_in_a_minute(kind: str) -> None:
    """Three looks of one incident are one request."""
    async with standing(kind) as stand:
        stand.write("checkout", NOON - 60, "error", "ours")
        first = await stand.source.logs(asking())
        assert await stand.source.logs(asking()) == first
        await stand.source.logs(asking(level="error"))
    assert stand.asked == 2


@pytest.mark.parametrize("kind", sorted(set(STANDS) - {"cloudwatch_logs"}))  # Insights bounds its own answers
async def test_an_answer_too_large_is_asked_for_again_with_fewer_lines(kind: str) -> None:
    """The newest lines of a service that writes novels are better than none."""
    async with standing(kind, largest=50_000) as stand:
        for n in range(100):
            stand.write("checkout", NOON - 500 + n, "error", f"{n} " + "x" * 1000)
        found = await stand.source.logs(asking(limit=100))
    assert len(found.lines) == 10
    assert found.lines[-1].message.startswith("99 ")
    assert "the newest 10 lines alone: 100 were too large" in found.cut


@kinds
async def test_an_unknown_level_is_refused_before_anything_is_sent(kind: str) -> None:
    """The five are named."""
    async with standing(kind) as stand:
        with pytest.raises(Exception, match=r"bad_input: filters\.level: 'loud'; one of debug, info, warning"):
            await stand.source.logs(asking(level="loud"))
    assert stand.asked == 0
