"""How a source signs what it sends: our own scheme, Grafana's and PagerDuty's, each over the raw body."""

import hashlib
import hmac
from collections.abc import Callable, Mapping

FRESH = 300
"""Seconds by which a signature's time stamp may differ from ours."""

SIGNATURE = "holdfast-signature"
TIMESTAMP = "holdfast-timestamp"
GRAFANA_SIGNATURE = "x-grafana-alerting-signature"
GRAFANA_TIMESTAMP = "x-grafana-alerting-timestamp"
PAGERDUTY_SIGNATURE = "x-pagerduty-signature"

_MOST_SIGNATURES = 10

Headers = Mapping[str, str]


def hmac_sha256(secret: str, message: bytes) -> str:
    """Return the HMAC-SHA-256 of `message` in lower-case hexadecimal."""
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """Return the value of `Holdfast-Signature`: HMAC-SHA-256 over `{timestamp}.{body}`, in hexadecimal."""
    return "sha256=" + hmac_sha256(secret, timestamp.encode() + b"." + body)


def sign_as_grafana(secret: str, timestamp: str, body: bytes) -> str:
    """Return Grafana's signature with a time stamp: HMAC-SHA-256 over `{timestamp}:{body}`, bare hexadecimal.

    Source: Grafana's documentation, "Configure webhook notifications", section "HMAC signature".
    """
    return hmac_sha256(secret, timestamp.encode() + b":" + body)


def sign_as_pagerduty(secret: str, body: bytes) -> str:
    """Return one signature of PagerDuty: `v1=` and the HMAC-SHA-256 of the body.

    Source: PagerDuty's developer documentation, "Verifying Signatures".
    """
    return "v1=" + hmac_sha256(secret, body)


def _holds(secret: str, headers: Headers, body: bytes, now: float) -> bool:
    at = headers.get(TIMESTAMP, "")
    return _fresh(at, now) and _same(sign(secret, at, body), headers.get(SIGNATURE, ""))


def _grafana_holds(secret: str, headers: Headers, body: bytes, now: float) -> bool:
    at = headers.get(GRAFANA_TIMESTAMP, "")
    return _fresh(at, now) and _same(sign_as_grafana(secret, at, body), headers.get(GRAFANA_SIGNATURE, ""))


def _pagerduty_holds(secret: str, headers: Headers, body: bytes, _now: float) -> bool:
    # While its secret is rotated PagerDuty sends one signature for each.
    said = headers.get(PAGERDUTY_SIGNATURE, "").split(",")[:_MOST_SIGNATURES]
    right = sign_as_pagerduty(secret, body)
    return any(_same(right, one.strip()) for one in said)


CHECKS: dict[str, Callable[[str, Headers, bytes, float], bool]] = {
    "hmac": _holds,
    "grafana": _grafana_holds,
    "pagerduty": _pagerduty_holds,
}
"""For each kind of source that signs: (secret, headers, body, now) to whether the signature holds."""


def complaints(headers: Headers, now: float) -> list[tuple[str, str]]:
    """Return (header, what is wrong) of a request whose signature did not hold, without looking at any secret."""
    found = []
    for signature, timestamp in ((SIGNATURE, TIMESTAMP), (GRAFANA_SIGNATURE, GRAFANA_TIMESTAMP)):
        if signature in headers:
            found.append(_complaint(signature, timestamp, headers.get(timestamp, ""), now))
    if PAGERDUTY_SIGNATURE in headers:
        found.append((PAGERDUTY_SIGNATURE, "no v1 signature was made with a secret we know"))
    return found


def _complaint(signature: str, timestamp: str, at: str, now: float) -> tuple[str, str]:
    if not at:
        return timestamp, "missing: the sender must sign a time stamp too and send it in this header"
    if not _fresh(at, now):
        return timestamp, f"no time in seconds within {FRESH} s of our clock"
    return signature, "not made with a secret we know"


def _fresh(at: str, now: float) -> bool:
    return at.isascii() and at.isdecimal() and len(at) <= 12 and abs(now - int(at)) <= FRESH


def _same(right: str, said: str) -> bool:
    return hmac.compare_digest(right.encode(), said.encode())
