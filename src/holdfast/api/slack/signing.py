"""First the signature: Slack's v0 scheme over the raw body and a time stamp at most five minutes off."""

import time
from collections.abc import Callable, Mapping

TIMESTAMP = "x-slack-request-timestamp"
SIGNATURE = "x-slack-signature"


class _Clock:
    """Slack's SDK asks an object for the time."""

    def __init__(self, now: Callable[[], float]) -> None:
        self.now = now


class SlackSignature:
    """Knows whether Slack itself sent a request."""

    def __init__(self, secret: str, clock: Callable[[], float] = time.time) -> None:
        from slack_sdk.signature import SignatureVerifier  # noqa: PLC0415 # half a second, only where Slack is set up

        self._verifier = SignatureVerifier(secret, clock=_Clock(clock))  # type: ignore[arg-type] # its shape is enough

    def holds(self, body: bytes, headers: Mapping[str, str]) -> bool:
        """Return whether `body` is signed with our secret, and lately."""
        at, said = headers.get(TIMESTAMP, ""), headers.get(SIGNATURE, "")
        # The SDK raises on each of these instead of answering no.
        if not (at.isascii() and at.isdecimal()) or len(at) > 12 or not said.isascii() or not _is_text(body):
            return False
        return self._verifier.is_valid(body, at, said)


def _is_text(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True
