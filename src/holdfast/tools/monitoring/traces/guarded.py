"""What stands between the server and a trace store: a minute's memory, and answers that stay within their size."""

from collections.abc import Mapping
from typing import Any, Protocol

from pydantic import JsonValue

from holdfast.analysis.cleaning import clean
from holdfast.tools.errors import Word, no
from holdfast.tools.monitoring.sources import Span, TraceAnswer
from holdfast.tools.monitoring.traces.section import Traced
from holdfast.tools.outside.answers import Answer
from holdfast.tools.outside.cache import Cache

_MOST_ATTRIBUTES, _LONGEST = 40, 500
Read = tuple[list[Span], str]


class TraceStore(Protocol):
    """One vendor's trace store."""

    name: str

    async def read(self, trace_id: str) -> Read:
        """Return a trace's spans in any order, none when it is not kept, and what the store says is missing."""
        ...

    def link(self, trace_id: str) -> str:
        """Return where a person sees the trace, or an empty text."""
        ...

    async def close(self) -> None:
        """Let go."""
        ...


class GuardedTraces:
    """A trace source over a store; a `Part` of its server as well."""

    def __init__(self, store: TraceStore, section: Traced) -> None:
        self._store, self._most = store, section.most_spans
        self._cache: Cache[TraceAnswer] = Cache(section.cache_seconds)

    async def trace(self, trace_id: str) -> TraceAnswer:
        """Return one trace, its spans ordered by start; of too many the first.

        Raises:
            ToolError: of the closed list; `not_found` when it is not kept (any more).
        """
        return await self._cache.get(trace_id, lambda: self._asked(trace_id))

    async def start(self) -> None:
        """Open nothing: a store that is away must not keep the server from standing."""

    async def close(self) -> None:
        """Close the store's connections."""
        await self._store.close()

    async def _asked(self, trace_id: str) -> TraceAnswer:
        spans, missing = await self._store.read(trace_id)
        if not spans:
            raise no(Word.NOT_FOUND, f"{self._store.name}: keeps no trace {trace_id} (any more)")
        ordered = sorted(spans, key=lambda span: span.start)
        kept = ordered[: self._most]
        cut = f"the first {len(kept)} of {len(spans)} spans" if len(kept) < len(spans) else ""
        link = self._store.link(trace_id)
        return TraceAnswer(trace_id=trace_id, spans=kept, link=link, cut="; ".join(filter(None, (missing, cut))))


def not_kept(answer: Answer) -> tuple[Word, str] | None:
    """Read a store's 404 as what it is: a trace that was sampled away, or is too old."""
    return (Word.NOT_FOUND, "it does not keep this trace (any more)") if answer.status == 404 else None


def attributes(found: Mapping[str, Any]) -> dict[str, JsonValue]:
    """Return the first attributes, their texts cleaned and cut."""
    return {clean(str(k), 100): _value(v) for k, v in list(found.items())[:_MOST_ATTRIBUTES]}


def _value(value: Any) -> JsonValue:
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if abs(value) < float("inf") else None  # also NaN, which is not less
    return clean(str(value), _LONGEST)
