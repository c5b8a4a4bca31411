"""The times a source writes, read in one way: every moment names its offset and exists in UTC."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime

SKEW_SECONDS = 60
"""A start further in the future than this is kept as the source says it, and noted."""

# Alertmanager and Grafana write "no end" as the year 1.
_NO_TIME_BEFORE = 1970


def _in_utc(at: datetime) -> datetime:
    try:
        return at.astimezone(UTC)
    except OverflowError as e:
        raise ValueError("no such moment in UTC") from e


Moment = Annotated[AwareDatetime, AfterValidator(_in_utc)]


def end_of(at: datetime | None) -> datetime | None:
    """Return when it ended, or None for what has no end yet."""
    return at if at and at.year >= _NO_TIME_BEFORE else None
