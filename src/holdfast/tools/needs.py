"""What building tool servers may need; only the executor ever uses the key that checks grants."""

from pathlib import Path
from typing import Any

from holdfast.domain.noun import Noun


class ServerNeeds(Noun):
    """Each builder takes only its own part: its section of the systems file, or the simulated estate."""

    estate: Path | None = None
    systems: dict[str, dict[str, Any]] = {}
    state: Path | None = None
    database_url: str = ""
    grant_public_key: str = ""
    slack_token: str = ""
    slack_base_url: str = "https://slack.com/api/"

    @property
    def checking_key(self) -> str:
        """Return the PEM of the key that checks grants.

        Raises:
            ValueError: when there is none.
        """
        if not self.grant_public_key:
            raise ValueError(
                "grant_public_key: a server that acts obeys only grants; it needs the key that checks them"
            )
        return self.grant_public_key

    def kept(self, name: str) -> Path:
        """Return the file where a server keeps what it must not forget, such as used grants.

        Raises:
            ValueError: when no folder was named for it.
        """
        if self.state is None:
            raise ValueError("HOLDFAST_TOOLS_STATE: the folder where this server remembers what it did")
        self.state.mkdir(parents=True, exist_ok=True)
        return self.state / name
