"""What a model is shown of an answer: the telling part of its body, cleaned, redacted and short."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime

import numpy as np

from holdfast.analysis.cleaning import clean, one_line
from holdfast.analysis.logs.chunks import chunks
from holdfast.analysis.numbers.series import read_series
from holdfast.analysis.numbers.signals import signal_asked
from holdfast.analysis.observation import Observation
from holdfast.analysis.readings.changes import read_rollouts
from holdfast.analysis.readings.logs import mine, read_lines
from holdfast.analysis.readings.pods import of_deployment, read_events, read_pods
from holdfast.analysis.redaction import redact
from holdfast.analysis.rows import UNREADABLE
from holdfast.domain.evidence import EvidenceKind
from holdfast.domain.noun import canonical_json

POINTS = 24
ROWS = 12
CHUNK = 800  # characters of log lines shown as they came


def excerpt(seen: Observation, limit: int = 2000) -> str:
    """Return at most `limit` characters of what `seen` holds; its summary alone when the body cannot be read."""
    lines = [seen.evidence.summary]
    if seen.readable:
        try:
            lines += _READERS.get(seen.evidence.kind, _plain)(seen)
        except UNREADABLE as e:
            lines.append(f"(the answer could not be read: {e})")
    return clean(redact(clean("\n".join(lines), 4 * limit)), limit)


def _metric(seen: Observation) -> Iterable[str]:
    signal = signal_asked(seen.evidence.query, seen.body.get("query"))
    series = read_series(seen.body, signal)
    if not len(series):
        return
    # The last point of each stretch, so that the newest is always among them.
    picked = np.unique(np.linspace(0, len(series) - 1, min(POINTS, len(series))).round().astype(int))
    yield " ".join(f"{_clock(series.times[i])}={series.values[i]:.4g}" for i in picked)


def _logs(seen: Observation) -> Iterable[str]:
    """Give the templates, and then the lines around the failures as they came, where they tell more."""
    lines = read_lines(seen.body)
    templates = mine(lines)
    for template in templates[:ROWS]:
        since = f"since {template.first_seen:%H:%M:%S}: " if template.first_seen else ""
        yield f"{since}{template.count} x [{template.level}] {template.example}"
    worst = max(chunks(lines, CHUNK), key=lambda c: c.severe, default=None)
    if worst is not None and worst.severe and len(templates) > 1:
        yield f"around the failures, {worst.lines} lines of {', '.join(worst.pods) or 'the service'}:"
        yield worst.text


def _pods(seen: Observation) -> Iterable[str]:
    pods = read_pods(seen.body)
    for p in (of_deployment(pods, seen.evidence.service) or pods)[:ROWS]:
        state = f"ready={p.ready} restarts={p.restarts} revision={p.revision}"
        yield f"{p.name} {p.phase} {state} waits={p.reason or '-'} ended={p.last_reason or '-'} exit={p.exit_code}"


def _events(seen: Observation) -> Iterable[str]:
    for e in read_events(seen.body)[-ROWS:]:
        when = e.time.isoformat(timespec="seconds") if e.time else "?"
        yield f"{when} {e.kind} {e.reason} {e.thing} x{e.count}: {e.message}"


def _rollouts(seen: Observation) -> Iterable[str]:
    history = read_rollouts(seen.body)
    for r in history.revisions[-4:]:
        running = " (running)" if r.number == history.current else ""
        yield f"revision {r.number}{running} {r.created_at.isoformat(timespec='seconds')} {r.image} {r.change_cause}"


def _plain(seen: Observation) -> Iterable[str]:
    yield one_line(canonical_json(dict(seen.body)), 1200)


_READERS: dict[EvidenceKind, Callable[[Observation], Iterable[str]]] = {
    EvidenceKind.METRIC: _metric,
    EvidenceKind.LOGS: _logs,
    EvidenceKind.PODS: _pods,
    EvidenceKind.EVENTS: _events,
    EvidenceKind.ROLLOUTS: _rollouts,
}


def _clock(unix: float) -> str:
    return datetime.fromtimestamp(unix, UTC).strftime("%H:%M:%S")
