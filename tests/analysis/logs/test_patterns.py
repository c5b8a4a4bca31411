"""What began, grew or stopped with the trouble, and whether that could be chance."""

from datetime import timedelta

from holdfast.analysis.logs.line import Line
from holdfast.analysis.logs.patterns import Template, mine
from tests.analysis.logs.lines import line, lines
from tests.examples import AT

HALF_HOUR, TEN_MINUTES = 1800, 600


def mined(*seen: Line) -> dict[str, Template]:
    """Return the templates by text, with the onset in the middle of 40 minutes."""
    found = mine(seen, AT + timedelta(seconds=HALF_HOUR), AT)
    return {t.text: t for t in found}


def test_a_template_knows_when_and_where_it_was_seen() -> None:
    """First and last time, and each pod once."""
    found = mined(line("boom 1", 5, pod="b"), line("boom 2", 1, pod="a"), line("boom 3", 9, pod="a"))["boom <*>"]
    assert (found.first_seen, found.last_seen) == (AT + timedelta(seconds=1), AT + timedelta(seconds=9))
    assert found.pods == ("a", "b")


def test_growth_beyond_chance_is_anomalous() -> None:
    """Twenty in ten minutes where half an hour had six; the chatter around is not."""
    chatter = lines(*["tick"] * 40, step=60)
    found = mined(*chatter, *lines(*["slow query"] * 6, step=300), *lines(*["slow query"] * 20, start=1810, step=28))
    assert found["slow query"].anomalous
    assert found["slow query"].chance < 0.001
    assert not found["tick"].anomalous
    assert 1.8 < found["slow query"].expected < 2.1


def test_growth_that_chance_allows_is_not_anomalous() -> None:
    """Three after none in thrice the time happens among many templates."""
    others = lines("first kind", "second sort", "third", "fourth of all")
    found = mined(*lines(*["odd"] * 3, start=1810, step=290), *lines(*["tick"] * 40, step=60), *others)["odd"]
    assert found.grown
    assert not found.anomalous


def test_the_more_templates_the_more_may_have_grown_by_chance() -> None:
    """The chance is that of any of them."""
    seen = lines(*["odd"] * 5, start=1810, step=118)
    alone = mined(*seen)["odd"].chance
    among = mined(*seen, *lines(*["first kind", "second sort", "third"]))["odd"].chance
    assert 3.9 * alone < among < 4.1 * alone


def test_a_heartbeat_that_stops_is_anomalous() -> None:
    """Where many were expected and none came."""
    found = mined(*lines(*["beat"] * 60, step=30), line("tick", HALF_HOUR + TEN_MINUTES))
    assert found["beat"].silenced
    assert found["beat"].anomalous
    assert not found["tick"].silenced


def test_without_an_onset_or_times_nothing_is_anomalous() -> None:
    """There is no before to compare with."""
    untimed = [Line(None, "error", "boom") for _ in range(50)]
    for found in (*mine(untimed, AT, AT), *mine(lines(*["boom"] * 50))):
        assert not found.anomalous
        assert found.chance == 1.0
    assert mine([]) == ()


def test_failed_requests_are_told_apart_from_those_that_went_well() -> None:
    """They differ in a number, which is masked, and that number is the news."""
    access = '10.0.0.1 - - "GET /cart HTTP/1.1" {} 12'
    found = mine(lines(*[access.format(200)] * 9, *[access.format(503)] * 4))
    assert [(t.level, t.count) for t in found] == [("error", 4), ("info", 9)]
    assert found[0].text == found[1].text
