"""What the systems file says about where people are told: Slack, Jira, PagerDuty, e-mail, Teams, ServiceNow."""

from typing import Literal, Self

from pydantic import ConfigDict, Field, model_validator

from holdfast.domain.noun import Noun
from holdfast.tools.outside.endpoint import Endpoint, Tls
from holdfast.tools.outside.secret import Secret

# A misspelt `projects` or `domains` must not open the door to all.
_STRICT = ConfigDict(frozen=True, extra="forbid")
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


class SlackSystem(Noun):
    """One workspace."""

    model_config = _STRICT
    token: Secret = Field(description="The bot token, xoxb-….")
    base_url: str = Field(default="https://slack.com/api/", description="For proxies and tests.")
    channels: dict[str, str] = Field(default_factory=dict, description="Channel name to id, such as C0123456789.")
    timeout: float = Field(default=10.0, ge=1, le=60, description="Seconds for one request.")
    per_minute: int = Field(default=50, ge=1, description="Requests a minute that we allow ourselves.")


class JiraSystem(Endpoint):
    """One Jira site; `auth` is basic, with the account's e-mail and an API token."""

    model_config = _STRICT
    projects: tuple[str, ...] = Field(default=(), description="Projects that may get tickets; empty: all it may see.")
    issue_type: str = "Task"
    labels: tuple[str, ...] = ("holdfast",)
    search_lag: float = Field(default=60.0, ge=0, le=600, description="Seconds in which a new ticket becomes findable.")


class PagerDutySystem(Endpoint):
    """Events API v2: one integration key."""

    model_config = _STRICT
    url: str = "https://events.pagerduty.com"
    routing_key: Secret


class EmailSystem(Noun):
    """One SMTP server, and whom it may write to."""

    model_config = _STRICT
    host: str
    port: int = Field(default=587, ge=1, le=65535)
    security: Literal["starttls", "tls", "none"] = "starttls"
    tls: Tls = Tls()
    user: str = ""
    password: Secret | None = None
    sender: str = Field(description="The address it writes from.", pattern=r"^[^\s@<>,]+@[^\s@<>,]+$")
    domains: tuple[str, ...] = Field(min_length=1, description="Recipients' domains that are allowed.")
    timeout: float = Field(default=10.0, gt=0, le=60, description="Seconds for one message.")
    per_minute: int = Field(default=30, ge=1, description="Messages a minute that we allow ourselves.")

    @model_validator(mode="after")
    def _safe(self) -> Self:
        if self.security == "none" and self.host not in _LOOPBACK:
            raise ValueError("security: none is for loopback alone; beyond it starttls or tls")
        if bool(self.user) != (self.password is not None):
            raise ValueError("user and password: both or neither")
        return self


class TeamsSystem(Noun):
    """Channels by name, each with its workflow's address, which is itself a secret."""

    model_config = _STRICT
    channels: dict[str, Secret] = Field(min_length=1)
    tls: Tls = Tls()
    timeout: float = Field(default=10.0, gt=0, le=60, description="Seconds for one request.")
    per_minute: int = Field(default=60, ge=1, description="Requests a minute a channel that we allow ourselves.")


class ServiceNowSystem(Endpoint):
    """One instance's Table API."""

    model_config = _STRICT
    table: str = Field(default="incident", pattern=r"^[a-z0-9_]+$")
    fields: dict[str, str] = Field(default_factory=dict, description="Set on every record: assignment_group and such.")


class Communication(Noun):
    """The section. A tool whose system is not there answers `not_configured`."""

    model_config = _STRICT
    slack: SlackSystem | None = None
    jira: JiraSystem | None = None
    pagerduty: PagerDutySystem | None = None
    email: EmailSystem | None = None
    teams: TeamsSystem | None = None
    servicenow: ServiceNowSystem | None = None

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not any(getattr(self, name) for name in type(self).model_fields):
            raise ValueError(f"one of them is needed: {', '.join(type(self).model_fields)}")
        return self
