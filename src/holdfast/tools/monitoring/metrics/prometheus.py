"""Prometheus, and what speaks its API, through prometheus-api-client under our own limits, tries and words."""

import asyncio
import threading
from datetime import UTC, datetime
from typing import Any

from holdfast.tools.errors import Word, no
from holdfast.tools.monitoring.metrics.guarded import Found
from holdfast.tools.monitoring.metrics.matrix import by_type, prometheus_link, read_matrix, warnings
from holdfast.tools.monitoring.metrics.promql import fitting_series
from holdfast.tools.monitoring.queries import MetricQuery
from holdfast.tools.monitoring.section import PrometheusSection
from holdfast.tools.outside.answers import Refused
from holdfast.tools.outside.attempts import Attempts

try:
    from prometheus_api_client import PrometheusConnect
    from prometheus_api_client.exceptions import PrometheusApiClientException
    from urllib3.util.retry import Retry

    from holdfast.tools.monitoring.metrics.session import BoundedSession, FreshCredentials
except ImportError as e:
    raise ValueError("monitoring.metrics: kind prometheus needs `pip install holdfast[prometheus]`") from e

LONG_QUERY = 1_500  # characters; a longer one does not fit every proxy's limit on addresses


class PrometheusStore:
    """Asked in threads, because the library is synchronous; each thread has its own session."""

    def __init__(self, name: str, section: PrometheusSection) -> None:
        self._name, self._section = f'prometheus "{name}"', section
        self._attempts = Attempts(self._name, section, by_type)
        self._own = threading.local()
        self._sessions: list[BoundedSession] = []

    async def read(self, query: MetricQuery) -> Found:
        """Return the series of a range query, start and end being whole seconds."""
        return await self._attempts.run(lambda: asyncio.to_thread(self._ask, query))

    def link(self, query: MetricQuery) -> str:
        """Return the graph of the query."""
        return prometheus_link(self._section.link_url or self._section.url, query)

    async def close(self) -> None:
        """Close every thread's connections."""
        for session in self._sessions:
            session.close()

    def _ask(self, query: MetricQuery) -> Found:
        connect, session = self._opened("POST" if self._posts(query) else "GET")
        start, end = (datetime.fromtimestamp(t, UTC) for t in (query.start, query.end))
        most = fitting_series(self._section.most_series, query)
        limit = {"limit": str(most + 1), "timeout": f"{self._section.timeout:g}s"}
        try:
            result = connect.custom_query_range(query.text, start, end, f"{query.step:g}", params=limit)
            return read_matrix(self._name, result, most, warnings(session.last.body))
        except PrometheusApiClientException as e:
            raise Refused(session.last) from e
        except (ValueError, KeyError, TypeError) as e:
            kind = session.last.headers.get("content-type", "nothing")[:60]
            raise no(Word.FAILED, f"{self._name}: answered no JSON of Prometheus' but {kind}; check its url") from e

    def _posts(self, query: MetricQuery) -> bool:
        method = self._section.method
        return method == "POST" or (method == "auto" and len(query.text) > LONG_QUERY)

    def _opened(self, method: str) -> tuple[Any, BoundedSession]:
        """Return this thread's client for a method; the library fixes the method when a client is made."""
        found: tuple[Any, BoundedSession] | None = getattr(self._own, method, None)
        if found is None:
            session = BoundedSession(self._name, self._section)
            connect = PrometheusConnect(
                url=self._section.url,
                headers={"X-Scope-OrgID": self._section.tenant} if self._section.tenant else {},
                retry=Retry(total=0),
                auth=FreshCredentials(self._name, self._section),
                session=session,
                timeout=self._section.timeout,
                method=method,
            )
            self._sessions.append(session)
            found = (connect, session)
            setattr(self._own, method, found)
        return found
