"""Signatures of the vendors' own: each opens only with its secret, its body and, where it signs one, its hour."""

import hashlib
import hmac
from pathlib import Path
from typing import Any

import httpx2
import pytest

from holdfast.api.callers.signatures import FRESH, sign_as_grafana, sign_as_pagerduty
from holdfast.api.callers.sources import Sources
from holdfast.api.problems import Problem
from holdfast.api.senders import Source
from tests.api.doors import embedded, knocking

NOW = 1_780_000_000.0
BODY = '{"event": "ü"}'.encode()
GRAFANA = "secret-of-grafana"
PAGERDUTY = "secret-of-pagerduty"
SIGNATURE, TIMESTAMP = "X-Grafana-Alerting-Signature", "X-Grafana-Alerting-Timestamp"

SOURCES = Sources(
    {
        "grafana": Source.model_validate(
            {"kind": "grafana", "tenant": "acme", "secret": GRAFANA, "labels": {"a": "b"}}
        ),
        "pager": Source.model_validate({"kind": "pagerduty", "tenant": "globex", "secret": PAGERDUTY}),
    },
    lambda: NOW,
)


def _grafana(at: float = NOW, body: bytes = BODY, key: str = GRAFANA) -> dict[str, str]:
    stamp = str(int(at))
    return {TIMESTAMP: stamp, SIGNATURE: sign_as_grafana(key, stamp, body)}


def _pagerduty(*keys: str) -> dict[str, str]:
    return {"X-PagerDuty-Signature": ",".join(sign_as_pagerduty(k, BODY) for k in keys)}


def test_the_signatures_are_those_of_the_documentation() -> None:
    """Bare hexadecimal over `time:body` for Grafana, `v1=` and hexadecimal over the body for PagerDuty."""
    expected = hmac.new(b"k", b"12:body", hashlib.sha256).hexdigest()
    assert sign_as_grafana("k", "12", b"body") == expected
    assert sign_as_pagerduty("k", b"body") == "v1=" + hmac.new(b"k", b"body", hashlib.sha256).hexdigest()


@pytest.mark.parametrize(
    ("headers", "name"),
    [
        (_grafana(), "grafana"),
        (_grafana(NOW - FRESH), "grafana"),
        (_pagerduty(PAGERDUTY), "pager"),
        (_pagerduty("the-secret-of-before", PAGERDUTY), "pager"),
        ({"x-pagerduty-signature": f"v0=00, {sign_as_pagerduty(PAGERDUTY, BODY)}"}, "pager"),
    ],
)
def test_a_right_signature_says_which_source(headers: dict[str, str], name: str) -> None:
    """Also while a secret is rotated, when PagerDuty signs with the old and the new."""
    assert SOURCES.recognise(httpx2.Headers(headers), BODY).name == name


@pytest.mark.parametrize(
    ("headers", "field"),
    [
        (_grafana(NOW - FRESH - 1), TIMESTAMP),
        (_grafana(NOW + FRESH + 1), TIMESTAMP),
        ({SIGNATURE: hmac.new(GRAFANA.encode(), BODY, hashlib.sha256).hexdigest()}, TIMESTAMP),
        (_grafana() | {TIMESTAMP: "now"}, TIMESTAMP),
        (_grafana() | {TIMESTAMP: "9" * 400}, TIMESTAMP),
        (_grafana() | {TIMESTAMP: str(int(NOW) - 1)}, SIGNATURE),
        (_grafana(body=b"another"), SIGNATURE),
        (_grafana(key=PAGERDUTY), SIGNATURE),
        (_pagerduty("the-secret-of-before"), "X-PagerDuty-Signature"),
        (_pagerduty(GRAFANA), "X-PagerDuty-Signature"),
        ({"X-PagerDuty-Signature": sign_as_pagerduty(PAGERDUTY, BODY).removeprefix("v1=")}, "X-PagerDuty-Signature"),
        ({"X-PagerDuty-Signature": ""}, "X-PagerDuty-Signature"),
        ({"X-PagerDuty-Signature": ",".join(["v1=00"] * 10 + [sign_as_pagerduty(PAGERDUTY, BODY)])}, "X-PagerDuty"),
    ],
)
def test_a_wrong_signature_is_refused_and_the_header_named(headers: dict[str, str], field: str) -> None:
    """Stale, unsigned in time, altered, another's: 401, and the sender learns which header to mend."""
    with pytest.raises(Problem) as refused:
        SOURCES.recognise(httpx2.Headers(headers), BODY)
    assert refused.value.status == 401
    assert [name.startswith(field.lower()) for name, _ in refused.value.fields] == [True]


@pytest.mark.parametrize("door", ["grafana", "pagerduty", "datadog", "generic", "opsmedic", "cloudevents"])
async def test_no_door_opens_to_a_stranger(tmp_path: Path, door: str) -> None:
    """Where sources are configured, each of the doors asks for one before it reads anything."""
    sources: dict[str, Any] = {"pager": {"kind": "pagerduty", "secret": PAGERDUTY}}
    async with knocking(embedded(tmp_path, sources=sources)) as http:
        plain = await http.post(f"/alerts/{door}", json={})
        forged = await http.post(f"/alerts/{door}", json={}, headers={"X-PagerDuty-Signature": "v1=00"})
        right = sign_as_pagerduty(PAGERDUTY, b"{}")
        known = await http.post(f"/alerts/{door}", content=b"{}", headers={"X-PagerDuty-Signature": right})
    assert (plain.status_code, forged.status_code) == (401, 401)
    assert forged.json()["errors"][0]["field"] == "x-pagerduty-signature"
    assert known.status_code in (415, 422)
