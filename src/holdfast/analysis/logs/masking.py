"""First step from a log line to its template: what looks like a value is masked, the rest becomes words."""

import re
from dataclasses import dataclass

VARIABLE = "<*>"
LONGEST = 1000  # characters of a line that are looked at: what a line says, it says at its beginning
MOST_TOKENS = 120  # words and signs of a line that are told apart; the rest is one value
LONGEST_PHRASE = 8  # tokens of a phrase whose repeats fold: a register dump's lines have about this many
LEAST_HEX = 4  # letters a to f beside a digit before a word is read as hexadecimal: "e820" is a name, "cafe1" is not

_DAY = r"(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*"
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
_TIME_AND_YEAR = r"(?: +0(?::0)*(?:[.,]0)?)?(?: +[a-z]{3,4}(?= +0\b))?(?: +0\b)?"
_NUMBER = re.compile(r"\d+")
# Numbers with nothing but a to f and hyphens between them: hexadecimal, a UUID, a date.
_ID = re.compile(r"0(?:[a-fA-F-]+0)+[a-fA-F]*")
# Shapes of values in a line whose numbers are all "0" by now, each with a sign without which it need not be looked for.
# The plain ones (IPv4, UUID, id, host name, duration) need no shape: they are runs that hold a digit.
_SHAPES = tuple(
    (sign, re.compile(shape, re.IGNORECASE))
    for sign, shape in (
        ("://", r"\b[a-z][a-z0+.-]*://[^\s'\",;)\]>]+"),
        ("@", r"(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+"),
        # A path from a root, then one of three parts or more: "read/write" is two words.
        ("/", r"(?<![\w.<>\])])\.{0,2}/[^\s'\",;:()\[\]<>{}|]*"),
        ("/", r"(?<![\w/])[\w.~-]+(?:/[\w.~+%-]+){2,}/?"),
        (":\\", r"(?<!\w)[a-z]:\\[^\s'\",;:()\[\]<>{}|]*"),
        (":0", r"(?<![\w.-])[\w-]+(?:\.[\w-]+)+:0\b"),  # a host with its port
        (":", r"(?<![\w:])(?=[a-f:]*0)[0a-f]{0,8}(?::[0a-f]{0,8})+:[0a-f]{1,8}\b"),  # MAC and IPv6 addresses
        (
            "0",  # a date in words, with or without a day of the week, a time, a zone and a year
            rf"\b(?:{_DAY},? +)?(?:{_MONTH} +0|0 +{_MONTH})\b,?{_TIME_AND_YEAR}",
        ),
        ("0", r"(?<![\w.])[+-]?0(?:[.,:-]0)* ?(?:[kmgtp]i?b|b|[munµ]?s|%)(?![\w.-])"),  # a size, a duration, a share
    )
)
_EMPTY = re.compile(r"(?<!\w)(?:\(\)|\[\]|\{\}|\"\"|'')")  # a pair that holds nothing this time
_TOKEN = re.compile(r"\s+|<\*>|[\w@~%\\/+-]+(?:\.[\w@~%\\/+-]+)*|[^\w\s]")
_NAME_WITH_NUMBER = re.compile(r"[^\W\d_]+0[^\W\d_]*")
_HEX_LETTERS = "abcdefABCDEF"
_JOINTS = frozenset(":,-./|#")  # one of these between two values makes them one: a time, a pair, a list


@dataclass(frozen=True)
class Masked:
    """A line as n tokens, each a word, a sign or `<*>`, and (n,) whether a blank came before it."""

    tokens: tuple[str, ...]
    spaced: tuple[bool, ...]


def flattened(line: str) -> str:
    """Return the first LONGEST characters of `line` with every number, of any script, as "0" and every id as "0-0".

    Lines that differ in numbers alone are equal from here on, so this is what a cache remembers lines by.
    """
    return _ID.sub("0-0", _NUMBER.sub("0", line[:LONGEST]))


def masked(flat: str) -> Masked:
    """Return a flattened line as tokens, its values masked; a phrase that repeats with a value in it is told once."""
    text = flat
    for sign, shape in _SHAPES:
        if sign in text:
            text = shape.sub(VARIABLE, text)
    text = _EMPTY.sub(lambda pair: f"{pair[0][0]}{VARIABLE}{pair[0][1]}", text)
    tokens: list[str] = []
    spaced: list[bool] = []
    blank = False
    for found in _TOKEN.findall(text):
        if found.isspace():
            blank = True
            continue
        if len(tokens) >= MOST_TOKENS:
            tokens.append(VARIABLE)
            spaced.append(True)
            break
        if _adds(tokens, spaced, _token(found)):
            spaced.append(blank)
            _fold(tokens, spaced)
        blank = False
    return Masked(tuple(tokens), tuple(spaced))


def _token(found: str) -> str:
    """Return `<*>` for a run that holds a digit, unless it is letters with a number, as "alt0" is.

    Such a name keeps its letters: they tell which thing it is, the number which of its kind.
    """
    if "0" not in found:
        return found
    core = found.strip("+-@~%\\/")
    if not _NAME_WITH_NUMBER.fullmatch(core):
        return VARIABLE
    hexadecimal = len(core) > LEAST_HEX and not core.strip(_HEX_LETTERS + "0")
    return VARIABLE if hexadecimal else core


def _adds(tokens: list[str], spaced: list[bool], token: str) -> bool:
    """Append `token` and return True; False where it goes on the value before it."""
    if token == VARIABLE and tokens:
        if tokens[-1] == VARIABLE:
            return False
        if len(tokens) > 1 and tokens[-2] == VARIABLE and tokens[-1] in _JOINTS:
            del tokens[-1], spaced[-1]
            return False
    tokens.append(token)
    return True


def _fold(tokens: list[str], spaced: list[bool]) -> None:
    """Take off the last phrase when it says again, with a value in it, what the phrase before it said."""
    for n in range(1, min(LONGEST_PHRASE, len(tokens) // 2) + 1):
        if tokens[-1] == tokens[-1 - n] and tokens[-n:] == tokens[-2 * n : -n] and VARIABLE in tokens[-n:]:
            del tokens[-n:], spaced[-n:]
            return
