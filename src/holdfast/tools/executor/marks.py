"""The mark an effect leaves on what it changed, by the same request, so that it is never made twice for one grant."""

from typing import Any

from holdfast.domain.grant import Grant
from holdfast.tools.errors import Word, no
from holdfast.tools.kubernetes.reading.plain import part

Object = dict[str, Any]
MARK = "holdfast.dev/grant"
_KEPT = 10  # grants on one object; one that expired cannot come again


def mark_of(grant: Grant) -> str:
    """Return the grant's mark: its id and the action it was for."""
    return f"{grant.grant_id}={grant.action_digest[:16]}"


def marked(thing: Object, grant: Grant) -> bool:
    """Return whether the object carries the grant's mark.

    Raises:
        ToolError: `grant_refused`, when the grant's id was used for another action, also where the ledger was lost.
    """
    found = {m.rpartition("=")[0]: m for m in _marks(thing)}.get(grant.grant_id)
    if found is not None and found != mark_of(grant):
        raise no(Word.GRANT_REFUSED, "the grant was already used for another action")
    return found is not None


def with_mark(thing: Object, grant: Grant | None) -> dict[str, str]:
    """Return the annotation that adds the grant to those that are there; nothing for a dry run."""
    if grant is None:
        return {}
    return {MARK: " ".join([mark_of(grant), *_marks(thing)][:_KEPT])}


def _marks(thing: Object) -> list[str]:
    return str(part(thing, "metadata", "annotations").get(MARK, "")).split()
