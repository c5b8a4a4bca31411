"""One Docker engine through its own SDK: what a container does, and its restart; the only place that knows docker."""

import asyncio
from collections.abc import Callable
from contextlib import closing
from typing import Any, TypeVar

import docker
import requests
from docker.errors import APIError, DockerException, NotFound, TLSParameterError
from docker.models.containers import Container
from docker.tls import TLSConfig
from mcp.server.mcpserver.exceptions import ToolError
from pydantic import JsonValue

from holdfast.tools.errors import Word, no
from holdfast.tools.infrastructure.section import DockerHost

State = dict[str, JsonValue]
T = TypeVar("T")

# https://docs.docker.com/reference/api/engine/#section/Errors; 5xx is the engine's own trouble.
_WORDS = {400: Word.BAD_INPUT, 401: Word.FORBIDDEN, 403: Word.FORBIDDEN, 404: Word.NOT_FOUND, 409: Word.CONFLICT}


class Engine:
    """A connection a call: certificates that were renewed are read again, and an engine that restarted is found."""

    def __init__(self, name: str, host: DockerHost) -> None:
        self.name = name
        self.host = host

    async def status(self, container: str) -> State:
        """Return what the container does: `GET /containers/{id}/json` in the contract's words.

        Raises:
            ToolError: of the closed list, naming this host and the remedy.
        """
        return await self._ask(container, _state)

    async def restart(self, container: str) -> State:
        """Stop and start the container, and return what it does then: `POST /containers/{id}/restart`.

        Raises:
            ToolError: of the closed list, naming this host and the remedy.
        """
        return await self._ask(container, self._restarted)

    def _restarted(self, container: Container) -> State:
        container.restart(timeout=self.host.stop_seconds)
        container.reload()
        return _state(container)

    async def _ask(self, container: str, work: Callable[[Container], T]) -> T:
        return await asyncio.to_thread(self._asked, container, work)

    def _asked(self, container: str, work: Callable[[Container], T]) -> T:
        try:
            with closing(self._client()) as client:
                return work(client.containers.get(container))
        except (DockerException, requests.RequestException, ValueError, KeyError, OSError) as e:
            raise self._refusal(container, e) from e

    def _client(self) -> docker.DockerClient:
        timeout: Any = self.host.timeout  # seconds; the SDK hands a float on to requests unchanged
        return docker.DockerClient(base_url=self.host.url, timeout=timeout, tls=self._tls() or False)

    def _tls(self) -> TLSConfig | None:
        tls = self.host.tls
        if tls is None:
            return None
        pair = (tls.certificate_file, tls.key_file)
        own = (str(pair[0]), str(pair[1])) if pair[0] and pair[1] else None
        return TLSConfig(client_cert=own, ca_cert=str(tls.ca_file) if tls.ca_file else None, verify=True)

    def _refusal(self, container: str, error: Exception) -> ToolError:
        where = f"docker host {self.name!r}"
        if isinstance(error, NotFound):
            return no(Word.NOT_FOUND, f"no container {container!r} on {where}")
        if isinstance(error, APIError):
            return _answered(where, error)
        if isinstance(error, TLSParameterError):
            return no(Word.NOT_CONFIGURED, f"{where}: tls: its certificate files cannot be read")
        if isinstance(error, requests.Timeout) or "timed out" in str(error):
            return no(Word.TIMEOUT, f"{where} did not answer within {self.host.timeout:g} s")
        if isinstance(error, requests.exceptions.JSONDecodeError | ValueError | KeyError):
            return no(Word.FAILED, f"{where} answered what no Docker engine answers; does its url name one?")
        return no(Word.UNAVAILABLE, f"{where} cannot be reached at {self.host.url}; is it up, may we open its socket?")


def _answered(where: str, error: APIError) -> ToolError:
    status = error.response.status_code if error.response is not None else 0
    word = Word.RATE_LIMITED if status == requests.codes.too_many else _WORDS.get(status, Word.FAILED)
    hint = "; the socket or its proxy does not let us" if word is Word.FORBIDDEN else ""
    return no(word, f"{where} answered {status}: {str(error.explanation or '')[:200]}{hint}")


def _state(container: Container) -> State:
    """Return the contract's fields out of the engine's (API reference, ContainerInspect)."""
    attributes: dict[str, Any] = container.attrs
    state: dict[str, Any] = attributes["State"]
    return {
        "container": str(attributes["Name"]).removeprefix("/"),
        "id": str(attributes["Id"])[:12],
        "image": str(attributes["Config"]["Image"]),
        "status": str(state["Status"]),
        "running": bool(state["Running"]),
        "health": str((state.get("Health") or {}).get("Status", "")),
        "exit_code": int(state["ExitCode"]),
        "oom_killed": bool(state["OOMKilled"]),
        "error": str(state.get("Error", ""))[:300],
        "restarts": int(attributes.get("RestartCount", 0)),
        "started_at": str(state["StartedAt"]),
        "finished_at": str(state["FinishedAt"]),
    }
