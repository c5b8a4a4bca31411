"""What rows say is read wherever it stands, and an answer keeps the newest that fit."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.tools.monitoring.logs.kinds import log_sources
from holdfast.tools.monitoring.logs.levels import LEVELS, level_of
from holdfast.tools.monitoring.logs.lines import Row, Shape, instant
from holdfast.tools.monitoring.logs.section import LokiSection, Shaped
from tests.tools.monitoring.logs.stands import asking, standing
from tests.tools.stand import NOON


@pytest.mark.parametrize(
    ("said", "message", "level"),
    [
        ("WARN", "", "warning"),
        (50, "", "error"),
        (None, "2026-03-01 ERROR pool exhausted", "error"),
        (None, 'ts=1 level="warn" msg=x', "warning"),
        (None, "the error budget is fine", ""),
        ("strange", "hello", ""),
    ],
)
def test_a_level_is_one_of_five_or_none(said: object, message: str, level: str) -> None:
    """The field speaks first, then the line's beginning in its usual capitals; prose says nothing."""
    assert level_of(said, message) == level


def test_a_line_that_is_an_object_is_read() -> None:
    """Message, level and pod come from inside it, also from deep inside."""
    text = '{"msg": "no route", "log": {"level": "err"}, "kubernetes": {"pod": {"name": "cart-1"}}}'
    lines, _ = Shape(Shaped()).lines([Row(at=NOON, text=text)], asking())
    assert (lines[0].message, lines[0].level, lines[0].pod) == ("no route", "error", "cart-1")


def test_an_answer_keeps_the_newest_lines_that_fit_and_always_one() -> None:
    """The budget is for all lines together."""
    rows = [Row(at=NOON - n, text=f"{n} " + "x" * 400) for n in range(10)]
    lines, notes = Shape(Shaped(most_characters=1300)).lines(rows, asking())
    assert [line.message[0] for line in lines] == ["2", "1", "0"]
    assert notes == ["the newest 3 of the 10 lines that were read"]
    assert len(Shape(Shaped(most_characters=1000)).lines([Row(at=NOON, text="y" * 1900)], asking())[0]) == 1


@given(st.lists(st.tuples(st.floats(0, 4e9), st.text(max_size=200), st.sampled_from((*LEVELS, "", "odd")))))
def test_any_rows_become_lines_in_order(rows: list[tuple[float, str, str]]) -> None:
    """Whatever a store holds: no failure, no line milder than wanted, oldest first."""
    given_rows = [Row(at=at, text=text, fields={"level": level}) for at, text, level in rows]
    lines, _ = Shape(Shaped()).lines(given_rows, asking(level="warning"))
    assert [line.time for line in lines] == sorted(line.time for line in lines)
    assert {line.level for line in lines} <= {"warning", "error", "critical", ""}


@pytest.mark.parametrize(
    ("said", "at"),
    [
        ("2026-03-01T09:42:00.123456789Z", NOON + 0.123456),
        ("2026-03-01T10:42:00.000+01:00", NOON),
        ("2026-03-01 09:42:00.000", NOON),
        (f"{NOON}", NOON),
    ],
)
def test_times_are_read_in_every_form(said: str, at: float) -> None:
    """Nanoseconds, another zone, none, and unix seconds."""
    assert instant(said) == pytest.approx(at)


@pytest.mark.parametrize("said", ["nan", "inf", "-1", "1e30", "yesterday", ""])
def test_what_is_no_time_is_refused(said: str) -> None:
    """It would otherwise fail where the line is shown."""
    with pytest.raises(ValueError):  # noqa: PT011 # float's, datetime's or our own words
        instant(said)


@pytest.mark.parametrize(
    ("kind", "fields", "parts"),
    [
        ("loki", {"link_url": "https://grafana.example", "data_source": "loki1"}, ("/explore", "checkout")),
        ("splunk", {"link_url": "https://splunk.example"}, ("/en-US/app/search/search", "checkout")),
        ("elasticsearch", {"link_url": "https://kibana.example"}, ("/app/discover#/?_g=", "checkout")),
        ("victorialogs", {}, ("/select/vmui/#/?query=", "checkout")),
        ("cloudwatch_logs", {}, ("logs-insights$3FqueryDetail$3D", "*2fapps*2fproduction")),
    ],
)
async def test_a_link_shows_the_same_lines(kind: str, fields: dict[str, Any], parts: tuple[str, str]) -> None:
    """Each leads to the vendor's own page, with the question in it."""
    async with standing(kind, **fields) as stand:
        stand.write("checkout", NOON - 60, "error", "ours")
        link = (await stand.source.logs(asking())).link
    assert link.startswith("http")
    assert all(part in link for part in parts), link


async def test_a_link_to_explore_holds_the_query_that_was_sent() -> None:
    """Grafana reads it as JSON."""
    async with standing("loki", link_url="https://grafana.example/", data_source="loki1") as stand:
        found = await stand.source.logs(asking(contains='say "hi"'))
    panes = parse_qs(urlsplit(found.link).query)["panes"][0]
    assert '"expr":"{service_name=\\"checkout\\"' in panes
    assert f'"from":"{round((NOON - 600) * 1000)}"' in panes


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ({"kind": "graylog"}, "monitoring.logs.main: "),
        ({"kind": "loki"}, "monitoring.logs.main.loki.url: Field required"),
        ({"kind": "loki", "url": "http://x", "query": "{app={service}}"}, "within double quotes"),
        ({"kind": "loki", "url": "http://x", "contains_query": ""}, "monitoring.logs.main.loki.contains_query"),
        ({"kind": "loki", "url": "http://x", "password": "secret"}, "monitoring.logs.main.loki.password: Extra"),
        ({"kind": "cloudwatch_logs", "region": "x/y", "log_group": "g"}, "cloudwatch_logs.region"),
    ],
)
def test_a_mistake_in_the_section_is_named_when_the_server_starts(section: dict[str, Any], said: str) -> None:
    """With the field, and without the value."""
    with pytest.raises(ValueError, match=r"^monitoring\.logs\.main") as caught:
        log_sources({"main": section})
    assert said in str(caught.value)
    assert "secret" not in str(caught.value)


def test_the_first_source_is_the_default_and_many_may_stand() -> None:
    """The order of the file is kept."""
    one = {"kind": "loki", "url": "http://x"}
    assert list(log_sources({"b": one, "a": one})) == ["b", "a"]
    assert LokiSection.model_validate(one).largest == 8 * 1024 * 1024
