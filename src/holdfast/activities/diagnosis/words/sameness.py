"""Which arguments a looking tool knows, and when two questions to it are the same in other clothes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from pydantic import JsonValue

from holdfast.activities.diagnosis.words.selecting import plain
from holdfast.domain.noun import canonical_json

# By tool, each argument with what leaving it out means; `docs/tool-contracts.md` is the contract. Where something is
# looked at (`source`, `cluster`, `host`) is known but must stay empty; whose memory is asked, the gateway says.
ARGUMENTS: dict[str, dict[str, JsonValue]] = {
    "monitoring.fetch_metrics": {"source": "", "query": "", "start": "", "end": "", "step": None},
    "monitoring.query_logs": {"source": "", "filters": {}},
    "monitoring.fetch_trace": {"source": "", "trace_id": ""},
    "kubernetes.get_pods": {"namespace": "", "selector": "", "cluster": ""},
    "kubernetes.describe_pod": {"namespace": "", "pod": "", "cluster": ""},
    "kubernetes.get_events": {"namespace": "", "since": "", "cluster": ""},
    "kubernetes.get_logs": {
        "namespace": "",
        "pod": "",
        "previous": False,
        "tail": 200,
        "container": "",
        "cluster": "",
    },
    **{
        f"kubernetes.{tool}": {"namespace": "", "cluster": ""}
        for tool in (
            "get_deployments",
            "get_services",
            "get_ingresses",
            "get_network_policies",
            "get_quotas",
            "get_config_maps",
            "get_claims",
        )
    },
    "kubernetes.get_nodes": {"cluster": ""},
    "kubernetes.rollout_history": {"namespace": "", "deployment": "", "cluster": ""},
    "infrastructure.docker_container_status": {"container": "", "host": ""},
    "infrastructure.terraform_plan": {"workspace": ""},
    "catalog.get_dependencies": {"service": "", "environment": ""},
    "catalog.get_runbook": {"service": "", "alert": ""},
    "memory.find_similar_incidents": {"service": "", "alert": "", "text": "", "limit": 5, "templates": []},
}
FILTERS: dict[str, JsonValue] = {
    "service": "",
    "environment": "",
    "start": "",
    "end": "",
    "level": "debug",
    "contains": "",
    "limit": 500,
}
_TIMES = frozenset({"start", "end", "since"})
_NUMBERS = frozenset({"step", "tail", "limit"})
LEAST_APART = 60.0  # seconds: nothing new is seen sooner


@dataclass(frozen=True, eq=False)
class Question:
    """What a question really asks. Two are equal when their words are, and no time in them is a step or more apart.

    A step is at least a minute. Being so near is not passed on from one to the next, so compare, never group.
    """

    words: str
    times: dict[str, float] = field(default_factory=dict)
    step: float = LEAST_APART

    def __eq__(self, other: object) -> bool:
        """Return whether it would bring the same answer."""
        if not isinstance(other, Question) or (self.words, self.times.keys()) != (other.words, other.times.keys()):
            return False
        return all(abs(at - other.times[key]) < self.step for key, at in self.times.items())

    def __hash__(self) -> int:
        """Return what is the same for all that are equal."""
        return hash(self.words)


def question(tool: str, arguments: Mapping[str, JsonValue]) -> Question:
    """Return what a question really asks.

    Its times count in UTC and roughly, its numbers by their value; blanks that mean nothing, empty fields, defaults
    and arguments that the tool does not know count for nothing.
    """
    known = ARGUMENTS.get(tool)
    times: dict[str, float] = {}
    words = _essence(_known(dict(arguments), known), known or {}, times)
    step = words.get("step") if isinstance(words, dict) else None
    apart = max(LEAST_APART, step) if isinstance(step, float) else LEAST_APART
    return Question(canonical_json([tool, words]), times, apart)


def unknown(tool: str, arguments: Mapping[str, JsonValue]) -> Iterator[str]:
    """Yield a sentence's rest for each argument that the tool does not know."""
    yield from _strange(arguments, ARGUMENTS.get(tool, {}), "")
    filters = arguments.get("filters")
    if tool == "monitoring.query_logs" and isinstance(filters, dict):
        yield from _strange(filters, FILTERS, ".filters")


def _strange(given: Mapping[str, JsonValue], known: Mapping[str, JsonValue], at: str) -> Iterator[str]:
    for key in sorted(set(given) - set(known)):
        yield f"{at}: it knows no {key[:40]!r}, only {', '.join(known)}"


def _known(given: dict[str, JsonValue], known: Mapping[str, JsonValue] | None) -> dict[str, JsonValue]:
    return given if known is None else {k: v for k, v in given.items() if k in known}


def _essence(value: JsonValue, defaults: Mapping[str, JsonValue], times: dict[str, float], key: str = "") -> JsonValue:
    """Return a value without what makes no difference; its times are put into `times` instead."""
    if isinstance(value, dict):
        inner = FILTERS if key == "filters" else defaults
        rows = _known(value, FILTERS) if key == "filters" else value
        found = {k: _essence(v, inner, times, k) for k, v in rows.items()}
        return {k: v for k, v in found.items() if v not in ("", None, [], {}) and v != _number(k, inner.get(k))}
    if isinstance(value, list):
        return [_essence(item, defaults, times) for item in value]
    if key in _TIMES and (at := _moment(value)) is not None:
        times[key] = at
        return None
    return _number(key, _words(key, value))


def _words(key: str, value: JsonValue) -> JsonValue:
    if not isinstance(value, str):
        return value
    if key == "query":
        return plain(value)
    if key == "selector":
        return ",".join(sorted("".join(part.split()) for part in value.split(",")))
    return value.lower() if key == "trace_id" else " ".join(value.split())


def _number(key: str, value: JsonValue) -> JsonValue:
    """Return a number by its value, however it is written."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return value
    if isinstance(value, str) and key not in _NUMBERS:
        return value
    try:
        return float(value)
    except (ValueError, OverflowError):
        return value


def _moment(value: JsonValue) -> float | None:
    """Return a time as unix seconds; one without a zone is read as UTC; None when it is no time."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    try:
        parsed = datetime.fromisoformat(str(value).strip())
    except ValueError:
        return None
    return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp()
