"""The signals' names in a metric store's own words: what an incident asks by name is translated before it is sent."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Literal

from holdfast.domain.noun import Noun
from holdfast.tools.errors import Word, no
from holdfast.tools.monitoring.logs.template import Language, as_pattern, filled, places

SignalName = Literal[
    "error_ratio", "request_rate", "latency_p99_seconds", "cpu_ratio", "memory_ratio", "restarts_total", "up_ratio"
]
Fill = Callable[[str, Mapping[str, str]], str]

_SELECTOR = re.compile(r"^\s*service:([a-z0-9_]+)\s*\{(.*)\}\s*$", re.DOTALL)
_MATCHER = re.compile(r'\s*([a-z]+)\s*=\s*"((?:[^"\\]|\\.)*)"\s*(?:,|$)', re.DOTALL)
_PLACE = re.compile(r"\{(service|environment|namespace)\}")
_QUOTES = re.compile(r"[\\\"'`\x00-\x1f\x7f]")
_TAG = re.compile(r"[\w.:/@-]{1,200}")


class Signals(Noun):
    """Templates by signal, the namespace for questions that name none, and whether names without one may be sent."""

    templates: Mapping[SignalName, str] = {}
    namespace: str = ""
    recorded: bool = False

    def translated(self, text: str, fill: Fill) -> str:
        """Return the question in the store's language; one that is not a signal's name goes as it is.

        Raises:
            ToolError: `not_configured` for a signal without a template where nothing is recorded under its name,
                `bad_input` for a label that the template needs or the language cannot hold.
        """
        found = _asked(text)
        if found is None:
            return text
        name, labels = found
        template = next((t for known, t in self.templates.items() if known == name), None)
        if template is None:
            if self.recorded:
                return text
            raise no(Word.NOT_CONFIGURED, f"signals.{name}: this source has no template for it; docs/integrations")
        return fill(template, {"namespace": self.namespace, **labels})


def _asked(text: str) -> tuple[str, dict[str, str]] | None:
    """Return the signal and its labels when the text is exactly `service:NAME{label="value",…}`."""
    selector = _SELECTOR.match(text)
    if selector is None:
        return None
    labels: dict[str, str] = {}
    rest = selector[2]
    while rest.strip():
        matcher = _MATCHER.match(rest)
        if matcher is None:
            return None
        labels[matcher[1]] = re.sub(r"\\(.)", r"\1", matcher[2], flags=re.DOTALL)
        rest = rest[matcher.end() :]
    exact = {"service", "environment"} <= labels.keys() <= {"service", "environment", "namespace"}
    return (selector[1], labels) if exact else None


def checked_promql(template: str) -> str:
    """Return a template as it is; raise ValueError for a place that is not within double quotes."""
    places(template, _PLACE, _PROMQL.comment)
    return template


def checked_quoted(template: str) -> str:
    """Return a template as it is, of a language without comments; raise ValueError as `checked_promql` does."""
    places(template, _PLACE)
    return template


def promql(template: str, labels: Mapping[str, str]) -> str:
    """Return the query; after `=~` and `!~` a value is escaped as a pattern first, so that it means itself there."""
    return filled(template, _needed(template, labels), _PROMQL)


def cloudwatch(template: str, labels: Mapping[str, str]) -> str:
    """Return the query, the short form or JSON."""
    return filled(template, _needed(template, labels), _CLOUDWATCH)


def datadog(template: str, labels: Mapping[str, str]) -> str:
    """Return the query; Datadog knows no quotes, so that a value is one tag or is refused."""
    known = _needed(template, labels)
    return _PLACE.sub(lambda place: in_tag(known[place[1]]), template)


def _needed(template: str, labels: Mapping[str, str]) -> Mapping[str, str]:
    for place in _PLACE.finditer(template):
        if not labels.get(place[1]):
            raise no(Word.BAD_INPUT, f"query: the signal's template needs a {place[1]}, and the question names none")
    return labels


def in_promql(value: str) -> str:
    """Return a value that ends no quotes of PromQL: what could is written as its code."""
    return _QUOTES.sub(lambda c: f"\\x{ord(c[0]):02x}", value)


def in_json(value: str) -> str:
    """Return a value that ends no JSON text, nor a text within a metric expression in it.

    Raises:
        ToolError: `bad_input`, for quotes, backslashes and control characters.
    """
    if _QUOTES.search(value):
        raise no(Word.BAD_INPUT, f"query: {value[:60]!r} holds what CloudWatch's language cannot quote")
    return json.dumps(value, ensure_ascii=False)[1:-1]


def in_tag(value: str) -> str:
    """Return a value that is one Datadog tag (docs.datadoghq.com, "Getting started with tags": which characters).

    Raises:
        ToolError: `bad_input`, for anything else.
    """
    if not _TAG.fullmatch(value):
        raise no(Word.BAD_INPUT, f"query: {value[:60]!r} is no Datadog tag value")
    return value.lower()


_PROMQL = Language(in_promql, as_pattern, _PLACE, comment="#")
_CLOUDWATCH = Language(in_json, as_pattern, _PLACE)
