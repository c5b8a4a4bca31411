"""The guard before every metric store: names translated, the same question asked once, answers within a budget."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from holdfast.domain.noun import Noun, canonical_json
from holdfast.tools.monitoring.queries import MOST_POINTS, MetricQuery
from holdfast.tools.monitoring.section import Asked
from holdfast.tools.monitoring.signals import Fill, Signals
from holdfast.tools.monitoring.sources import MetricAnswer, Series
from holdfast.tools.outside.cache import Cache

LONGEST_LABEL = 200


class Found(Noun):
    """What a store answered before it was cut, and what it says about its answer, such as that it is partial."""

    series: Sequence[Series]
    notes: tuple[str, ...] = ()


class Store(Protocol):
    """One metric store, asked in its own language."""

    async def read(self, query: MetricQuery) -> Found:
        """Return the series; raise a `ToolError` of the closed list when they cannot be had."""
        ...

    def link(self, query: MetricQuery) -> str:
        """Return where a person can look at the same."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...


@dataclass(frozen=True)
class Language:
    """How values are put into a store's language, and whether our signals are recorded there under their names.

    `check` raises a `ToolError` for a query that must not be sent.
    """

    fill: Fill
    recorded: bool = False
    check: Callable[[str], None] = lambda _: None


class GuardedSource:
    """A store behind the guard: the port `MetricSource`, and a part of the server that closes with it."""

    def __init__(self, store: Store, section: Asked, language: Language) -> None:
        self._store, self._most, self._fill = store, section.most_series, language.fill
        self._check = language.check
        self._signals = Signals(templates=section.signals, namespace=section.namespace, recorded=language.recorded)
        self._cache: Cache[MetricAnswer] = Cache(section.cache_seconds)

    async def start(self) -> None:
        """Nothing: a store that is away when we start may be there when it is asked."""

    async def close(self) -> None:
        """Close the store's connections."""
        await self._store.close()

    async def metrics(self, query: MetricQuery) -> MetricAnswer:
        """Return the series, `query` being what was really sent; raise the store's `ToolError`."""
        sent = query.model_copy(update={"text": self._signals.translated(query.text, self._fill)})
        self._check(sent.text)
        return await self._cache.get(canonical_json(sent), lambda: self._read(sent))

    async def _read(self, query: MetricQuery) -> MetricAnswer:
        found = await self._store.read(query)
        notes = [*found.notes]
        if len(found.series) > self._most:
            notes.append(f"the first {self._most} series, there are more; ask for fewer")
        kept = [_shortened(series) for series in found.series[: self._most]]
        if any(len(before.points) > MOST_POINTS for before in found.series[: self._most]):
            notes.append(f"the newest {MOST_POINTS} points of a series")
        return MetricAnswer(query=query.text, series=kept, link=self._store.link(query), cut="; ".join(notes))


def _shortened(series: Series) -> Series:
    labels = {name: value[:LONGEST_LABEL] for name, value in series.labels.items()}
    return Series(labels=labels, points=series.points[-MOST_POINTS:])


def number(value: Any) -> float | None:
    """Return a finite number, or None: for NaN and infinities, which stores write as text, and for what is none."""
    try:
        found = float(value)
    except (TypeError, ValueError):
        return None
    return found if math.isfinite(found) else None
