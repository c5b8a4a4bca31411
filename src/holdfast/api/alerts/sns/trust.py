"""Whether SNS itself sent a message: its signature, by the certificate that lies at SNS's own address."""

import asyncio
import base64
import binascii
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import httpx2
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA1, SHA256

from holdfast.api.alerts.sns.envelope import Dated, Envelope
from holdfast.api.callers.body import validated
from holdfast.api.problems import Problem, away

Fetch = Callable[[str], Awaitable[bytes]]
"""From an address to what lies there; raises `httpx2.HTTPError`."""

OLDEST = 3900
"""Seconds after which a message is no longer taken: SNS tries again for at most an hour."""

AHEAD = 300
"""Seconds by which SNS's clock may be ahead of ours."""

FETCH_SECONDS = 5.0
AT_ONCE = 4
"""Visits to SNS at one time, whoever claims to be SNS."""

LARGEST = 64 * 1024
_MOST_CERTIFICATES = 16


async def fetch(url: str) -> bytes:
    """Return what lies at `url`, never elsewhere, never more than `LARGEST` bytes.

    Raises:
        httpx2.HTTPError: it cannot be had now, or it is not there.
    """
    async with (
        httpx2.AsyncClient(timeout=FETCH_SECONDS, follow_redirects=False) as http,
        http.stream("GET", url) as answer,
    ):
        answer.raise_for_status()  # a redirection is no success either
        found = b""
        async for part in answer.aiter_bytes():
            found += part
            if len(found) > LARGEST:
                raise httpx2.HTTPError(f"answered more than {LARGEST} bytes")
        return found


class SnsTrust:
    """Checks messages and confirms subscriptions; certificates are fetched once."""

    def __init__(self, fetch: Fetch = fetch, clock: Callable[[], float] = time.time) -> None:
        self._fetch = fetch
        self._clock = clock
        self._at_once = asyncio.Semaphore(AT_ONCE)
        self._certificates: OrderedDict[str, x509.Certificate] = OrderedDict()

    async def check(self, envelope: Envelope) -> None:
        """Make sure that SNS sent this, lately.

        Raises:
            Problem: 401 when it did not, 503 when its certificate cannot be had now.
        """
        sent = validated(Dated, {"Timestamp": envelope.Timestamp}).Timestamp.timestamp()
        if not -AHEAD <= self._clock() - sent <= OLDEST:
            raise _refused("Timestamp", f"more than {OLDEST} s old, or more than {AHEAD} s ahead of our clock")
        certificate = await self._certificate(envelope.SigningCertURL)
        now = datetime.fromtimestamp(self._clock(), UTC)
        if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
            raise _refused("SigningCertURL", "the certificate is not valid today")
        if not _holds(certificate, envelope):
            raise _refused("Signature", "not made over this message with that certificate")

    async def confirm(self, envelope: Envelope) -> None:
        """Visit the address that confirms the subscription; the envelope has made sure that it is SNS's own.

        Raises:
            Problem: 401 when SNS refuses it, 503 when it cannot be visited now; SNS asks again.
        """
        await self._get(envelope.SubscribeURL or "", "to confirm the subscription")

    async def _certificate(self, url: str) -> x509.Certificate:
        if url not in self._certificates:
            found = await self._get(url, "for its certificate")
            try:
                self._certificates[url] = x509.load_pem_x509_certificate(found)
            except ValueError as e:
                raise _refused("SigningCertURL", "no certificate lies there") from e
            if len(self._certificates) > _MOST_CERTIFICATES:
                self._certificates.popitem(last=False)
        return self._certificates[url]

    async def _get(self, url: str, why: str) -> bytes:
        try:
            async with self._at_once:
                return await self._fetch(url)
        except httpx2.HTTPError as e:
            if isinstance(e, httpx2.HTTPStatusError) and e.response.is_client_error:
                raise _refused("SigningCertURL, SubscribeURL", f"SNS answers {e.response.status_code} there") from e
            raise away("Amazon SNS", f"asked {why}, {type(e).__name__}") from e


def _holds(certificate: x509.Certificate, envelope: Envelope) -> bool:
    key = certificate.public_key()
    if not isinstance(key, RSAPublicKey):
        return False
    # Version 1 is SNS's own default to this day; the topic's owner chooses version 2.
    algorithm = SHA256() if envelope.SignatureVersion == "2" else SHA1()  # noqa: S303 # see above
    try:
        signature = base64.b64decode(envelope.Signature, validate=True)
        key.verify(signature, envelope.string_to_sign(), PKCS1v15(), algorithm)
    except (binascii.Error, InvalidSignature):
        return False
    return True


def _refused(field: str, why: str) -> Problem:
    return Problem(401, f"SNS did not send this: {field}: {why}", fields=[(field, why)])
