"""What looks like a value is masked, whatever wrote the line; what is a word stays."""

import pytest

from holdfast.analysis.logs.masking import LONGEST, MOST_TOKENS, flattened, masked


def tokens(line: str) -> str:
    return " ".join(masked(flattened(line)).tokens)


@pytest.mark.parametrize(
    "value",
    [
        "42",
        "-1",
        "3.14",
        "10.0.0.7",
        "10.0.0.7:5432",
        "fe80:0:0:1",
        "0x7fff12ab",
        "550e8400-e29b-41d4-a716-446655440000",
        "4bf92f3577b34da6",
        "cafe1",
        "12ms",
        "1.5 GB",
        "99.9%",
        "12:30:45",
        "2026-03-01T03:00:00Z",
        "Sun Mar 01 03:00:00 2026",
        "2 Feb 2026",
        "/var/lib/data/x.db",
        "./run.sh",
        "C:\\Users\\x",
        "a/b/c.txt",
        "https://shop.example/cart?id=x",
        "db.shop.example:5432",
        "someone@shop.example",
        "00:1b:44:11:3a:b7",
        "orders-7d9f8-x2x",
        "٤٢",
    ],
)
def test_a_value_is_masked(value: str) -> None:
    """Numbers in any script, addresses, ids, sizes, durations, dates, paths, mail addresses."""
    assert tokens(f"got {value} back") == "got <*> back"


@pytest.mark.parametrize(
    "word", ["started", "alt0", "e820", "OOMKilled", "read/write", "java.lang.Error", "用户", "خطأ"]
)
def test_a_word_stays(word: str) -> None:
    """Letters say what happened, in any language; a name keeps its letters beside its number."""
    assert tokens(f"got {word} back") == f"got {flattened(word)} back"


def test_values_that_hang_together_are_one() -> None:
    """A list of values and a phrase that repeats say the same however often."""
    assert tokens("sizes 1, 2, 3 of 4:5") == "sizes <*> of <*>"
    assert tokens("node 1 <ok> node 2 <ok>") == tokens("node 1 <ok> node 2 <ok> node 3 <ok>")


def test_a_pair_that_holds_nothing_is_an_empty_value() -> None:
    """Of a call `f()` the brackets are the name's."""
    assert tokens("from () at") == tokens("from (10.0.0.7) at")
    assert tokens("close() done") == "close ( ) done"
    assert tokens('{"a":"b"}') == '{ " a " : " b " }'


def test_lines_that_differ_in_numbers_alone_are_flattened_to_the_same() -> None:
    """The cache knows them by it, and a line is cut before anything else."""
    assert flattened("took 12 of 3400") == flattened("took 7 of 1")
    assert len(flattened("x" * 10_000_000)) == LONGEST


def test_a_line_of_very_many_words_ends_in_one_value() -> None:
    """Its tokens are bounded, and a blank is known for each."""
    line = masked("a b " * 200)
    assert len(line.tokens) == len(line.spaced) == MOST_TOKENS + 1


def test_an_empty_line_has_no_tokens() -> None:
    """Nor has one of blanks."""
    assert masked("").tokens == masked("  \t ").tokens == ()


@pytest.mark.parametrize("line", ["id 4f3a9c11-00be", "n1 a-2 0x1F", "R02-M1 12:30", "٣ of 7d9f8c6b5-x2x9k"])
def test_flattening_twice_is_flattening_once(line: str) -> None:
    """So that a line that is flat already is found without it."""
    assert flattened(flattened(line)) == flattened(line)
