"""The simulated shop as a metric store and a log store."""

import hashlib

import numpy as np
from pydantic import JsonValue

from holdfast.domain.noun import canonical_json
from holdfast.tools.errors import Word, no
from holdfast.tools.monitoring.queries import LogQuery, MetricQuery, selector
from holdfast.tools.monitoring.sources import LogAnswer, LogLine, MetricAnswer, Series
from holdfast.tools.simulation.cluster import stamp
from holdfast.tools.simulation.estate import Estate
from holdfast.tools.simulation.logs import LEVELS, lines
from holdfast.tools.simulation.signals import signal
from holdfast.tools.simulation.topology import SIGNALS

Object = dict[str, JsonValue]
SOURCE = "simulated"
MILLISECOND = 1e-3


class SimulatedMonitoring:
    """Answers metric and log questions from the estate."""

    def __init__(self, estate: Estate) -> None:
        self._estate = estate

    async def metrics(self, query: MetricQuery) -> MetricAnswer:
        """Return one series for each service and environment that the labels admit."""
        wanted = selector(query.text)
        name = wanted.metric.removeprefix("service:")
        if name not in SIGNALS:
            raise no(Word.NOT_FOUND, f"no metric is called {wanted.metric!r}")
        end = min(query.end, self._estate.clock()) + MILLISECOND  # both ends belong to a range, as in Prometheus
        times = np.arange(query.start, end, query.step, dtype=np.float64)
        series = [self._series(name, s, e, times) for s, e in self._matching(wanted.labels)]
        return MetricAnswer(query=query.text, series=series)

    async def logs(self, query: LogQuery) -> LogAnswer:
        """Return the newest lines that the filters admit, oldest first, and how many there were."""
        world = self._estate.world()
        if query.service not in world.topology.services:
            raise no(Word.NOT_FOUND, f"no service is called {query.service!r}")
        if query.level not in LEVELS:
            raise no(Word.BAD_INPUT, f"filters.level: one of {', '.join(LEVELS)}")
        span = (query.start, min(query.end, self._estate.clock()))
        written = lines(world, query.service, query.environment, span, query.level)
        found = [line for line in written if query.contains in line.message]
        kept = [
            LogLine(time=stamp(x.at), service=x.service, pod=x.pod, level=x.level, message=x.message)
            for x in found[-query.limit :]
        ]
        asked = f"service={query.service} environment={query.environment} level>={query.level} {query.contains}"
        return LogAnswer(query=asked.strip(), lines=kept, total=len(found))

    async def alert(self, anomaly: Object, severity: str, context: Object) -> tuple[str, bool]:
        """Keep an alert; the same anomaly twice is one alert. Return its id and whether it is the first."""
        alert_id = "al-" + hashlib.sha256(canonical_json(anomaly).encode()).hexdigest()[:12]
        payload = canonical_json({"anomaly": anomaly, "severity": severity, "context": context})
        with self._estate.changing() as db:
            row = ("alert/" + alert_id, "create_alert", alert_id, payload, self._estate.clock())
            first = db.execute("INSERT OR IGNORE INTO messages VALUES (?, ?, ?, ?, ?)", row).rowcount == 1
        return alert_id, first

    def _matching(self, labels: dict[str, str]) -> list[tuple[str, str]]:
        topology = self._estate.topology
        services = [s for s in sorted(topology.services) if labels.get("service", s) == s]
        return [(s, e) for s in services for e in topology.environments if labels.get("environment", e) == e]

    def _series(
        self, name: str, service: str, environment: str, times: np.ndarray[tuple[int], np.dtype[np.float64]]
    ) -> Series:
        values = signal(self._estate.world(), service, environment, name, times) if len(times) else times
        points = [(float(t), round(float(v), 6)) for t, v in zip(times, values, strict=True)]
        return Series(labels={"service": service, "environment": environment}, points=points)
