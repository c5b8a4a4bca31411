"""What analysis reads: an item of evidence together with the whole answer that lies outside the history."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from pydantic import JsonValue

from holdfast.domain.alert import Alert
from holdfast.domain.attempt import Attempt
from holdfast.domain.evidence import Evidence
from holdfast.domain.service import Service

Body = Mapping[str, JsonValue]

# Between these lies every time that means anything here; seconds since 1970 in milliseconds are beyond, for one.
EARLIEST, LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
LAST_SECOND = LATEST.timestamp()
UNSET = "0001-01-01T00:00:00"  # what programs in Go write for no time
LARGEST = 2**63  # beyond it nothing here is counted


@dataclass(frozen=True)
class Observation:
    """Evidence and its body; the body is empty when the source did not answer or the body is lost."""

    evidence: Evidence
    body: Body = field(default_factory=dict)

    @property
    def evidence_id(self) -> str:
        """Return the id that findings cite."""
        return self.evidence.evidence_id

    @property
    def readable(self) -> bool:
        """Return whether there is an answer to read."""
        return self.evidence.present and bool(self.body)


@dataclass(frozen=True)
class Case:
    """Everything the ranker may look at: one incident's service, its dependencies, alerts, observations, attempts."""

    service: Service
    alerts: tuple[Alert, ...]
    observations: tuple[Observation, ...]
    at: datetime
    dependencies: tuple[Service, ...] = ()
    attempts: tuple[Attempt, ...] = ()


def text_of(body: Body, key: str) -> str:
    """Return a text field of an answer; absent and null read as empty.

    Raises:
        TypeError: when it holds anything but text, naming the field.
    """
    value = body.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise TypeError(f"{key}: expected text, got {type(value).__name__}")
    return value


def rows_of(body: Body, key: str) -> list[dict[str, JsonValue]]:
    """Return a list of objects out of an answer.

    Raises:
        KeyError: when the field is not there.
        TypeError: when it is not a list of objects, naming the field.
    """
    rows = body[key]
    if not isinstance(rows, list) or any(not isinstance(row, dict) for row in rows):
        raise TypeError(f"{key}: expected a list of objects")
    return [row for row in rows if isinstance(row, dict)]


def whole_of(body: Body, key: str, default: int = 0) -> int:
    """Return a whole number out of an answer; absent and null read as `default`.

    Raises:
        TypeError: when it holds anything else, naming the field.
        ValueError: when it is not finite or beyond 2^63, naming the field.
    """
    value = body.get(key)
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{key}: expected a number, got {type(value).__name__}")
    if not -LARGEST <= value <= LARGEST:  # false for NaN as well
        raise ValueError(f"{key}: {str(value)[:20]} is out of range")
    return int(value)


def time_of(body: Body, key: str) -> datetime | None:
    """Return an RFC 3339 time out of an answer, or None when the field is empty or holds Go's zero time.

    Raises:
        ValueError: when it is no time with a zone, or not from 1970 to 2200, naming the field.
    """
    text = text_of(body, key)
    if not text or text.startswith(UNSET):
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as e:
        raise ValueError(f"{key}: {text[:40]!r} is no time") from e
    if moment.tzinfo is None:
        raise ValueError(f"{key}: {text[:40]!r} has no time zone")
    if not EARLIEST <= moment <= LATEST:
        raise ValueError(f"{key}: {text[:40]!r} is not from {EARLIEST.year} to {LATEST.year}")
    return moment
