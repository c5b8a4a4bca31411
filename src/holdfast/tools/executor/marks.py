"""The mark an effect leaves on what it changed, by the same request, so that it is never made twice for one grant."""

from typing import Any

from holdfast.domain.grant import Grant
from holdfast.tools.kubernetes.reading.plain import part

Object = dict[str, Any]
MARK = "holdfast.dev/grant"
_KEPT = 10  # grants on one object; one that expired cannot come again


def marked(thing: Object, grant: Grant) -> bool:
    """Return whether the object carries the grant's mark."""
    return grant.grant_id in _grants(thing)


def with_mark(thing: Object, grant: Grant | None) -> dict[str, str]:
    """Return the annotation that adds the grant to those that are there; nothing for a dry run."""
    if grant is None:
        return {}
    return {MARK: " ".join([grant.grant_id, *_grants(thing)][:_KEPT])}


def _grants(thing: Object) -> list[str]:
    return str(part(thing, "metadata", "annotations").get(MARK, "")).split()
