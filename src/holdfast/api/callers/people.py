"""Who votes and reads: a person proves themselves by a token; the embedded stack believes a header."""

import hashlib
import hmac
import re
from collections.abc import Mapping

from holdfast.api.problems import Problem
from holdfast.api.settings import Person
from holdfast.domain.noun import Noun

IDENTITY = "holdfast-identity"
EVERY_TENANT = "*"

_IDENTITY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,99}")


class Visitor(Noun):
    """A person who proved themselves, and whose incidents they may see. No `identity`: may read, not speak."""

    identity: str = ""
    tenant: str = EVERY_TENANT

    def may_see(self, tenant: str) -> bool:
        """Return whether this person may see that tenant's incidents."""
        return self.tenant in (EVERY_TENANT, tenant)


class People:
    """All configured people."""

    def __init__(self, people: Mapping[str, Person], *, believes_header: bool) -> None:
        self._people = dict(people)
        self._believes_header = believes_header

    def recognise(self, headers: Mapping[str, str]) -> Visitor:
        """Return who asks; where the header is believed, that may be somebody without a name.

        Raises:
            Problem: 401 when nobody has this token, 422 when the header is no name.
        """
        if self._believes_header:
            return _named(headers.get(IDENTITY, ""))
        visitor = self.holder(headers.get("authorization", ""))
        if visitor is None:
            raise Problem(401, "send `Authorization: Bearer` with your own token; see HOLDFAST_PEOPLE")
        return visitor

    def speaker(self, headers: Mapping[str, str]) -> Visitor:
        """Return who speaks, which always has a name.

        Raises:
            Problem: 401 when nobody has this token or no name is given.
        """
        visitor = self.recognise(headers)
        if not visitor.identity:
            raise Problem(401, "say who you are: send the header `Holdfast-Identity: NAME`")
        return visitor

    def holder(self, authorization: str) -> Visitor | None:
        """Return whose token `authorization` carries, or None."""
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer":
            return None
        said = hashlib.sha256(token.strip().encode()).hexdigest()
        found = [(n, p) for n, p in self._people.items() if hmac.compare_digest(p.token_sha256, said)]
        return Visitor(identity=found[0][0], tenant=found[0][1].tenant) if found else None


def _named(identity: str) -> Visitor:
    if identity and not _IDENTITY.fullmatch(identity):
        raise Problem(422, "Holdfast-Identity is no name", fields=[("Holdfast-Identity", "letters, digits, . _ @ -")])
    return Visitor(identity=identity)
