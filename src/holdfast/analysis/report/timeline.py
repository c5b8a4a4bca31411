"""One timeline of everything: what the evidence shows to have happened, what people saw, and what was done about it."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from holdfast.analysis.report.markdown import moment, plain, refs
from holdfast.domain.evidence import Evidence, EvidenceKind
from holdfast.domain.incident import Incident
from holdfast.domain.timeline import EntryKind, TimelineEntry

CLAIMS = (EntryKind.DIAGNOSIS, EntryKind.VERIFICATION)
# What happened earlier is history, not part of the incident: a rollout of last week stands in the evidence alone.
BEFORE = timedelta(hours=6)


class _Line(NamedTuple):
    """One line: when, a place among those of one moment, and its text."""

    at: datetime
    order: int
    text: str


def timeline(incident: Incident) -> str:
    """Return the lines in the order of their moments; what was observed comes before what was said at one moment."""
    observed = [line for e in incident.evidence if e.present for line in _observed(e, incident)]
    told = [_Line(e.at, n + 1, _told(e)) for n, e in enumerate(incident.timeline)]
    unique = dict.fromkeys(sorted([*observed, *told], key=lambda line: line[:2]))
    return "\n".join(f"- {moment(line.at)} {line.text}" for line in unique)


def _told(e: TimelineEntry) -> str:
    stands_on = refs(r for r in e.refs if r.startswith("ev-")) if e.kind in CLAIMS else ""
    return f"{plain(e.actor)}: {plain(e.text)} {stands_on}".rstrip()


def _observed(e: Evidence, incident: Incident) -> Iterator[_Line]:
    """A signal that left its baseline and hurts, at its onset; a rollout, when it went out."""
    at = _moment(e)
    if at is not None and incident.opened_at - BEFORE <= at <= (incident.ended_at or incident.updated_at):
        yield _Line(at, 0, f"observed: {plain(e.summary)} {refs([e.evidence_id])}")


def _moment(e: Evidence) -> datetime | None:
    if e.kind is EvidenceKind.METRIC and e.facts.get("anomalous") is True:
        return _time(e.facts.get("onset"))
    return _time(e.facts.get("created_at")) if e.kind is EvidenceKind.ROLLOUTS else None


def _time(value: object) -> datetime | None:
    """Return a time out of a fact; anything but a time with a zone is none."""
    if not isinstance(value, str):
        return None
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        return None
    return at if at.tzinfo else None
