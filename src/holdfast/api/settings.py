"""What the doors are told by their environment: every field HOLDFAST_*, checked before anything listens."""

import ipaddress
import re
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from holdfast.api.senders import TENANT, PolledAlertmanager, Source, secret_of
from holdfast.domain.incident import IncidentSettings

_NAME = r"[A-Za-z0-9][A-Za-z0-9._@-]{0,99}"


class Person(BaseModel):
    """One person's way in: the SHA-256 of their token, and whose incidents they see (`*`: every tenant's)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    token_sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    tenant: str = "*"


class ApiSettings(BaseSettings):
    """Settings of the API. Outside the embedded stack nothing unsafe has a default."""

    model_config = SettingsConfigDict(
        env_prefix="HOLDFAST_", extra="ignore", env_ignore_empty=True, use_attribute_docstrings=True
    )

    embedded: bool = False
    """The embedded stack: with no sources configured anyone may send, with no people configured the header
    `Holdfast-Identity` is believed. Both only on loopback."""

    host: str = "127.0.0.1"
    """Address to listen on."""

    port: int = Field(default=8080, ge=0, le=65535)
    """Port to listen on."""

    temporal_address: str = "127.0.0.1:7233"
    """`host:port` of Temporal's frontend; it may be away when the API starts."""

    temporal_namespace: str = "default"
    """Temporal namespace of all incidents."""

    database_url: str = ""
    """SQLAlchemy URL of the records, such as `sqlite+aiosqlite:////var/lib/holdfast/records.db`."""

    data_dir: Path = Path(".holdfast")
    """Folder that holds reports, as the workers' HOLDFAST_DATA_DIR does, and what was heard of polled Alertmanagers."""

    tenant: str = Field(default="default", pattern=TENANT)
    """Tenant of incidents that a person opens by hand, and of an embedded stack without sources."""

    sources: dict[str, Source] = Field(default_factory=dict)
    """JSON object, name to `{"tenant", "kind": "bearer|basic|hmac|grafana|pagerduty|sns", "secret" or "secret_file",
    "topics" (sns), "labels"}`."""

    alertmanagers: dict[str, PolledAlertmanager] = Field(default_factory=dict)
    """JSON object, name to `{"url", "source", "receiver", "secret" or "secret_file"}`: Alertmanagers that are asked for
    alerts whose webhook was lost; none: nobody is asked."""

    alertmanager_poll_seconds: float = Field(default=60.0, gt=0, le=3600)
    """Seconds between two questions to one Alertmanager."""

    people: dict[str, Person] = Field(default_factory=dict)
    """JSON object, identity to the SHA-256 of that person's token, or to `{"token_sha256", "tenant"}`."""

    service_labels: str = "service,app,app_kubernetes_io_name,deployment,statefulset,daemonset,job"
    """Comma-separated labels that may name the service, best first; with none of them the alert's name does."""

    environment_labels: str = "environment,env,stage"
    """Comma-separated labels that may name the environment, best first."""

    default_environment: str = Field(default="production", min_length=1, max_length=100)
    """Environment of an alert that names none."""

    body_limit: int = Field(default=1_048_576, ge=1024, le=16_777_216)
    """Largest request body, in bytes."""

    nesting_limit: int = Field(default=32, ge=4, le=128)
    """Deepest nesting of a JSON body."""

    rate_per_second: float = Field(default=1000.0, gt=0)
    """Requests a second that one source or person may send over time."""

    rate_burst: int = Field(default=2000, ge=1)
    """Requests that one source or person may send at once."""

    answer_seconds: float = Field(default=10.0, gt=0, le=60)
    """Seconds a vote or an order may wait for a worker's answer before it is told to come again."""

    slack_signing_secret: SecretStr = SecretStr("")
    """Signing secret of the Slack app; empty: `POST /slack/interactions` answers 404."""

    slack_signing_secret_file: Path | None = None
    """File that holds the signing secret."""

    slack_users: dict[str, str] = Field(default_factory=dict)
    """JSON object, Slack user id (`U…`) to identity; nobody else's click counts."""

    slack_hooks_url: str = "https://hooks.slack.com/"
    """Only addresses below this one are answered when Slack names a `response_url`."""

    incident_settings: IncidentSettings = IncidentSettings()
    """JSON object: how long incidents wait and how often they try; durations in seconds or ISO 8601."""

    parent_pid: int = 0
    """Exit when the parent is no longer this process; set by the supervisor."""

    @property
    def service_order(self) -> tuple[str, ...]:
        """Return the service labels as a tuple."""
        return _split(self.service_labels)

    @property
    def environment_order(self) -> tuple[str, ...]:
        """Return the environment labels as a tuple."""
        return _split(self.environment_labels)

    @property
    def bodies_dir(self) -> Path:
        """Return where evidence bodies and reports lie."""
        return self.data_dir / "bodies"

    @property
    def slack_secret(self) -> str:
        """Return the signing secret from its variable or its file."""
        return secret_of(self.slack_signing_secret, self.slack_signing_secret_file)

    @property
    def open_source(self) -> Source | None:
        """Return the source that anyone is, or None where senders need a secret."""
        if not self.embedded or self.sources:
            return None
        return Source.model_construct(tenant=self.tenant, kind="bearer", secret=SecretStr(""), secret_file=None)

    @property
    def believes_header(self) -> bool:
        """Return whether the header `Holdfast-Identity` is enough to be somebody."""
        return self.embedded and not self.people

    @field_validator("people", mode="before")
    @classmethod
    def _hashes_are_people(cls, people: object) -> object:
        if not isinstance(people, dict):
            return people
        return {k: {"token_sha256": v} if isinstance(v, str) else v for k, v in people.items()}

    @model_validator(mode="after")
    def _check(self) -> Self:
        for variable, names in (("HOLDFAST_SOURCES", self.sources), ("HOLDFAST_PEOPLE", self.people)):
            _check_names(variable, tuple(names))
        self._check_alertmanagers()
        if (self.open_source or self.believes_header) and not _is_loopback(self.host):
            raise ValueError(
                f"HOLDFAST_HOST: {self.host} is reachable from outside, and an embedded stack without "
                "HOLDFAST_SOURCES and HOLDFAST_PEOPLE believes everyone; bind it to 127.0.0.1"
            )
        if self.database_url:
            _check_database(self.database_url)
        if self.slack_signing_secret_file is not None and not self.slack_secret:
            raise ValueError("HOLDFAST_SLACK_SIGNING_SECRET_FILE: it is empty")
        if not self.embedded:
            self._refuse_unsafe()
        return self

    def _check_alertmanagers(self) -> None:
        _check_names("HOLDFAST_ALERTMANAGERS", tuple(self.alertmanagers))
        for name, polled in self.alertmanagers.items():
            if self.open_source is None and polled.source not in self.sources:
                raise ValueError(f"HOLDFAST_ALERTMANAGERS: {name}: source {polled.source!r} is not in HOLDFAST_SOURCES")

    def _refuse_unsafe(self) -> None:
        wanted = {
            "HOLDFAST_SOURCES": self.sources,
            "HOLDFAST_PEOPLE": self.people,
            "HOLDFAST_DATABASE_URL": self.database_url,
        }
        for name, value in wanted.items():
            if not value:
                raise ValueError(f"{name}: needed outside the embedded stack (HOLDFAST_EMBEDDED=true)")


def _check_names(variable: str, names: tuple[str, ...]) -> None:
    for name in names:
        if not re.fullmatch(_NAME, name):
            raise ValueError(f"{variable}: {name!r} is no name; use letters, digits and . _ @ -")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _split(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _check_database(url: str) -> None:
    try:
        asynchronous = make_url(url).get_dialect().is_async
    except ArgumentError as e:
        raise ValueError("HOLDFAST_DATABASE_URL: no SQLAlchemy URL; write sqlite+aiosqlite:////path/records.db") from e
    if not asynchronous:
        raise ValueError("HOLDFAST_DATABASE_URL: name an asynchronous driver, such as sqlite+aiosqlite")
