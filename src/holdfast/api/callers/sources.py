"""Who sends alerts: a source proves itself by bearer token, basic credentials or a signature over the body."""

import base64
import binascii
import hashlib
import hmac
import time
from collections.abc import Callable, Mapping

from holdfast.api.problems import Problem
from holdfast.api.settings import Source
from holdfast.domain.noun import Noun

FRESH = 300
"""Seconds by which a signature's time stamp may differ from ours."""

SIGNATURE = "holdfast-signature"
TIMESTAMP = "holdfast-timestamp"


class Sender(Noun):
    """A source that proved itself."""

    name: str
    tenant: str


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """Return the value of `Holdfast-Signature`: HMAC-SHA-256 over `{timestamp}.{body}`, in hexadecimal."""
    return "sha256=" + hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


class Sources:
    """All configured sources."""

    def __init__(self, sources: Mapping[str, Source], clock: Callable[[], float] = time.time) -> None:
        self._keys = {(name, s.kind): s.key.encode() for name, s in sources.items()}
        self._tenants = {name: s.tenant for name, s in sources.items()}
        self._clock = clock

    def recognise(self, headers: Mapping[str, str], body: bytes) -> Sender:
        """Return who sent this.

        Raises:
            Problem: 401 when nothing it carries is the secret of a source.
        """
        name = self._by_authorization(headers.get("authorization", "")) or self._by_signature(headers, body)
        if not name:
            raise Problem(401, "no source has these credentials; see HOLDFAST_SOURCES")
        return Sender(name=name, tenant=self._tenants[name])

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
        said, at = headers.get(SIGNATURE, ""), headers.get(TIMESTAMP, "")
        if not said or not (at.isascii() and at.isdecimal()) or abs(self._clock() - int(at)) > FRESH:
            return ""
        right = (
            name
            for (name, kind), key in self._keys.items()
            if kind == "hmac" and hmac.compare_digest(sign(key.decode(), at, body).encode(), said.encode())
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
