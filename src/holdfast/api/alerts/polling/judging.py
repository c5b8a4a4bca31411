"""Then the judgement: which alerts were not handed over yet, and which are over because they are no longer listed."""

from collections.abc import Mapping
from typing import Self

from pydantic import BaseModel, ConfigDict

from holdfast.api.alerts.polling.asking import Answer, Listed

GONE_POLLS = 3
"""Answers in a row without an alert before it counts as over."""

STEADY_POLLS = 5
"""Answers since it started before an Alertmanager's silence means anything: it forgets its alerts when it restarts,
and Prometheus sends them again within a minute or so."""


class Seen(BaseModel):
    """What is known of one Alertmanager from one answer to the next; only `handed` outlives the process.

    `handed` are the firings handed over and not yet over, `waiting` those seen once: a webhook may still bring them.
    """

    model_config = ConfigDict(frozen=True)

    handed: dict[str, Listed] = {}
    waiting: frozenset[str] = frozenset()
    missed: dict[str, int] = {}
    started: str = ""
    steady: int = 0

    def reborn(self) -> Self:
        """Return what a new process knows of it."""
        return type(self)(handed=self.handed)


class Judgement(BaseModel):
    """What to hand over now, and what is known once that is done."""

    model_config = ConfigDict(frozen=True)

    firing: tuple[Listed, ...]
    over: tuple[Listed, ...]
    seen: Seen


def judge(seen: Seen, answer: Answer) -> Judgement:
    """Return what `answer` adds to what was seen. A silenced alert is neither new nor over."""
    present = {a.key: a for a in answer.alerts}
    new = {key: a for key, a in present.items() if a.active and key not in seen.handed}
    firing = {key: a for key, a in new.items() if key in seen.waiting}
    steady = seen.steady + 1 if answer.started == seen.started else 1
    missed = _missed(seen, present) if steady >= STEADY_POLLS else {}
    over = {key: seen.handed[key] for key, times in missed.items() if times >= GONE_POLLS}
    return Judgement(
        firing=tuple(firing.values()),
        over=tuple(over.values()),
        seen=Seen(
            handed={k: a for k, a in (seen.handed | firing).items() if k not in over},
            waiting=frozenset(new.keys() - firing.keys()),
            missed={k: times for k, times in missed.items() if k not in over},
            started=answer.started,
            steady=steady,
        ),
    )


def _missed(seen: Seen, present: Mapping[str, Listed]) -> dict[str, int]:
    return {key: seen.missed.get(key, 0) + 1 for key in seen.handed if key not in present}
