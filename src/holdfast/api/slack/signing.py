"""First the signature: Slack's v0 scheme over the raw body and a time stamp at most five minutes off."""

from collections.abc import Callable, Mapping

from slack_sdk.signature import Clock, SignatureVerifier

TIMESTAMP = "x-slack-request-timestamp"
SIGNATURE = "x-slack-signature"


class SlackSignature:
    """Knows whether Slack itself sent a request."""

    def __init__(self, secret: str, clock: Callable[[], float] | None = None) -> None:
        self._verifier = SignatureVerifier(secret, clock=Clock() if clock is None else _Clock(clock))

    def holds(self, body: bytes, headers: Mapping[str, str]) -> bool:
        """Return whether `body` is signed with our secret, and lately."""
        at, said = headers.get(TIMESTAMP, ""), headers.get(SIGNATURE, "")
        # The SDK raises on each of these instead of answering no.
        if not (at.isascii() and at.isdecimal()) or len(at) > 12 or not said.isascii() or not _is_text(body):
            return False
        return self._verifier.is_valid(body, at, said)


class _Clock(Clock):
    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now

    def now(self) -> float:
        return self._now()


def _is_text(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True
