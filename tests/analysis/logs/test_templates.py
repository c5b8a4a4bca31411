"""Lines that say the same are one template, learned as they come, however many and of whatever kind."""

import random

import pytest

from holdfast.analysis.logs.returning import Returning
from holdfast.analysis.logs.templates import ANYWHERE, INTRODUCED, Miner

LETTERS = "abcdefghijklmnopqrstuvwxyz"


def groups(*lines: str) -> list[int]:
    miner = Miner()
    numbers = [miner.add(line) for line in lines]
    return [miner.root(n) for n in numbers]


def texts(*lines: str) -> list[str]:
    miner = Miner()
    return sorted({miner.text(n) for n in [miner.add(line) for line in lines]})


def words(count: int) -> list[str]:
    return [f"{LETTERS[i // 26]}{LETTERS[i % 26]}x" for i in range(count)]


def test_a_value_is_read_as_one_from_the_first_line() -> None:
    """The text keeps the blanks of the line it was learned from."""
    assert texts("order 8 took 12ms id=4f3", "order 9 took 3s id=7aa") == ["order <*> took <*> id=<*>"]


def test_a_place_that_takes_many_words_becomes_a_value() -> None:
    """After a lead a few are enough, and the lines before go with it."""
    names = words(INTRODUCED)
    assert len(set(groups(*[f"login of user {n} refused" for n in names]))) == 1
    assert len(set(groups(*[f"login of user {n} refused" for n in names[:-1]]))) == INTRODUCED - 1


def test_verbs_that_take_turns_stay_apart() -> None:
    """What started is not what stopped; only where very many words stand is it a value."""
    states = ["started", "stopped", "paused", "resumed", "moved"]
    assert len(set(groups(*[f"machine {i} {s} again" for i, s in enumerate(states)]))) == len(states)
    assert len(set(groups(*[f"machine 1 {w} again" for w in words(ANYWHERE)]))) == 1


@pytest.mark.parametrize("line", ["copy failed: {} was denied", 'got "{} /path" from 10.0.0.1', '{{"{}":"on","n":1}}'])
def test_a_sentence_after_a_sign_is_no_value(line: str) -> None:
    """What failed how, which method was called, which field was set: each is a line of its own."""
    lines = [line.format(w) for w in words(INTRODUCED + 1)]
    assert len(set(groups(*lines))) == len(lines)


def test_the_first_word_is_never_a_value() -> None:
    """It names what speaks: each of these services started by itself."""
    assert len(set(groups(*[f"{w} startup succeeded" for w in words(3 * ANYWHERE)]))) == 3 * ANYWHERE


def test_an_enclosed_first_word_is_a_name() -> None:
    """A thread's or a tenant's, as many frameworks write it."""
    assert texts(*[f"[{w}] worker ready" for w in words(INTRODUCED)]) == ["[<*>] worker ready"]


def test_a_word_where_a_number_stood_is_a_value() -> None:
    """One of each is enough."""
    assert texts("session for user 17", "session for user ann") == ["session for user <*>"]


def test_places_that_vary_together_become_values() -> None:
    """No two lines differ in one of them alone, yet it is one kind of line."""
    lines = [f"refused user {a} from {b} today" for a, b in zip(words(60), reversed(words(60)), strict=True)]
    assert texts(*lines) == ["refused user <*> from <*> today"]


def test_a_later_line_goes_to_the_merged_template_at_once() -> None:
    """What was learned is kept."""
    miner = Miner()
    for name in words(INTRODUCED):
        last = miner.add(f"bye to {name}")
    assert miner.add("bye to somebody") == miner.root(last)


@pytest.mark.parametrize(
    "lines",
    [
        ("用户 17 登录失败", "用户 42 登录失败"),
        ("Ошибка записи в файл /var/a.log", "Ошибка записи в файл /tmp/b.log"),
        ("فشل الاتصال بالخادم 10.0.0.1", "فشل الاتصال بالخادم 10.0.0.2"),
        ("\x00\x01\ufffd\udcff 12 \x7f", "\x00\x01\ufffd\udcff 13 \x7f"),
        ("", "   "),
    ],
)
def test_any_language_and_no_language_is_mined(lines: tuple[str, str]) -> None:
    """Chinese, Russian, Arabic, bytes that are no text, and nothing at all."""
    assert len(set(groups(*lines))) == 1


def test_a_line_of_ten_megabytes_is_cut() -> None:
    """It costs what a line costs."""
    long = "failed to read " + "x" * 10_000_000
    miner = Miner()
    assert miner.text(miner.add(long)).startswith("failed to read x")
    assert len(miner.text(0)) <= 1000


def test_templates_are_bounded_when_no_line_repeats() -> None:
    """200,000 lines of chance end in a bounded number of templates."""
    chance = random.Random(7)  # noqa: S311 # no secret
    many = words(400)
    miner = Miner(most=100)
    for _ in range(200_000):
        miner.add(" ".join(chance.choices(many, k=3)))
    assert len(miner) <= 4 * 100


def test_a_new_failure_has_its_own_template_after_a_flood() -> None:
    """Told apart by its first word when there is room for no more."""
    miner = Miner(most=10)
    flood = {miner.root(miner.add(f"{w} says {w} {w}")) for w in words(15)}
    assert miner.root(miner.add("OutOfMemoryError: heap")) not in flood
    assert miner.text(miner.add("OutOfMemoryError: again")) == "OutOfMemoryError <*>"
    everything = {miner.root(miner.add(f"{w} ends")) for w in words(400)}
    assert len(everything) <= 25


def test_a_failure_that_repeats_under_a_flood_is_counted() -> None:
    """Though there is room for no more templates when it begins, and for no more first words either."""
    miner = Miner(most=50)
    chance = random.Random(3)  # noqa: S311 # no secret
    noise = [" ".join("".join(chance.sample(LETTERS, 6)) for _ in range(5)) for _ in range(2000)]
    for line in noise[:1000]:
        miner.add(line)
    failure = "ERROR database orders unreachable"
    numbers = [n for line in noise[1000:] for n in (miner.add(line), miner.add(failure))][1::2]
    found = [miner.text(n) for n in numbers]
    assert found.count(failure) >= len(numbers) - 2
    assert len(miner) < 50 * 5


def test_what_returns_among_many_is_known_in_bounded_memory() -> None:
    """The least recently seen is forgotten first, and no more are told than there is room for."""
    returning = Returning(most=3, often=2, room=2)
    assert not any(returning.returns(thing) for thing in "abcda")  # "a" was forgotten when "d" came
    assert returning.returns("a")
    assert not returning.full
    assert returning.returns("d")
    assert returning.full
    assert not any(returning.returns("g") for _ in range(5))
