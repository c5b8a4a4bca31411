"""One cluster's API server, asked by the Kubernetes client's raw HTTP layer: its typed classes would cost 160 MB."""

import json
from typing import Any, NamedTuple

import aiohttp
from kubernetes.aio.client.api_client import ApiClient

from holdfast.domain.noun import Noun
from holdfast.tools.errors import Word, no
from holdfast.tools.kubernetes.configuration import configuration
from holdfast.tools.kubernetes.section import PER_MINUTE, ClusterAccess
from holdfast.tools.outside.answers import Answer, Refused
from holdfast.tools.outside.attempts import Attempts
from holdfast.tools.outside.endpoint import Endpoint

Object = dict[str, Any]
PAGE = 250  # objects a request
LARGEST = 16 * 1024 * 1024  # bytes of one answer that are read
_REMEDY = "our account may not; docs/integrations/kubernetes.md has the least rights"
_MERGE = "application/strategic-merge-patch+json"
_JSON_PATCH = "application/json-patch+json"
# Errors of the transport from before there was a connection.
_NEVER_ARRIVED: tuple[type[Exception], ...] = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)


class Request(Noun):
    """One request. A look may be repeated; a change is sent once, unless it cannot have arrived."""

    method: str = "GET"
    path: str
    params: dict[str, str] = {}
    body: Any = None

    @property
    def content_type(self) -> str:
        """Return the media type: a list is a JSON patch (RFC 6902), an object a strategic merge."""
        if self.method != "PATCH":
            return "application/json"
        return _JSON_PATCH if isinstance(self.body, list) else _MERGE


class Rows(NamedTuple):
    """Objects of a list, and in `cut` what is missing from it."""

    items: list[Object]
    cut: str = ""


class Connection:
    """A part of a server. `name` begins every error, such as `kubernetes "main"`."""

    def __init__(self, name: str, access: ClusterAccess, per_minute: int = PER_MINUTE) -> None:
        self.name, self._access, self._per_minute = name, access, per_minute
        self._client: ApiClient | None = None
        self._attempts: Attempts | None = None

    async def start(self) -> None:
        """Read the configuration; the cluster itself may be away for now.

        Raises:
            ValueError: naming the kubeconfig and what is wrong with it.
        """
        await self._connect()

    async def close(self) -> None:
        """Close every connection."""
        if self._client is not None:
            await self._client.close()  # type: ignore[no-untyped-call] # the client has few types
            self._client = None

    async def get(self, path: str, **params: str) -> Object:
        """Return the object at a path.

        Raises:
            ToolError: of the closed list, naming the cluster and the remedy.
        """
        return await self.send(Request(path=path, params=params))

    async def send(self, request: Request) -> Object:
        """Send a request and return the object it answers."""
        parsed = (await self._ask(request)).parsed(self.name)
        if not isinstance(parsed, dict):
            raise no(Word.FAILED, f"{self.name}: answered no object; check its address and any proxy")
        return parsed

    async def text(self, path: str, **params: str) -> str:
        """Return the text at a path, such as a log; what is no UTF-8 in it is replaced."""
        return (await self.body(path, **params)).decode("utf-8", "replace")

    async def body(self, path: str, **params: str) -> bytes:
        """Return what lies at a path as it is."""
        return (await self._ask(Request(path=path, params=params))).body

    async def items(self, path: str, most: int, page_of: int = PAGE, **params: str) -> Rows:
        """Return the objects of a list in the order of their names, `page_of` a request, at most `most` of them."""
        found: list[Object] = []
        page: dict[str, str] = {}
        while True:
            got = await self.get(path, limit=str(min(page_of, most)), **page, **params)
            found += got.get("items") or []
            following = (got.get("metadata") or {}).get("continue")
            if not following:
                return Rows(found[:most], "" if len(found) <= most else f"the first {most} of {len(found)}")
            if len(found) >= most:
                return Rows(found[:most], f"the first {most}; there are more")
            page = {"continue": following}

    async def _ask(self, request: Request) -> Answer:
        _, attempts = await self._opened()
        return await attempts.run(lambda: self._renewed(request), repeatable=request.method == "GET")

    async def _renewed(self, request: Request) -> Answer:
        """Send; when it does not know us, once more with the token as it lies there now, if that is another."""
        try:
            return await self._sent(request)
        except Refused as e:
            client, _ = await self._opened()
            if e.answer.status != 401 or not await self._token_changed(client):
                raise
            return await self._sent(request)

    async def _token_changed(self, client: ApiClient) -> bool:
        now = (await configuration(self.name, self._access)).api_key
        changed = bool(now != client.configuration.api_key)
        client.configuration.api_key = now
        return changed

    async def _sent(self, request: Request) -> Answer:
        client, _ = await self._opened()
        method, url, headers, body, _ = await client.param_serialize(
            request.method,
            request.path,
            query_params=list(request.params.items()),
            header_params={"Content-Type": request.content_type, "Accept": "application/json, */*"},
            body=request.body,
            auth_settings=["BearerToken"],
        )
        try:
            got = await client.call_api(method, url, headers, body, _request_timeout=self._access.timeout)
            answer = Answer(status=got.status, headers=_lower(got.headers), body=await _read(got))
        except aiohttp.ClientConnectorCertificateError as e:
            raise no(Word.NOT_CONFIGURED, f"{self.name}: its certificate is not trusted; check the authority") from e
        except _NEVER_ARRIVED:
            raise
        except aiohttp.ClientError as e:
            raise ConnectionResetError(str(e)) from e
        if answer.status >= 300:
            raise Refused(answer.model_copy(update={"body": _message(answer.body)}))
        return answer

    async def _opened(self) -> tuple[ApiClient, Attempts]:
        if self._client is None or self._attempts is None:
            await self._connect()
        if self._client is None or self._attempts is None:
            raise no(Word.UNAVAILABLE, f"{self.name}: is not connected")
        return self._client, self._attempts

    async def _connect(self) -> None:
        made = await configuration(self.name, self._access)
        limits = {"timeout": self._access.timeout, "retries": self._access.retries, "per_minute": self._per_minute}
        self._attempts = Attempts(self.name, Endpoint(url=made.host, **limits), _reading, _NEVER_ARRIVED)
        self._client = ApiClient(made)


async def _read(got: Any) -> bytes:
    """Return a whole body, or stop where it grows too large."""
    body = bytearray()
    async for chunk in got.response.content.iter_chunked(65536):
        body += chunk
        if len(body) > LARGEST:
            got.response.close()
            raise no(Word.TOO_LARGE, f"the answer is larger than {LARGEST} bytes; ask for less")
    return bytes(body)


def _reading(answer: Answer) -> tuple[Word, str] | None:
    said = answer.said.lower()
    if answer.status == 403:
        return Word.FORBIDDEN, _REMEDY
    if answer.status == 400 and "previous terminated container" in said:
        return Word.NOT_FOUND, "no container of the pod has ended"
    if answer.status == 410:
        return Word.FAILED, "the list grew old while it was read; ask again"
    return None


def _lower(headers: Any) -> dict[str, str]:
    return {str(k).lower(): str(v) for k, v in headers.items()}


def _message(body: bytes) -> bytes:
    """Return what a Status object says (Kubernetes API conventions, "Response status kind"), else the body."""
    try:
        said = json.loads(body)["message"]
    except (ValueError, KeyError, TypeError):
        return body
    return str(said).encode()
