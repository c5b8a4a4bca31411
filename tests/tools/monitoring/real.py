"""The real server over one metric source, as its section says, and questions about the last half hour."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from holdfast.tools.monitoring.real import build_real
from holdfast.tools.needs import ServerNeeds
from holdfast.tools.toolserver import ToolServer
from tests.tools.monitoring.stores import START
from tests.tools.stand import NOON, answer, refusal


@asynccontextmanager
async def monitoring(**source: Any) -> AsyncIterator[ToolServer]:
    """Stand over one metric source called `main`."""
    async with build_real({"metrics": {"main": source}}, ServerNeeds()).standing() as server:
        yield server


def asked(query: str, **fields: Any) -> dict[str, Any]:
    """Return the arguments of `fetch_metrics` over the half hour of the history."""
    span = {"start": _stamp(START), "end": _stamp(NOON), "step": 60}
    return {"source": "", "query": query, **span, **fields}


def _stamp(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat()


async def fetched(query: str, source: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """Ask one question that must be answered."""
    async with monitoring(**source) as server:
        return await answer(server, "fetch_metrics", asked(query, **fields))


async def refused(query: str, source: dict[str, Any]) -> str:
    """Ask one question that must be refused, and return what is said."""
    async with monitoring(**source) as server:
        return await refusal(server, "fetch_metrics", asked(query))
