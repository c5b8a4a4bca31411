"""Amazon SNS on loopback, as its developer guide describes it: signed envelopes, a certificate, a confirmation page.

Sources: "Parsing Amazon SNS message formats", "Verifying the signatures of Amazon SNS messages" and "Confirm the
subscription".
"""

import base64
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

Json = dict[str, Any]

REGION = "eu-central-1"
TOPIC = f"arn:aws:sns:{REGION}:123456789012:alarms"
HOST = f"https://sns.{REGION}.amazonaws.com"
CERTIFICATE = "/SimpleNotificationService-0123456789abcdef0123456789abcdef.pem"
OLD, ELLIPTIC, TEXT = (CERTIFICATE.replace("0123", word, 1) for word in ("01d0", "e11e", "7e47"))

_NOTIFICATION = ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type")
_QUESTION = ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")


@dataclass
class SnsServer:
    """Its key, what it was asked, and how it answers a confirmation."""

    key: rsa.RSAPrivateKey = field(default_factory=lambda: rsa.generate_private_key(65537, 2048))
    url: str = ""
    asked: list[str] = field(default_factory=list)
    status: int = 200

    def local(self, url: str) -> str:
        """Return where on loopback an address of SNS is served."""
        parts = urlsplit(url)
        return f"{self.url}{parts.path or '/'}?{parts.query}"

    def envelope(self, message: Any, version: str = "2", **fields: Any) -> Json:
        """Return a signed message; `fields` are set before it is signed, and None takes one away."""
        base: Json = {
            "Type": "Notification",
            "MessageId": "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324",
            "TopicArn": TOPIC,
            "Subject": "ALARM",
            "Message": message if isinstance(message, str) else json.dumps(message),
            "Timestamp": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "SignatureVersion": version,
            "SigningCertURL": HOST + CERTIFICATE,
            "UnsubscribeURL": f"{HOST}/?Action=Unsubscribe&SubscriptionArn={TOPIC}:c9135db0",
        }
        told = {k: v for k, v in {**base, **fields}.items() if v is not None}
        return {**told, "Signature": self.sign(told)}

    def question(self, **fields: Any) -> Json:
        """Return a signed question whether to subscribe."""
        asked: Json = {
            "Type": "SubscriptionConfirmation",
            "Subject": None,
            "Token": "2336412f37",
            "SubscribeURL": f"{HOST}/?Action=ConfirmSubscription&TopicArn={TOPIC}&Token=2336412f37",
        }
        return self.envelope("You have chosen to subscribe", **{**asked, **fields})

    def sign(self, told: Json) -> str:
        """Return the signature of a message: SHA1 in version 1, SHA256 in version 2."""
        names = _NOTIFICATION if told["Type"] == "Notification" else _QUESTION
        text = "".join(f"{n}\n{told[n]}\n" for n in names if n in told)
        algorithm = SHA256() if told["SignatureVersion"] == "2" else SHA1()  # noqa: S303 # as SNS does
        return base64.b64encode(self.key.sign(text.encode(), padding.PKCS1v15(), algorithm)).decode()

    async def serve(self, request: web.Request) -> web.Response:
        """Answer for a certificate or a confirmation."""
        self.asked.append(request.path_qs)
        now = datetime.now(UTC)
        pages: dict[str, Callable[[], bytes]] = {
            CERTIFICATE: lambda: certificate(self.key, now + timedelta(days=30)),
            OLD: lambda: certificate(self.key, now - timedelta(days=1)),
            ELLIPTIC: lambda: certificate(ec.generate_private_key(ec.SECP256R1()), now + timedelta(days=30)),
            TEXT: lambda: b"no certificate",
        }
        if self.status != 200:
            return web.Response(status=self.status, headers={"Location": "http://elsewhere.example/"})
        if request.path in pages:
            return web.Response(body=pages[request.path]())
        if request.path == "/large":
            return web.Response(body=b"x" * 100_000)
        return web.Response(text="<ConfirmSubscriptionResponse/>", content_type="text/xml")


def certificate(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, until: datetime) -> bytes:
    """Return a certificate of `key`, valid until then, in PEM."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    made = made.not_valid_before(until - timedelta(days=60)).not_valid_after(until)
    return made.sign(key, SHA256()).public_bytes(Encoding.PEM)


@asynccontextmanager
async def sns_server() -> AsyncIterator[SnsServer]:
    """Run SNS on a free port of loopback."""
    server = SnsServer()
    app = web.Application()
    app.router.add_get("/{rest:.*}", server.serve)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield server
    finally:
        await runner.cleanup()
