"""Chatter: a place that begins or stops writing a kind of line is noticed, chance is not."""

from holdfast.analysis.blending.chatter import Kind, rank_chatter


def lines(**counts: int) -> list[Kind]:
    return [(name[:1], name[2:]) for name, n in counts.items() for _ in range(n)]


def test_the_place_that_writes_a_new_kind_of_line_is_blamed() -> None:
    found = rank_chatter(lines(a_sold=100, b_sold=100), lines(a_sold=100, b_sold=100, b_failed=60))
    assert max(found, key=lambda p: found[p]) == "b"


def test_the_place_that_stopped_writing_is_blamed() -> None:
    found = rank_chatter(lines(a_sold=500, b_sold=100), lines(a_sold=500))
    assert max(found, key=lambda p: found[p]) == "b"


def test_a_few_lines_more_are_chance() -> None:
    assert not any(rank_chatter(lines(a_sold=100, b_sold=100), lines(a_sold=100, b_sold=110)).values())


def test_without_lines_on_either_side_nothing_is_said() -> None:
    assert rank_chatter([], lines(a_sold=9)) == {}
    assert rank_chatter(lines(a_sold=9), []) == {}
