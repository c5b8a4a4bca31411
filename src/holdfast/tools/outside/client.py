"""One outside system over HTTP: asked within its limits, again where that is safe, every failure given its word."""

import base64
import json
import ssl
from typing import Any

import httpx2

from holdfast.domain.noun import Noun
from holdfast.tools.errors import Word, no
from holdfast.tools.outside.answers import LONGEST_PAUSE, Answer, Reading, Refused, by_status
from holdfast.tools.outside.attempts import Attempts
from holdfast.tools.outside.endpoint import Auth, Endpoint, Tls
from holdfast.tools.outside.secret import MissingSecretError

__all__ = ["LONGEST_PAUSE", "Answer", "OutsideClient", "Question", "auth_headers", "tls_context"]

_SHORTEST_SECRET = 8  # shorter words, such as Bearer or a user's id, are no secret and may be part of any text


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


class OutsideClient:
    """A connection pool to one system. `name` begins every error, such as `prometheus "main"`."""

    def __init__(self, name: str, endpoint: Endpoint, reading: Reading = by_status) -> None:
        self.name, self.endpoint = name, endpoint
        self._attempts = Attempts(name, endpoint, reading)
        self._client: httpx2.AsyncClient | None = None

    async def ask(self, question: Question) -> Answer:
        """Send a request and return its successful (2xx) answer.

        Raises:
            ToolError: of the closed list, naming this system and the remedy.
        """
        return await self._attempts.run(lambda: self._send(question), repeatable=question.repeatable)

    async def fetch(self, question: Question) -> Any:
        """Send a request and return its answer's JSON."""
        return (await self.ask(question)).parsed(self.name)

    async def close(self) -> None:
        """Close every connection."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    async def _send(self, question: Question) -> Answer:
        client = self._opened()
        own = credentials(self.name, self.endpoint)
        headers = {**question.headers, **own}
        url = self.endpoint.url + question.path
        params = httpx2.QueryParams(question.params) if question.params else None
        async with client.stream(question.method, url, params=params, headers=headers, content=question.content) as got:
            body = bytearray()
            async for chunk in got.aiter_bytes():
                body += chunk
                if len(body) > self.endpoint.largest:
                    raise too_large(self.name, self.endpoint)
            answer = Answer(
                status=got.status_code, headers={k.lower(): v for k, v in got.headers.items()}, body=bytes(body)
            )
        if answer.status >= 300:
            raise Refused(without_secrets(answer, own))
        return answer

    def _opened(self) -> httpx2.AsyncClient:
        if self._client is None:
            self._client = httpx2.AsyncClient(
                verify=tls_context(self.endpoint.tls), timeout=self.endpoint.timeout, follow_redirects=False
            )
        return self._client


def without_secrets(answer: Answer, credentials: dict[str, str]) -> Answer:
    """Return a refusal without what we sent to say who we are: a careless system repeats it in its error."""
    body = answer.body
    for value in credentials.values():
        for word in value.split():
            body = body.replace(word.encode(), b"***") if len(word) >= _SHORTEST_SECRET else body
    return answer.model_copy(update={"body": body})


def too_large(name: str, endpoint: Endpoint) -> Exception:
    """Return the error for an answer larger than we read."""
    return no(Word.TOO_LARGE, f"{name}: the answer is larger than {endpoint.largest} bytes; ask for less")


def credentials(name: str, endpoint: Endpoint) -> dict[str, str]:
    """Return the headers that say who we are, read anew, so that a renewed token is used at once.

    Raises:
        ToolError: `not_configured`, naming the variable or file that holds no secret.
    """
    try:
        return auth_headers(endpoint.auth)
    except MissingSecretError as e:
        raise no(Word.NOT_CONFIGURED, f"{name}: {e}") from e


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
