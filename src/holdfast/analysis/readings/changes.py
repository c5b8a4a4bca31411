"""What was changed, and how well each change explains the onset: closeness in time, cause before effect."""

import math
from dataclasses import dataclass
from datetime import datetime

from pydantic import JsonValue

from holdfast.analysis.cleaning import one_line
from holdfast.analysis.observation import Body, rows_of, text_of, time_of, whole_of
from holdfast.analysis.rows import Tally, list_of, object_of

PROMPT = 180.0  # seconds within which a change's harm usually shows
HALF_LIFE = 600.0  # seconds after which a later onset is half as likely its doing
SLACK = 90.0  # seconds by which a change may seem to follow its own effect, by scraping and clocks


@dataclass(frozen=True)
class Revision:
    """One revision of a deployment's template."""

    number: int
    created_at: datetime
    image: str
    change_cause: str
    commit: str


@dataclass(frozen=True)
class Rollouts:
    """A deployment's revisions, oldest first, and which one runs."""

    namespace: str
    deployment: str
    replicas: int
    current: int
    revisions: tuple[Revision, ...]

    @property
    def running(self) -> Revision | None:
        """Return the revision that runs now, or None when the history does not hold it."""
        return next((r for r in self.revisions if r.number == self.current), None)

    @property
    def previous(self) -> Revision | None:
        """Return the revision before the running one, or None when there is none to go back to."""
        older = [r for r in self.revisions if r.number < self.current]
        return max(older, key=lambda r: r.number) if older else None


@dataclass(frozen=True)
class Commit:
    """One commit of a service's repository."""

    sha: str
    at: datetime
    title: str


def read_rollouts(body: Body) -> Rollouts:
    """Return the answer of `rollout_history`; none is left out, for what to go back to is chosen among them.

    Raises:
        KeyError: when `revisions` is absent.
        TypeError: when a field has another type, naming it.
        ValueError: when a revision has no time.
    """
    revisions = sorted((_revision(row) for row in rows_of(body, "revisions")), key=lambda r: r.number)
    return Rollouts(
        namespace=text_of(body, "namespace"),
        deployment=text_of(body, "deployment"),
        replicas=whole_of(body, "replicas"),
        current=whole_of(body, "current", revisions[-1].number if revisions else 0),
        revisions=tuple(revisions),
    )


def read_commits(body: Body, tally: Tally | None = None) -> tuple[Commit, ...]:
    """Return the commits of an answer, oldest first; single bad ones are left out and tallied.

    Raises:
        KeyError: when `commits` is absent.
        TypeError: when in every row a field has another type, naming it.
        ValueError: when no commit has a time.
    """
    found = (tally or Tally()).take(list_of(body, "commits"), _commit)
    return tuple(sorted(found, key=lambda c: c.at))


def closeness(changed_at: datetime, onset: datetime) -> float:
    """Return 0 to 1: how well a change at `changed_at` explains trouble that began at `onset`.

    A change just before explains best and fades with a half-life; one clearly after explains nothing.
    """
    lead = (onset - changed_at).total_seconds()
    if lead < -SLACK:
        return 0.0
    return 1.0 if lead <= PROMPT else math.pow(0.5, (lead - PROMPT) / HALF_LIFE)


def _commit(raw: JsonValue) -> Commit:
    row = object_of(raw)
    return Commit(text_of(row, "commit") or text_of(row, "sha"), _when(row, "at", "time"), _title(row))


def _revision(row: dict[str, JsonValue]) -> Revision:
    return Revision(
        number=whole_of(row, "revision"),
        created_at=_when(row, "created_at"),
        image=one_line(text_of(row, "image"), 200),
        change_cause=one_line(text_of(row, "change_cause"), 200),
        commit=text_of(row, "commit"),
    )


def _title(row: dict[str, JsonValue]) -> str:
    return one_line(text_of(row, "title") or text_of(row, "message"), 200)


def _when(row: dict[str, JsonValue], *keys: str) -> datetime:
    for key in keys:
        moment = time_of(row, key)
        if moment is not None:
            return moment
    raise ValueError(f"{keys[0]}: a time is needed")
