"""The session under prometheus-api-client: whole answers within a time and a size, no redirects, fresh credentials."""

import ssl
import time
from typing import Any

import requests
from requests.auth import AuthBase

from holdfast.tools.outside.answers import Answer
from holdfast.tools.outside.client import credentials, too_large, without_secrets
from holdfast.tools.outside.endpoint import Endpoint, Tls

_PIECE = 64 * 1024


class FreshCredentials(AuthBase):
    """Puts our credentials on each request as they are then; its presence keeps ~/.netrc out, too."""

    def __init__(self, name: str, endpoint: Endpoint) -> None:
        self._name, self._endpoint = name, endpoint

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Add the headers to a request that is about to be sent."""
        request.headers.update(credentials(self._name, self._endpoint))
        return request


class BoundedSession(requests.Session):
    """The library reads whatever comes, follows where it is sent, and shows an error as text; this does not."""

    def __init__(self, name: str, endpoint: Endpoint) -> None:
        super().__init__()
        self._name, self._endpoint = name, endpoint
        self.verify = authority(endpoint.tls)
        if endpoint.tls.certificate_file:
            self.cert = tuple(map(str, filter(None, (endpoint.tls.certificate_file, endpoint.tls.key_file))))  # type: ignore[assignment] # one file or a pair
        self.last = Answer(status=0, headers={}, body=b"")

    def request(self, method: str | bytes, url: str | bytes, *args: Any, **options: Any) -> requests.Response:
        """Send one request, keep its answer in `last`, and return it read."""
        options |= {"allow_redirects": False, "stream": True}
        if method == "POST":
            options["data"] = options.pop("params", None)  # the library leaves a long query in the address
        until = time.monotonic() + self._endpoint.timeout
        with super().request(method, url, *args, **options) as response:
            response._content = self._read(response, until)  # where requests keeps what was read
        headers = {name.lower(): value for name, value in response.headers.items()}
        answer = Answer(status=response.status_code, headers=headers, body=response.content)
        self.last = without_secrets(answer, credentials(self._name, self._endpoint))
        return response

    def _read(self, response: requests.Response, until: float) -> bytes:
        """Return the body; a time-out of requests counts each read, so that a slow trickle would never end."""
        body = bytearray()
        for piece in response.iter_content(_PIECE):
            body += piece
            if len(body) > self._endpoint.largest:
                raise too_large(self._name, self._endpoint)
            if time.monotonic() > until:
                raise TimeoutError
        return bytes(body)


def authority(tls: Tls) -> str | bool:
    """Return the file of trusted authorities: the named one, the system's, or the one that requests brings."""
    return str(tls.ca_file or ssl.get_default_verify_paths().cafile or "") or True
