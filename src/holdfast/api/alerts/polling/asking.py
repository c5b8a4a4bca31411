"""First the question: one Alertmanager's alerts, and since when it has been running."""

from typing import Literal

import httpx2
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from holdfast.api.alerts.moments import Moment
from holdfast.api.senders import PolledAlertmanager

SECONDS = 10.0
LARGEST = 32 * 1024 * 1024
"""Bytes of one answer: some twenty thousand alerts."""


class NotAnswered(Exception):  # noqa: N818 # it is no fault of ours, and says so
    """The Alertmanager was away, refused, or answered something else; the text names it and never the token."""


class State(BaseModel):
    """Whether a silence or another alert keeps it quiet."""

    state: Literal["active", "suppressed", "unprocessed"]


class Listed(BaseModel):
    """One alert of the list; its `endsAt` is only when it expires unless it is sent again.

    Source: Alertmanager's `api/v2/openapi.yaml`, definition "gettableAlert".
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    labels: dict[str, str]
    annotations: dict[str, str] = Field(default_factory=dict)
    startsAt: Moment  # noqa: N815 # Alertmanager's own word
    fingerprint: str = Field(min_length=1, max_length=128)
    generatorURL: str = ""  # noqa: N815 # Alertmanager's own word
    status: State

    @property
    def key(self) -> str:
        """Return what tells one firing from the next."""
        return f"{self.fingerprint}/{self.startsAt.isoformat()}"

    @property
    def active(self) -> bool:
        """Return whether Alertmanager would tell its receivers."""
        return self.status.state == "active"


class Status(BaseModel):
    """When this Alertmanager started, which it calls its uptime."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    uptime: str = Field(max_length=60)


class Answer(BaseModel):
    """What one Alertmanager said; silenced and inhibited alerts are in it."""

    model_config = ConfigDict(frozen=True)

    started: str
    alerts: tuple[Listed, ...]


_ALERTS = TypeAdapter(tuple[Listed, ...])


class AlertmanagerApi:
    """One Alertmanager's API, version 2."""

    def __init__(self, name: str, polled: PolledAlertmanager) -> None:
        self.name = name
        self._url = f"{polled.url.rstrip('/')}/api/v2"
        self._headers = {"Authorization": f"Bearer {polled.key}"} if polled.key else {}
        self._which = {"active": "true", "silenced": "true", "inhibited": "true", "unprocessed": "false"}
        if polled.receiver:
            self._which["receiver"] = polled.receiver

    async def ask(self) -> Answer:
        """Return its alerts.

        Raises:
            NotAnswered: in any case but a good answer.
        """
        try:
            async with httpx2.AsyncClient(timeout=SECONDS, headers=self._headers) as http:
                status = Status.model_validate_json(await self._get(http, "status", {}))
                alerts = _ALERTS.validate_json(await self._get(http, "alerts", self._which))
        except httpx2.HTTPError as e:
            raise NotAnswered(f"Alertmanager {self.name}: {type(e).__name__}; is its url right?") from e
        except ValidationError as e:
            first = e.errors()[0]
            where = ".".join(map(str, first["loc"]))
            raise NotAnswered(f"Alertmanager {self.name}: unexpected answer: {where} {first['msg']}") from e
        return Answer(started=status.uptime, alerts=alerts)

    async def _get(self, http: httpx2.AsyncClient, what: str, query: dict[str, str]) -> bytes:
        async with http.stream("GET", f"{self._url}/{what}", params=query) as answer:
            if answer.status_code != 200:
                raise NotAnswered(f"Alertmanager {self.name}: {what}: {answer.status_code}; are url and secret right?")
            parts: list[bytes] = []
            size = 0
            async for part in answer.aiter_bytes():
                size += len(part)
                if size > LARGEST:
                    raise NotAnswered(f"Alertmanager {self.name}: more than {LARGEST} bytes; name a receiver")
                parts.append(part)
        return b"".join(parts)
