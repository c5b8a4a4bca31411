"""How a question becomes what is sent: the source's own query, with the parts that this question needs."""

from typing import Protocol
from urllib.parse import urlencode

from holdfast.tools.monitoring.logs.levels import wanted_words
from holdfast.tools.monitoring.logs.template import Language, filled
from holdfast.tools.monitoring.queries import LogQuery
from holdfast.tools.outside.client import Question


class Asked(Protocol):
    """A section whose query is a text in three parts."""

    @property
    def query(self) -> str:
        """The part that is always sent."""
        ...

    @property
    def contains_query(self) -> str:
        """What finds a text."""
        ...

    @property
    def level_query(self) -> str:
        """What finds levels; empty, where lines are chosen after reading."""
        ...


def names_of(query: LogQuery) -> dict[str, str]:
    """Return what may be part of an index's or a log group's name."""
    return {"service": query.service, "environment": query.environment}


def values_of(query: LogQuery) -> dict[str, str | tuple[str, ...]]:
    """Return what a template's places stand for."""
    return {**names_of(query), "contains": query.contains, "level": wanted_words(query.level)}


def composed(section: Asked, query: LogQuery, language: Language) -> str:
    """Return the query in its language; a text or a level that is not wanted leaves no trace in it."""
    values = values_of(query)
    contains = section.contains_query if query.contains else ""
    level = section.level_query if values["level"] else ""
    return filled(section.query + contains + level, values, language)


def posted(path: str, fields: dict[str, str], headers: dict[str, str] | None = None) -> Question:
    """Return a form, which may be as long as a query is; it only reads, and so may be sent again."""
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    content = urlencode(fields).encode()
    return Question(method="POST", path=path, headers={**(headers or {}), **kind}, content=content)
