"""Who may send, as the environment tells it: sources with their secrets, and the Alertmanagers that are asked."""

import re
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

# 64 bytes is what Temporal takes as a fairness key; the rest keeps a tenant readable in ids and URLs.
TENANT = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$"

_TOPIC = re.compile(r"arn:aws(-cn|-us-gov)?:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,256}(\.fifo)?")

Kind = Literal["bearer", "basic", "hmac", "grafana", "pagerduty", "sns"]


class Source(BaseModel):
    """One sender of alerts. What it sends belongs to its tenant, whatever its labels say.

    `labels` stand in for labels that its payloads cannot bear, such as an environment.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    tenant: str = Field(default="default", pattern=TENANT)
    kind: Kind = "bearer"
    secret: SecretStr = SecretStr("")
    secret_file: Path | None = None
    topics: tuple[str, ...] = ()
    labels: dict[str, str] = Field(default_factory=dict, max_length=16)

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.kind == "sns":
            wrong = [t for t in self.topics if not _TOPIC.fullmatch(t)]
            if wrong or not self.topics:
                raise ValueError(f"topics: list the ARN of each SNS topic that may send, not {wrong}")
        elif len(self.key) < 16:
            raise ValueError("secret: give at least 16 characters, here or in secret_file")
        return self

    @property
    def key(self) -> str:
        """Return the secret from its field or its file."""
        return secret_of(self.secret, self.secret_file)


class PolledAlertmanager(BaseModel):
    """One Alertmanager that is asked for its alerts; they count as sent by `source`.

    `receiver` is a regular expression: only alerts routed to such a receiver are taken.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str = Field(pattern=r"^https?://[^\s?#@]+$", max_length=500)
    source: str = ""
    receiver: str = ""
    secret: SecretStr = SecretStr("")
    secret_file: Path | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.secret_file is not None and not self.key:
            raise ValueError(f"secret_file: {self.secret_file} is empty")
        return self

    @property
    def key(self) -> str:
        """Return the bearer token it asks for, from its field or its file."""
        return secret_of(self.secret, self.secret_file)


def secret_of(value: SecretStr, file: Path | None) -> str:
    """Return a secret from its field, or from its file where one is named.

    Raises:
        ValueError: the file cannot be read; its name is told, never its content.
    """
    if file is None:
        return value.get_secret_value()
    try:
        return file.read_text().strip()
    except OSError as e:
        raise ValueError(f"{file}: {e.strerror}") from e
