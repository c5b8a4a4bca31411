"""What must not leave: secrets and personal data are replaced before a text is stored, shown or sent to a model."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from pydantic import JsonValue


@dataclass(frozen=True)
class _Pattern:
    """One kind of secret. `hints` are lower-case substrings without which it cannot be there: they make it fast."""

    name: str
    regex: re.Pattern[str]
    hints: tuple[str, ...]
    # A pattern with a group named `keep` keeps that part, such as the key in front of the secret.
    holds: Callable[[str], bool] = lambda _: True


def redact(text: str) -> str:
    """Return `text` with each secret replaced by `[redacted:<kind>]`; redacting twice changes nothing more."""
    if len(text) < _SHORTEST:
        return text
    low = text.lower()
    for pattern in _PATTERNS:
        if any(hint in low for hint in pattern.hints):
            text = pattern.regex.sub(partial(_replacement, pattern), text)
    return _CARD.regex.sub(partial(_replacement, _CARD), text) if _DIGITS.search(text) else text


def redact_all(value: dict[str, JsonValue]) -> dict[str, JsonValue]:
    """Return `value` with secrets and personal data removed from every text in it, at any depth.

    A text, or a number of four digits and more, is also a secret when its key says so
    (`{"password": "x"}`), and so is the value beside a name that says so, as Kubernetes writes
    its environment (`{"name": "DB_PASSWORD", "value": "x"}`). Redacting twice changes nothing more.
    """
    named = any(_says_secret(value.get(key)) for key in ("name", "key"))
    return {k: _redacted(v, secret=_says_secret(k) or (named and k == "value")) for k, v in value.items()}


def _redacted(value: JsonValue, *, secret: bool) -> JsonValue:
    if isinstance(value, dict):
        return redact_all(value)
    if isinstance(value, list):
        return [_redacted(v, secret=secret) for v in value]
    if secret and _may_be_secret(value):
        return "[redacted:secret]"
    return redact(value) if isinstance(value, str) else value


def _may_be_secret(value: JsonValue) -> bool:
    """Return whether a value may be a secret: truths, nothing, small counts and what is redacted already are none."""
    if isinstance(value, str):
        return value != "" and not _DONE.fullmatch(value)
    return isinstance(value, int | float) and not isinstance(value, bool) and len(str(value)) >= 4


def _says_secret(name: JsonValue) -> bool:
    return isinstance(name, str) and _SECRET_NAME.fullmatch(name) is not None


def _replacement(pattern: _Pattern, match: re.Match[str]) -> str:
    if not pattern.holds(match.group()):
        return match.group()
    groups = match.groupdict()
    return f"{groups.get('keep') or ''}[redacted:{pattern.name}]{groups.get('after') or ''}"


def _luhn(text: str) -> bool:
    """Return whether the digits in `text` carry a payment card's check digit."""
    digits = [int(c) for c in reversed(text) if c.isdigit()]
    doubled = (d * 2 - 9 if d > 4 else d * 2 for d in digits[1::2])
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0


def _nine_digits(text: str) -> bool:
    return sum(c.isdigit() for c in text) >= 9


def _iban(text: str) -> bool:
    """Return whether `text` carries an IBAN's check digits (ISO 7064, modulo 97)."""
    plain = text.replace(" ", "")
    moved = plain[4:] + plain[:4]
    return int("".join(str(int(c, 36)) for c in moved)) % 97 == 1


_SHORTEST = 8
_DIGITS = re.compile(r"\d(?:[ -]?\d){12}")
_NAMES = (
    r"[\w.-]{0,40}(?:password|passwd|passphrase|pwd|secret|api[_-]?key|access[_-]?key|account[_-]?key"
    r"|private[_-]?key|signing[_-]?key|token|credential)"
)
_VALUE = r"""(?!\[redacted:)(?:"(?:[^"\\\n]|\\.){1,400}"|'(?:[^'\\\n]|\\.){1,400}'|[^\s"',;&}\])]{4,400})"""

# As the key of a value, singular or plural; the number of tokens is no secret, nor where a list goes on.
_COUNTS = r"(?!.*(?:next|continu\w*|page|max|min|total|prompt|completion)[_-]?tokens?\Z)"
_SECRET_NAME = re.compile(rf"{_COUNTS}{_NAMES}s?", re.I)
_DONE = re.compile(r"\[redacted:[a-z-]+\]")

_PATTERNS: tuple[_Pattern, ...] = (
    _Pattern(
        "private-key",
        re.compile(r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----.*?(?:-----END [A-Z ]{0,30}PRIVATE KEY-----|\Z)", re.S),
        ("private key-----",),
    ),
    _Pattern("jwt", re.compile(r"\beyJ[\w-]{8,}\.eyJ[\w-]{4,}\.[\w-]{8,}"), ("eyj",)),
    _Pattern("aws-key", re.compile(r"\b(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{16}\b"), ("akia", "asia", "aroa", "aida")),
    _Pattern(
        "github-token",
        re.compile(r"\b(?:gh[pousr]_[A-Za-z0-9]{30,255}|github_pat_\w{40,255})\b"),
        ("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"),
    ),
    _Pattern(
        "slack-token",
        re.compile(r"\bxox[abeoprs]-[\w-]{10,250}|hooks\.slack\.com/services/[\w/]{10,120}"),
        ("xox", "hooks.slack.com"),
    ),
    _Pattern("stripe-key", re.compile(r"\b[rs]k_(?:live|test)_[A-Za-z0-9]{10,250}\b"), ("k_live_", "k_test_")),
    _Pattern("model-key", re.compile(r"\bsk-(?:[a-z]{2,8}-)?[\w-]{20,250}"), ("sk-",)),
    _Pattern("google-key", re.compile(r"\bAIza[\w-]{35}"), ("aiza",)),
    _Pattern(
        "authorization",
        re.compile(r"(?P<keep>\b(?:bearer|basic|digest|negotiate)\s+)(?!\[redacted:)[\w.~+/=-]{8,4000}", re.I),
        ("bearer", "basic", "digest", "negotiate"),
        # Prose such as "basic authentication failed" is no credential: one has a digit or a padding sign.
        holds=lambda text: any(c.isdigit() or c == "=" for c in text),
    ),
    _Pattern(
        "cookie",
        re.compile(r"(?P<keep>\b(?:set-)?cookie\s*+[:=]\s*+)(?!\[redacted:)[^\r\n]{4,4000}", re.I),
        ("cookie",),
    ),
    _Pattern(
        "url-password",
        re.compile(
            r"(?P<keep>\b[a-z][a-z0-9+.-]{1,20}://[^\s:/@]{0,100}:)(?!\[redacted:)[^\s@/]{1,200}(?P<after>@)", re.I
        ),
        ("://",),
    ),
    _Pattern(
        "secret",
        re.compile(rf"""(?P<keep>\b{_NAMES}["']?\s{{0,3}}[:=]\s{{0,3}}){_VALUE}""", re.I),
        ("pass", "pwd", "secret", "key", "token", "credential"),
    ),
    _Pattern(
        "email",
        re.compile(r"\b[A-Za-z0-9._%+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}\b"),
        ("@",),
    ),
    _Pattern(
        "phone", re.compile(r"(?<![\w+])\+[1-9]\d{0,2}(?:[ .-]?\(?\d{2,4}\)?){2,5}\b"), ("+",), holds=_nine_digits
    ),
    _Pattern(
        "iban",
        re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?\b"),
        tuple("0123456789"),
        holds=_iban,
    ),
    _Pattern("social-security", re.compile(r"\b(?!000|666|9\d\d)\d{3}-(?!00)\d{2}-(?!0000)\d{4}\b"), ("-",)),
)
# Cards last: their digits may be part of what an earlier pattern already took whole.
_CARD = _Pattern(
    "card", re.compile(r"(?<![\w.-])(?:4|5[1-5]|2[2-7]|3[47]|6011|65)\d?(?:[ -]?\d){10,14}(?![\w.-])"), (), holds=_luhn
)
