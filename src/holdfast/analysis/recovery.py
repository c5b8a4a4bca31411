"""Did it help? Each signal since the action against its own baseline from before the trouble."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from holdfast.analysis.numbers.onset import baseline_of, find_shift
from holdfast.analysis.numbers.series import Series, read_series
from holdfast.analysis.numbers.signals import UP, Signal, signal_of
from holdfast.analysis.observation import Observation
from holdfast.domain.alert import Alert
from holdfast.domain.attempt import Check, Verification

Key = tuple[str, str]


@dataclass(frozen=True)
class _Was:
    """One signal before the action: whether it hurt, how badly, and up to where it counts as usual."""

    name: str
    signal: Signal
    evidence_id: str
    hurt: bool
    level: float | None
    threshold: float | None


def verify(
    before: Sequence[Observation], after: Sequence[Observation], alerts: Sequence[Alert], acted_at: datetime
) -> Verification:
    """Return whether what hurt before `acted_at` is as usual again, and nothing else got worse.

    Recovered means: every signal that hurt answered and is back. Nothing that answered, or nothing that could
    show a recovery, is unknown, and unknown is not recovered.
    """
    answers = {_key(o): o for o in after if o.readable}
    checks = [c for o in before if o.readable for c in _check(o, answers.get(_key(o)), acted_at)]
    hurt = [c for c, was_hurt in checks if was_hurt]
    resolved = _resolved(alerts, acted_at)
    shown = hurt or [c for c in resolved if c.passed]
    everything = (*(c for c, _ in checks), *resolved)
    answered = any(c.after is not None for c, _ in checks) or bool(resolved)
    recovered = bool(shown) and answered and all(c.passed for c in everything)
    unknown = not recovered and (not answered or (not shown and all(c.passed for c in everything)))
    return Verification(
        recovered=recovered, unknown=unknown, checks=everything, summary=_summary(everything, recovered, unknown)
    )


def _check(before: Observation, after: Observation | None, acted_at: datetime) -> Iterable[tuple[Check, bool]]:
    """Return the check of one signal and whether it hurt before; none for one that had no points before."""
    was = _was(before, acted_at)
    if was is None:
        return
    now = _now(after, was.signal, acted_at)
    refs = (was.evidence_id, *((after.evidence_id,) if after else ()))
    if now is None:
        # What was well before and does not answer is no reason to doubt; what hurt must be seen to be well.
        passed, why = not was.hurt, "no point since the action"
    else:
        passed = was.threshold is None or (now - was.threshold) * was.signal.harmful <= 0
        why = _why(was, now, passed)
    yield (
        Check(
            name=was.name,
            before=_short(was.level),
            after=_short(now),
            threshold=_short(was.threshold),
            passed=passed,
            evidence=refs,
            why=why,
            unit=was.signal.unit,
        ),
        was.hurt,
    )


def _was(seen: Observation, acted_at: datetime) -> _Was | None:
    """Return how the signal was before the action.

    Raises:
        KeyError, TypeError, ValueError: when the answer has another shape than its tool promises.
    """
    signal = signal_of(_key(seen)[1])
    series = read_series(seen.body, signal).until(acted_at.timestamp())
    if not len(series):
        return None
    shift = find_shift(series, signal)
    name = f"{signal.label} of {seen.evidence.service}"
    if shift is not None and shift.harmful(signal):
        edge = shift.baseline.edge(signal.harmful) if shift.baseline else signal.limit
        return _Was(name, signal, seen.evidence_id, True, shift.level, _eased(edge, signal))
    usual = baseline_of(series.values, signal)
    edge = usual.edge(signal.harmful) if usual else None
    return _Was(name, signal, seen.evidence_id, False, float(np.median(series.values)), _eased(edge, signal))


def _eased(edge: float | None, signal: Signal) -> float | None:
    """Return the threshold, not stricter than what is comfortable whatever was usual."""
    if edge is None or signal.comfort is None:
        return edge
    return max(edge, signal.comfort) if signal.harmful == UP else min(edge, signal.comfort)


def _now(after: Observation | None, signal: Signal, acted_at: datetime) -> float | None:
    """Return the settled value since the action: the median of the newer half of its points, or None without any."""
    if after is None:
        return None
    series: Series = read_series(after.body, signal).since(acted_at.timestamp())
    if not len(series):
        return None
    return float(np.median(series.values[-max(1, len(series) // 2) :]))


def _why(was: _Was, now: float, passed: bool) -> str:
    value = was.signal.show(now)
    if was.threshold is None:
        return f"{value}; too little is known of what is usual"
    word = "at most" if was.signal.harmful == UP else "at least"
    verdict = ("is back at" if was.hurt else "stayed at") if passed else ("is still at" if was.hurt else "got worse:")
    return f"{verdict} {value}, usual is {word} {was.signal.show(was.threshold)}"


def _resolved(alerts: Sequence[Alert], acted_at: datetime) -> list[Check]:
    """Return one check when every alert has resolved since the action; alerts lag, so firing ones prove nothing."""
    if not alerts or any(a.firing for a in alerts):
        return []
    ended = [a for a in alerts if (a.ends_at or acted_at) >= acted_at]
    names = ", ".join(sorted({a.name for a in alerts}))
    return [Check(name=f"alert {names}", passed=True, why="resolved since the action")] if ended else []


def _summary(checks: Sequence[Check], recovered: bool, unknown: bool) -> str:
    if not checks:
        return "no signal answered, so nothing can be said"
    said = "; ".join(f"{c.name} {c.why}" for c in sorted(checks, key=lambda c: c.passed)[:3])
    if unknown:
        return f"nothing shows whether it helped: {said}"
    return f"{'recovered' if recovered else 'not recovered'}: {said}"


def _key(seen: Observation) -> Key:
    """Return what makes two answers the same question asked at another time: its service and its query."""
    asked = json.loads(seen.evidence.query) if seen.evidence.query else {}
    return seen.evidence.service, str(asked.get("query", ""))


def _short(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.4g}")
