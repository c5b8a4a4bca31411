"""Who sends alerts: a source proves itself by bearer token, basic credentials or a signature over the body."""

import base64
import binascii
import hmac
import time
from collections.abc import Callable, Mapping

from holdfast.api.callers.signatures import CHECKS, complaints
from holdfast.api.problems import Problem
from holdfast.api.senders import Source
from holdfast.domain.noun import Noun


class Sender(Noun):
    """A source that proved itself; `labels` stand in for those its payloads cannot bear."""

    name: str
    tenant: str
    labels: dict[str, str] = {}


class Sources:
    """All configured sources."""

    def __init__(self, sources: Mapping[str, Source], clock: Callable[[], float] = time.time) -> None:
        self._keys = {(name, s.kind): s.key.encode() for name, s in sources.items()}
        self._senders = {n: Sender(name=n, tenant=s.tenant, labels=s.labels) for n, s in sources.items()}
        self._topics = {topic: name for name, s in sources.items() if s.kind == "sns" for topic in s.topics}
        self._clock = clock

    def recognise(self, headers: Mapping[str, str], body: bytes) -> Sender:
        """Return who sent this.

        Raises:
            Problem: 401 when nothing it carries is the secret of a source.
        """
        name = self._by_authorization(headers.get("authorization", "")) or self._by_signature(headers, body)
        if not name:
            why = complaints(headers, self._clock())
            raise Problem(401, "no source has these credentials; see HOLDFAST_SOURCES", fields=why)
        return self._senders[name]

    def named(self, name: str) -> Sender:
        """Return the source of that name, which the settings have promised to be there."""
        return self._senders[name]

    def of_topic(self, topic: str) -> Sender | None:
        """Return the source that an SNS topic's messages count as sent by, or None."""
        name = self._topics.get(topic)
        return self._senders[name] if name else None

    def _by_authorization(self, authorization: str) -> str:
        scheme, _, value = authorization.partition(" ")
        if scheme.lower() == "bearer":
            return self._first("bearer", value.strip().encode())
        if scheme.lower() == "basic":
            name, _, password = _decoded(value).partition(":")
            key = self._keys.get((name, "basic"), b"")
            return name if key and hmac.compare_digest(key, password.encode()) else ""
        return ""

    def _by_signature(self, headers: Mapping[str, str], body: bytes) -> str:
        now = self._clock()
        right = (
            name
            for (name, kind), key in self._keys.items()
            if kind in CHECKS and CHECKS[kind](key.decode(), headers, body, now)
        )
        return next(right, "")

    def _first(self, kind: str, value: bytes) -> str:
        matches = [n for (n, k), key in self._keys.items() if k == kind and hmac.compare_digest(key, value)]
        return matches[0] if matches else ""


def _decoded(value: str) -> str:
    try:
        return base64.b64decode(value, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""
