"""Sources: a secret opens only its own door, and a signature only for its own body and hour."""

import base64

import pytest

from holdfast.api.callers.signatures import FRESH, sign
from holdfast.api.callers.sources import Sources
from holdfast.api.problems import Problem
from holdfast.api.senders import Source

NOW = 1_780_000_000.0
BODY = b'{"alerts": []}'
KEY = "0123456789abcdef"


def _source(kind: str, tenant: str, secret: str) -> Source:
    return Source.model_validate({"kind": kind, "tenant": tenant, "secret": secret})


SOURCES = Sources(
    {
        "am": _source("bearer", "acme", "bearer-secret-of-am"),
        "grafana": _source("basic", "globex", "basic-secret-of-grafana"),
        "script": _source("hmac", "initech", KEY),
    },
    lambda: NOW,
)


def _basic(name: str, password: str) -> dict[str, str]:
    return {"authorization": "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()}


def _signed(at: float = NOW, body: bytes = BODY, key: str = KEY) -> dict[str, str]:
    stamp = str(int(at))
    return {"holdfast-timestamp": stamp, "holdfast-signature": sign(key, stamp, body)}


@pytest.mark.parametrize(
    ("headers", "name", "tenant"),
    [
        ({"authorization": "Bearer bearer-secret-of-am"}, "am", "acme"),
        ({"authorization": "bearer  bearer-secret-of-am"}, "am", "acme"),
        (_basic("grafana", "basic-secret-of-grafana"), "grafana", "globex"),
        (_signed(), "script", "initech"),
        (_signed(NOW - FRESH), "script", "initech"),
    ],
)
def test_the_credential_says_which_source_and_whose_tenant(headers: dict[str, str], name: str, tenant: str) -> None:
    """The tenant comes from the credential, never from what is sent."""
    sender = SOURCES.recognise(headers, BODY)
    assert (sender.name, sender.tenant) == (name, tenant)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": "Bearer "},
        {"authorization": "Bearer wrong"},
        {"authorization": "Bearer basic-secret-of-grafana"},
        {"authorization": f"Bearer {KEY}"},
        {"authorization": "Basic not-base64"},
        {"authorization": "Basic /w=="},
        {"authorization": "Digest bearer-secret-of-am"},
        {"authorization": "Bearer schlüssel"},
        _basic("grafana", "wrong"),
        _basic("am", "bearer-secret-of-am"),
        _basic("nobody", ""),
        _signed(NOW - FRESH - 1),
        _signed(NOW + FRESH + 1),
        _signed(body=b"another body"),
        _signed(key="another-secret-of-16"),
        _signed() | {"holdfast-timestamp": "soon"},
        _signed() | {"holdfast-timestamp": "²"},
        _signed() | {"holdfast-timestamp": str(int(NOW) - 1)},
        _signed() | {"holdfast-signature": "sha256=ü"},
        {"holdfast-signature": "sha256=00"},
    ],
)
def test_anything_else_opens_nothing(headers: dict[str, str]) -> None:
    """Missing, wrong, another kind's, stale, altered or garbled: 401."""
    with pytest.raises(Problem) as refused:
        SOURCES.recognise(headers, BODY)
    assert refused.value.status == 401
