"""Which kinds of trace stores there are."""

from collections.abc import Mapping
from typing import Any

from holdfast.tools.monitoring.traces.guarded import GuardedTraces
from holdfast.tools.monitoring.traces.jaeger import JaegerStore
from holdfast.tools.monitoring.traces.section import JaegerSection, TraceSections, TraceSourceSection
from holdfast.tools.monitoring.traces.tempo import TempoStore
from holdfast.tools.systems import parse_section


def trace_sources(sections: Mapping[str, Any]) -> dict[str, GuardedTraces]:
    """Return the sources by name; each is a trace source and a `Part` of its server.

    Raises:
        ValueError: naming the field that is wrong.
    """
    parsed = parse_section("monitoring", TraceSections, {"traces": dict(sections)})
    return {name: GuardedTraces(_store(name, section), section) for name, section in parsed.traces.items()}


def _store(name: str, section: TraceSourceSection) -> JaegerStore | TempoStore:
    return JaegerStore(name, section) if isinstance(section, JaegerSection) else TempoStore(name, section)
