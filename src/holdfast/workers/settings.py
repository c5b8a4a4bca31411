"""What the cellar is told by its environment: every field HOLDFAST_*, checked before anything starts."""

from pathlib import Path
from typing import Self

from pydantic import Field, SecretStr, model_validator

from holdfast.tools.settings import ToolServerSettings, secret_of

QUEUES = ("incidents", "llm", "tools", "actions")


class WorkerSettings(ToolServerSettings):
    """Settings of a worker. Outside the embedded stack nothing unsafe has a default."""

    temporal_address: str = "127.0.0.1:7233"
    """`host:port` of Temporal's frontend."""

    temporal_namespace: str = "default"
    """Temporal namespace of all incidents."""

    data_dir: Path = Path(".holdfast")
    """Folder for evidence bodies and reports; every worker of one installation shares it."""

    tools_file: Path | None = None
    """YAML that names each tool server, its transport and what its tools may do; none: the shipped table."""

    policy_file: Path | None = None
    """YAML policy; none: the shipped one, which lets anyone approve and so is for the embedded stack alone."""

    grant_private_key_file: Path | None = None
    """PEM of the Ed25519 key that signs grants. Only workers of the `actions` queue need it."""

    queues: str = ",".join(QUEUES)
    """Comma-separated task queues this process serves."""

    model_base_url: str = ""
    """Any OpenAI-compatible endpoint; empty: no model, the causal ranker diagnoses."""

    model_name: str = ""
    """The model's name at that endpoint."""

    model_api_key: SecretStr = SecretStr("")
    """Its key; a file is named by HOLDFAST_MODEL_API_KEY_FILE instead."""

    model_api_key_file: Path | None = None
    """File that holds the model's key."""

    model_price_prompt: float = Field(default=0.0, ge=0)
    """Price of a million prompt tokens, in any currency; for the cost line."""

    model_price_completion: float = Field(default=0.0, ge=0)
    """Price of a million completion tokens."""

    build_id: str = ""
    """Set it to run versioned workers: incidents are then pinned to the build that opened them."""

    parent_pid: int = 0
    """Exit when the parent is no longer this process; set by the supervisor."""

    @property
    def served(self) -> tuple[str, ...]:
        """Return the task queues as a tuple."""
        return tuple(q.strip() for q in self.queues.split(",") if q.strip())

    @property
    def bodies_dir(self) -> Path:
        """Return where evidence bodies and reports lie."""
        return self.data_dir / "bodies"

    @property
    def api_key(self) -> str:
        """Return the model's key from its variable or its file."""
        return secret_of(self.model_api_key, self.model_api_key_file)

    @model_validator(mode="after")
    def _check(self) -> Self:
        unknown = sorted(set(self.served) - set(QUEUES))
        if unknown or not self.served:
            raise ValueError(f"HOLDFAST_QUEUES: {', '.join(unknown) or 'empty'}; choose from {', '.join(QUEUES)}")
        if self.model_base_url and not self.model_name:
            raise ValueError("HOLDFAST_MODEL_NAME: needed when HOLDFAST_MODEL_BASE_URL is set")
        if not self.embedded:
            self._refuse_unsafe()
        return self

    def _refuse_unsafe(self) -> None:
        wanted: dict[str, object] = {"HOLDFAST_DATABASE_URL": self.database_url, "HOLDFAST_TOOLS_FILE": self.tools_file}
        if "incidents" in self.served:
            wanted["HOLDFAST_POLICY_FILE"] = self.policy_file
        if "actions" in self.served:
            wanted["HOLDFAST_GRANT_PRIVATE_KEY_FILE"] = self.grant_private_key_file
        for name, value in wanted.items():
            if not value:
                raise ValueError(f"{name}: needed outside the embedded stack (HOLDFAST_EMBEDDED=true)")
