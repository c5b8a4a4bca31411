"""What must not leave: secrets and personal data are replaced before a text is stored, shown or sent to a model."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache, partial

from pydantic import JsonValue


@dataclass(frozen=True)
class _Pattern:
    """One kind of secret. `hints` are lower-case substrings without which it cannot be there: they make it fast."""

    name: str
    regex: re.Pattern[str]
    hints: tuple[str, ...]
    # A pattern with a group named `keep` keeps that part, such as the key in front of the secret; with one named
    # `value` it is that part which must hold.
    holds: Callable[[str], bool] = lambda _: True


def redact(text: str) -> str:
    """Return `text` with each secret replaced by `[redacted:<kind>]`; redacting twice changes nothing more."""
    if len(text) < _SHORTEST:
        return text
    low = text.lower()
    for pattern in _PATTERNS:
        for hint in pattern.hints:  # every line of every answer passes here: any() would take twice the time
            if hint in low:
                text = pattern.regex.sub(partial(_replacement, pattern), text)
                break
    return _CARD.regex.sub(partial(_replacement, _CARD), text) if _DIGITS.search(text) else text


def redact_all(value: dict[str, JsonValue]) -> dict[str, JsonValue]:
    """Return `value` with secrets and personal data removed from every text in it, at any depth.

    A text, or a number of four digits and more, is also a secret when its key says so
    (`{"password": "x"}`), and so is the value beside a name that says so, as Kubernetes writes
    its environment (`{"name": "DB_PASSWORD", "value": "x"}`), or headers (`["authorization", "x1…"]`). Below a key that
    means other things too (`pass`, `auth`, `sig`) it must also look like one. Redacting twice changes nothing more.
    """
    named = [str(value[key]) for key in ("name", "key") if isinstance(value.get(key), str)] if "value" in value else []
    return {k: _redacted(v, max(map(_key, (k, *named))) if k == "value" else _key(k)) for k, v in value.items()}


class _Key(IntEnum):
    """What a key says of its value: nothing, that it may be a secret, that it is one."""

    PLAIN = 0
    MAY_SAY = 1
    SAYS = 2


@lru_cache(4096)
def _key(name: str) -> _Key:
    """Return what a key says; the same few keys come again in every answer."""
    if _SECRET_NAME.fullmatch(name):
        return _Key.SAYS
    return _Key.MAY_SAY if _WEAK_NAME.fullmatch(name) else _Key.PLAIN


def _redacted(value: JsonValue, key: _Key) -> JsonValue:
    if isinstance(value, dict):
        return redact_all(value)
    if isinstance(value, list):
        return _redacted_list(value, key)
    if key and _may_be_secret(value) and (key is _Key.SAYS or _looks_secret(str(value))):
        return "[redacted:secret]"
    return redact(value) if isinstance(value, str) else value


def _redacted_list(values: list[JsonValue], key: _Key) -> list[JsonValue]:
    match values:
        case [str() as name, str() as value] if _key(name) and _looks_secret(value):
            return [name, "[redacted:secret]"]
    # Most of what passes here are points of a series: numbers below a key that says nothing.
    return [v if not key and isinstance(v, int | float) else _redacted(v, key) for v in values]


def _may_be_secret(value: JsonValue) -> bool:
    """Return whether a value may be a secret: truths, nothing, small counts and what is redacted already are none."""
    if isinstance(value, str):
        return value != "" and not _DONE.fullmatch(value)
    return isinstance(value, int | float) and not isinstance(value, bool) and len(str(value)) >= 4


def _looks_secret(text: str) -> bool:
    """Return whether a text has the shape of a secret: letters with digits or signs among them, and no usual word.

    What people write after "password is" and "auth:" (required, failed, 12, 350ms, oauth2, a date) has not.
    """
    plain = text.strip("\"'").rstrip(".,:;!?)")
    if len(plain) < 6 or _DONE.match(plain) or _ORDINARY.fullmatch(plain):
        return False
    return any(c.isalpha() for c in plain) and any(c.isdigit() or c in "!#$%^&*+=~@" for c in plain)


def _no_word(text: str) -> bool:
    """Return whether a text, after a key that hardly means anything else, is more than a count or a state."""
    plain = text.strip("\"'")
    return not _STATE.fullmatch(plain) and not (plain.isdigit() and len(plain) < 6)


def _no_number(text: str) -> bool:
    return not text.isdigit()


def _replacement(pattern: _Pattern, match: re.Match[str]) -> str:
    groups = match.groupdict()
    if not pattern.holds(groups.get("value") or match.group()):
        return match.group()
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
_KEYS = (
    r"(?:password|passwd|passphrase|passcode|pwd|secret|api[ _-]?key|access[_-]?key|account[_-]?key"
    r"|private[_-]?key|signing[_-]?key|token|credential)"
)
_NAMES = rf"[\w.-]{{0,40}}{_KEYS}"
_VALUE = r"""(?!\[redacted:)(?:"(?:[^"\\\n]|\\.){1,400}"|'(?:[^'\\\n]|\\.){1,400}'|[^\s"',;&}\])]{4,400})"""

# As the key of a value, singular or plural; the number of tokens is no secret, nor where a list goes on.
_COUNTS = r"(?!.*(?:next|continu\w*|page|max|min|total|prompt|completion)[_-]?tokens?\Z)"
_SECRET_NAME = re.compile(rf"{_COUNTS}(?:{_NAMES}s?|(?:proxy-)?authorization)", re.I)
# Names that mean other things as well: what stands beside them must look like a secret.
_WEAK_NAME = re.compile(r"(?:[\w.-]{0,40}[_.-]|[a-z]{1,40}(?=[PAS]))?(?:[Pp]ass|PASS|[Aa]uth|AUTH|[Ss]ig|SIG)")
_STATE = re.compile(r"true|false|none|null|nil|yes|no|ok|on|off|failed|failure|success|required|enabled|disabled", re.I)
_ORDINARY = re.compile(
    r"[\d.,:/%-]+|[\d.]+ ?(?:[a-z]{1,3}|bytes|seconds?|minutes?|hours?|days?)|\d{4}-\d\d-\d\d.*"
    r"|oauth\d?|(?:\w{1,8}-)?(?:sha|md)-?\d{1,3}|x\.?509v?\d?|ipv[46]|https?",
    re.I,
)
_QUOTED_OR_BARE = r"""(?!\[redacted:)(?:"[^"\\\n]{4,400}"|'[^'\\\n]{4,400}'|[^\s"',;&}\])]{4,400})"""
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
        re.compile(r"\b(?:xox[abeoprs]|xapp)-[\w-]{10,250}|hooks\.slack\.com/services/[\w/]{10,120}"),
        ("xox", "xapp-", "hooks.slack.com"),
    ),
    _Pattern(
        "maker-token",
        re.compile(
            r"\b(?:gl(?:pat|rt|dt|ptt|soat|cbt)-[\w-]{18,250}|npm_[A-Za-z0-9]{30,100}|hv[sbr]\.[\w-]{20,500}"
            r"|dckr_pat_[\w-]{20,100}|SG\.[\w-]{16,64}\.[\w-]{16,128}|pypi-[\w-]{50,500}|do[oprt]_v1_[a-f0-9]{40,80}"
            r"|shp(?:at|ca|pa|ss)_[a-fA-F0-9]{30,40}|ya29\.[\w-]{20,500}|hf_[A-Za-z0-9]{30,50})"
        ),
        (
            *("glpat-", "glrt-", "gldt-", "glptt-", "glsoat-", "glcbt-", "npm_", "hvs.", "hvb.", "hvr.", "dckr_pat_"),
            *("sg.", "pypi-", "_v1_", "shpat_", "shpca_", "shppa_", "shpss_", "ya29.", "hf_"),
        ),
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
        "authorization",
        re.compile(
            r"""(?P<keep>\bauthorization["']?\s{0,3}[:=]\s{0,3}["']?(?:[A-Za-z][\w-]{0,20}\s{1,3})?)"""
            r"(?!\[redacted:)(?P<value>[\w.~+/=:-]{8,4000})",
            re.I,
        ),
        ("authorization",),
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
        re.compile(rf"""(?P<keep>{_KEYS}["']?\s{{0,3}}[:=]\s{{0,3}}){_VALUE}""", re.I),
        ("pass", "pwd", "secret", "key", "token", "credential"),
    ),
    # As Kubernetes and Compose write it: the name, and its value beside or below.
    _Pattern(
        "secret",
        re.compile(
            rf"""(?P<keep>\bname["']?\s{{0,3}}[:=]\s{{0,3}}["']?[\w.-]{{0,40}}(?:{_KEYS}|[_.-]pass)["']?\s{{0,3}},?"""
            rf"""\s{{0,40}}["']?value["']?\s{{0,3}}[:=]\s{{0,3}}){_QUOTED_OR_BARE}""",
            re.I,
        ),
        ("value",),
    ),
    _Pattern(
        "secret",
        re.compile(rf"""(?P<keep>(?<=\w)[_.-]pass["']?\s{{0,3}}[:=]\s{{0,3}})(?P<value>{_QUOTED_OR_BARE})""", re.I),
        ("_pass", "-pass", ".pass"),
        holds=_no_word,
    ),
    _Pattern(
        "secret",
        re.compile(
            rf"""(?P<keep>(?<![A-Za-z0-9])(?:pass|auth|sig|x-amz-signature)["']?\s{{0,3}}[:=]\s{{0,3}})"""
            rf"(?P<value>{_QUOTED_OR_BARE})",
            re.I,
        ),
        ("pass", "auth", "sig"),
        holds=_looks_secret,
    ),
    _Pattern(
        "secret",
        re.compile(
            rf"""(?P<keep>{_KEYS}s?["']?\s{{1,3}}(?:is|was)\s{{0,3}}:?\s{{1,3}})(?P<value>{_QUOTED_OR_BARE})""",
            re.I,
        ),
        (" is", " was"),
        holds=_looks_secret,
    ),
    _Pattern(
        "secret",
        re.compile(rf"(?P<keep>(?:password|passphrase|pwd)\s{{1,3}})(?P<value>{_QUOTED_OR_BARE})", re.I),
        ("password ", "passphrase ", "pwd "),
        holds=_looks_secret,
    ),
    # On a command line: `curl -u user:password`, `mysql -pPassword`, `redis-cli -a password`; a number is an id.
    _Pattern(
        "secret",
        re.compile(
            r"""(?P<keep>(?<![\w-])(?:-u|--user|--proxy-user)(?:\s{1,3}|=)?["']?[^\s:"'=]{1,100}:)"""
            r"""(?!\[redacted:)(?P<value>[^\s"']{2,200})"""
        ),
        ("-u", "--user", "--proxy-user"),
        holds=_no_number,
    ),
    _Pattern(
        "secret",
        re.compile(
            r"""(?P<keep>\b(?:(?:mysql|mariadb)[\w-]{0,20}|sshpass)\s(?:[^\n|;]{0,200}?\s)?-p["']?|\bredis-cli\s"""
            r"""(?:[^\n|;]{0,200}?\s)?-a\s{1,3}["']?)(?!\[redacted:)(?P<value>[^\s"'-][^\s"']{2,200})"""
        ),
        ("mysql", "mariadb", "sshpass", "redis-cli"),
        holds=_no_number,
    ),
    # Oracle's user/password@place. Images and branches look alike: the place must be a database's.
    _Pattern(
        "url-password",
        re.compile(
            r"(?P<keep>(?:\bjdbc:oracle:\w{1,10}:|\b(?:sqlplus|expdp|impdp|rman|sqlldr)\s{1,3}(?:-\w{1,2}\s{1,3}){0,3})"
            r"[\w$#.-]{1,60}+/)(?!\[redacted:)[^\s@/]{1,200}(?P<after>@)",
            re.I,
        ),
        ("jdbc:oracle", "sqlplus", "expdp", "impdp", "rman", "sqlldr"),
    ),
    _Pattern(
        "url-password",
        re.compile(
            r"(?P<keep>(?<![\w$#./:-])[\w$#.-]{1,60}+/)(?!\[redacted:)[^\s@/:]{1,200}"
            r"(?P<after>@(?=//|\(DESC|(?!HEAD\b)[A-Z][A-Z0-9_]{1,30}\b(?![:.@/-])|[\w.-]{1,100}:\d{2,5}/\w))"
        ),
        ("@",),
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
