"""One outside system over HTTP: asked within its limits, again where that is safe, every failure given its word."""

import asyncio
import base64
import json
import math
import ssl
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx2

from holdfast.domain.noun import Noun
from holdfast.tools.errors import Word, no
from holdfast.tools.outside.endpoint import Auth, Endpoint, Tls
from holdfast.tools.outside.limits import RateLimit
from holdfast.tools.outside.secret import MissingSecretError

LONGEST_PAUSE = 10.0  # seconds we wait ourselves; a longer Retry-After goes back to the caller
_WORDS = {
    400: (Word.BAD_INPUT, "it does not understand the question"),
    401: (Word.FORBIDDEN, "it does not know us; check the credentials in the configuration"),
    403: (Word.FORBIDDEN, "it does not allow us; docs/integrations names the least rights"),
    404: (Word.NOT_FOUND, "there is no such thing"),
    405: (Word.BAD_INPUT, "it does not take this request; check the address in the configuration"),
    409: (Word.CONFLICT, "it changed meanwhile"),
    413: (Word.TOO_LARGE, "the request is too large for it"),
    422: (Word.BAD_INPUT, "it refuses the values"),
    429: (Word.RATE_LIMITED, "it asks to wait"),
}
_REPEATED = frozenset({408, 425, 429, 500, 502, 503, 504})


class Question(Noun):
    """One request. Only a `repeatable` one is sent again after it may have arrived."""

    method: str = "GET"
    path: str
    params: tuple[tuple[str, str], ...] = ()
    headers: dict[str, str] = {}
    content: bytes | None = None
    repeatable: bool = True

    @classmethod
    def posting(cls, path: str, body: Any, *, repeatable: bool = False, method: str = "POST") -> "Question":
        """Return a request with a JSON body."""
        headers = {"Content-Type": "application/json"}
        return cls(method=method, path=path, content=json.dumps(body).encode(), headers=headers, repeatable=repeatable)


class Answer(Noun):
    """What came back: a success, its headers in lower case, and its whole body."""

    status: int
    headers: dict[str, str]
    body: bytes

    def parsed(self, who: str) -> Any:
        """Return the body as JSON.

        Raises:
            ToolError: `failed`, when it is none: a log-in page, or half an answer.
        """
        try:
            return json.loads(self.body)
        except ValueError as e:
            kind = self.headers.get("content-type", "no content type")
            raise no(Word.FAILED, f"{who}: answered no JSON but {kind}; check its address and any proxy") from e


# Tells how many seconds a vendor asks to wait when it says so otherwise than by 429; None when it does not.
Limited = Callable[[Answer], float | None]


class OutsideClient:
    """A connection pool to one system. `name` begins every error, such as `prometheus "main"`."""

    def __init__(self, name: str, endpoint: Endpoint, limited: Limited | None = None) -> None:
        self.name, self.endpoint, self._limited = name, endpoint, limited
        self._limit = RateLimit(name, endpoint.per_minute)
        self._client: httpx2.AsyncClient | None = None

    async def ask(self, question: Question) -> Answer:
        """Send a request and return its successful (2xx) answer.

        Raises:
            ToolError: of the closed list, naming this system and the remedy.
        """
        for attempt in range(self.endpoint.retries + 1):
            last = attempt == self.endpoint.retries
            await self._limit.enter()
            pause = await self._try(question, attempt, last=last)
            if isinstance(pause, Answer):
                return pause
            await asyncio.sleep(pause)
        raise AssertionError("the last try returns or raises")

    async def fetch(self, question: Question) -> Any:
        """Send a request and return its answer's JSON."""
        return (await self.ask(question)).parsed(self.name)

    async def close(self) -> None:
        """Close every connection."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    async def _try(self, question: Question, attempt: int, *, last: bool) -> Answer | float:
        """Return the answer, or how many seconds to wait before the next try."""
        try:
            async with asyncio.timeout(self.endpoint.timeout):
                answer = self._plain(await self._send(question))
        except (TimeoutError, httpx2.HTTPError, OSError) as e:
            if last or not _may_repeat(question, e):
                raise self._lost(e) from e
            return _backoff(attempt)
        if answer.status < 300:
            return answer
        pause = _pause(answer, attempt)
        if last or not question.repeatable or answer.status not in _REPEATED or pause > LONGEST_PAUSE:
            raise self._refused(answer)
        return pause

    async def _send(self, question: Question) -> Answer:
        client = self._opened()
        headers = {**question.headers, **self._credentials()}
        url = self.endpoint.url + question.path
        params = httpx2.QueryParams(question.params)
        async with client.stream(question.method, url, params=params, headers=headers, content=question.content) as got:
            body = bytearray()
            async for chunk in got.aiter_bytes():
                body += chunk
                if len(body) > self.endpoint.largest:
                    most = self.endpoint.largest
                    raise no(Word.TOO_LARGE, f"{self.name}: the answer is larger than {most} bytes; ask for less")
            return Answer(
                status=got.status_code, headers={k.lower(): v for k, v in got.headers.items()}, body=bytes(body)
            )

    def _plain(self, answer: Answer) -> Answer:
        """Return a vendor's own way to say "too much" as HTTP's own, 429 with Retry-After."""
        seconds = self._limited(answer) if self._limited and answer.status >= 400 else None
        if seconds is None:
            return answer
        return Answer(status=429, headers={**answer.headers, "retry-after": str(math.ceil(seconds))}, body=answer.body)

    def _opened(self) -> httpx2.AsyncClient:
        if self._client is None:
            self._client = httpx2.AsyncClient(
                verify=tls_context(self.endpoint.tls), timeout=self.endpoint.timeout, follow_redirects=False
            )
        return self._client

    def _credentials(self) -> dict[str, str]:
        """Read the secrets anew for every request, so that a renewed token is used at once."""
        try:
            return auth_headers(self.endpoint.auth)
        except MissingSecretError as e:
            raise no(Word.NOT_CONFIGURED, f"{self.name}: {e}") from e

    def _lost(self, error: Exception) -> Exception:
        if isinstance(error, TimeoutError | httpx2.TimeoutException):
            return no(Word.TIMEOUT, f"{self.name}: no whole answer within {self.endpoint.timeout:g} s")
        if "CERTIFICATE_VERIFY_FAILED" in str(error):
            return no(Word.FORBIDDEN, f"{self.name}: its certificate is not trusted; name its authority in tls.ca_file")
        return no(Word.UNAVAILABLE, f"{self.name}: cannot be reached ({type(error).__name__}); is {self._where} up?")

    @property
    def _where(self) -> str:
        return httpx2.URL(self.endpoint.url).host

    def _refused(self, answer: Answer) -> Exception:
        word, why = _WORDS.get(answer.status, (Word.UNAVAILABLE, "it fails"))
        if 300 <= answer.status < 400:
            word, why = Word.NOT_CONFIGURED, "it redirects; check the address and the log-in before it"
        after = f"; Retry-After {answer.headers['retry-after'][:40]}" if "retry-after" in answer.headers else ""
        return no(word, f"{self.name}: {answer.status}, {why}{after}{_said(answer)}")


def auth_headers(auth: Auth) -> dict[str, str]:
    """Return the headers that say who we are.

    Raises:
        MissingSecretError: when a secret is not where the configuration says.
    """
    if auth.kind == "bearer" and auth.token:
        return {"Authorization": f"{auth.scheme} {auth.token.read()}"}
    if auth.kind == "basic" and auth.password:
        pair = f"{auth.user}:{auth.password.read()}".encode()
        return {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}
    return {name: value.read() for name, value in auth.headers.items()}


def tls_context(tls: Tls) -> ssl.SSLContext:
    """Return a context that verifies, by the named authority or the system's own.

    Raises:
        ToolError: `not_configured`, when a named file cannot be used.
    """
    try:
        context = ssl.create_default_context(cafile=tls.ca_file)
        if tls.certificate_file:
            context.load_cert_chain(tls.certificate_file, tls.key_file)
    except (OSError, ssl.SSLError) as e:
        raise no(Word.NOT_CONFIGURED, f"tls: {tls.ca_file or tls.certificate_file}: {e}") from e
    return context


def _may_repeat(question: Question, error: Exception) -> bool:
    """What never arrived may be sent again, also when it changes something."""
    return question.repeatable or isinstance(error, httpx2.ConnectError | httpx2.ConnectTimeout)


def _backoff(attempt: int) -> float:
    return min(LONGEST_PAUSE, 0.25 * 2.0**attempt)


def _pause(answer: Answer, attempt: int) -> float:
    """Return the seconds the answer asks for (RFC 9110 §10.2.3: seconds or a date), or our own back-off."""
    asked = answer.headers.get("retry-after", "")
    if asked.isdigit():
        return float(asked)
    try:
        return max(0.0, (parsedate_to_datetime(asked) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return _backoff(attempt)


def _said(answer: Answer) -> str:
    """Return the beginning of what an error's body says, as data on one line."""
    text = " ".join(answer.body[:600].decode("utf-8", "replace").split())
    return f": {text[:300]}" if text else ""
