"""Which words two troubles may share."""

import pytest

from holdfast.analysis.recall.bm25 import coverage
from holdfast.analysis.recall.words import words


@pytest.mark.parametrize("name", ["OrdersDbDown", "orders-db-down", "orders_db_down", "orders.db.down", "OrdersDBDown"])
def test_a_name_gives_its_parts_and_itself_however_it_is_written(name: str) -> None:
    """So that an alert's name finds a deployment's."""
    assert words(name) == ["orders", "db", "down", "ordersdbdown"]


def test_numbers_that_name_one_thing_are_left_out_and_statuses_stay() -> None:
    """A request's id is shared by no two incidents; 503 is."""
    assert words("503 from 10443 after 1767225600000, id 5f3a9c0d1e2b") == ["503", "from", "10443", "after", "id"]


@pytest.mark.parametrize("text", ["", "  ", "-- !!", "日本"])
def test_text_without_words_has_none(text: str) -> None:
    """And is no error."""
    assert words(text) == []


def test_a_rare_word_counts_more_than_a_common_one() -> None:
    """What every incident says tells none of them apart."""
    documents = [["error", "pool"], ["error", "disk"], ["error", "disk"], ["error", "disk"]]
    scores = coverage(["error", "pool"], documents)
    assert scores[0] > 3 * scores[1]


def test_words_nobody_wrote_neither_help_nor_hurt() -> None:
    """The question's own names do not hide the answer."""
    documents = [["pool", "exhausted"], ["disk", "full"]]
    assert coverage(["pool", "zebra"], documents) == coverage(["pool"], documents)


@pytest.mark.parametrize(("query", "documents"), [([], [["a"]]), (["a"], []), (["a"], [[]]), (["a"], [["b"]])])
def test_nothing_in_common_is_nought(query: list[str], documents: list[list[str]]) -> None:
    """Empty questions, empty documents, no documents."""
    assert coverage(query, documents) == [0.0] * len(documents)


def test_scores_stay_within_one() -> None:
    """However often a word is repeated."""
    scores = coverage(["pool"], [["pool"] * 50, ["pool"], ["disk"]])
    assert scores[0] == 1.0
    assert 0 < scores[1] < 1
