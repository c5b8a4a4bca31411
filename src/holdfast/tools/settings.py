"""What a tool server is told by its environment: every field HOLDFAST_*, checked before anything is reached."""

from pathlib import Path
from typing import Self

from pydantic import SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from holdfast.tools.needs import ServerNeeds
from holdfast.tools.systems import read_systems


class ToolServerSettings(BaseSettings):
    """Settings of a tool server that stands alone; a worker that holds tool servers has them too."""

    model_config = SettingsConfigDict(env_prefix="HOLDFAST_", extra="ignore")

    embedded: bool = False
    """The embedded stack: simulated estate, keys made at first start, anyone may approve."""

    estate: Path | None = None
    """The simulated estate's file; only the embedded stack may set it."""

    systems_file: Path | None = None
    """YAML with a section for each tool server that stands on real systems (docs/integrations)."""

    tools_state: Path | None = None
    """Folder where tool servers keep what they must not forget: used grants, messages sent."""

    database_url: str = ""
    """SQLAlchemy URL of the records, such as `sqlite+aiosqlite:////var/lib/holdfast/records.db`."""

    grant_public_key_file: Path | None = None
    """PEM of the Ed25519 key that checks grants; only servers that act need it."""

    slack_token: SecretStr = SecretStr("")
    """Slack bot token of the simulated outbox; empty: its messages are kept, not sent."""

    slack_token_file: Path | None = None
    """File that holds the Slack bot token."""

    slack_base_url: str = "https://slack.com/api/"
    """Slack's API."""

    @property
    def slack(self) -> str:
        """Return Slack's token from its variable or its file."""
        return secret_of(self.slack_token, self.slack_token_file)

    @model_validator(mode="after")
    def _only_embedded_simulates(self) -> Self:
        if self.estate is not None and not self.embedded:
            raise ValueError("HOLDFAST_ESTATE: a simulated estate is for the embedded stack alone")
        return self

    def needs(self) -> ServerNeeds:
        """Return what these settings offer to tool servers that run here.

        Raises:
            ValueError: naming the file that is wrong.
        """
        public = self.grant_public_key_file
        return ServerNeeds(
            estate=self.estate,
            systems=read_systems(self.systems_file) if self.systems_file else {},
            state=self.tools_state,
            database_url=self.database_url,
            grant_public_key=public.read_text() if public else "",
            slack_token=self.slack,
            slack_base_url=self.slack_base_url,
        )


def secret_of(value: SecretStr, file: Path | None) -> str:
    """Return a secret from its file when one is named, else from its variable."""
    return file.read_text().strip() if file is not None else value.get_secret_value()
