"""What the systems file says about Docker engines and Terraform workspaces, checked before either server stands."""

import re
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from holdfast.domain.noun import Noun
from holdfast.tools.outside.endpoint import Tls
from holdfast.tools.outside.secret import Secret

_LOOPBACK = ("127.0.0.1", "::1", "localhost")


class DockerHost(Noun):
    """One Docker engine: a socket of this machine, or TCP with certificates (docs.docker.com, "Protect the socket")."""

    url: str = Field(default="unix:///var/run/docker.sock", description="unix:///PATH or tcp://HOST:PORT.")
    tls: Tls | None = None
    timeout: float = Field(default=20.0, gt=0, le=120, description="Seconds for one request.")
    stop_seconds: int = Field(default=10, ge=0, le=300, description="How long a container may take to stop by itself.")
    observe_seconds: float = Field(default=30.0, ge=0, le=300, description="How long a restart is watched.")
    containers: tuple[str, ...] = Field(default=(), description="What may be restarted here: names, or `shop-*`.")

    @model_validator(mode="after")
    def _safe(self) -> Self:
        where = urlsplit(self.url)
        if where.scheme not in ("unix", "tcp"):
            raise ValueError("url: begins with unix:// or tcp://")
        if where.scheme == "tcp" and self.tls is None and where.hostname not in _LOOPBACK:
            raise ValueError(
                "tls: an engine beyond loopback is reached with certificates alone; plain TCP is root for all"
            )
        return self


class Workspace(Noun):
    """One Terraform working directory, already initialised; `environment` holds its provider's credentials."""

    folder: Path
    environment: dict[str, Secret] = Field(default_factory=dict, description="Variable name to where its value lies.")

    @field_validator("environment")
    @classmethod
    def _no_arguments(cls, environment: dict[str, Secret]) -> dict[str, Secret]:
        for name in environment:
            if name.startswith("TF_CLI_"):
                raise ValueError(f"{name}: would add arguments, -auto-approve among them, to every command")
        return environment


class Terraform(Noun):
    """The program, where its saved plans lie, and the workspaces it may work in."""

    program: Path = Path("/usr/bin/terraform")
    plans: Path | None = Field(default=None, description="Folder of saved plans, shared by both servers.")
    timeout: float = Field(default=300.0, gt=0, le=3600, description="Seconds for one command.")
    # What was planned an hour ago was planned for another world, unless somebody says that it is not.
    plan_minutes: float = Field(default=60.0, gt=0, le=43_200, description="How long a saved plan may be applied.")
    plans_bytes: int = Field(
        default=256 * 1024 * 1024, ge=1024, description="Bytes of saved plans a workspace; a full one plans no more."
    )
    workspaces: dict[str, Workspace] = {}


class Infrastructure(Noun):
    """The section of either server; each is given credentials of its own."""

    docker: dict[str, DockerHost] = Field(
        default_factory=dict, description="Engines by name; the first is the default."
    )
    terraform: Terraform | None = None

    @model_validator(mode="before")
    @classmethod
    def _never_approved(cls, section: object) -> object:
        if re.search(r"auto[-_]approve", str(section), re.IGNORECASE):
            raise ValueError("auto_approve: is refused; a plan is applied by its digest, on a grant")
        return section

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.docker and self.terraform is None:
            raise ValueError("docker or terraform: one of them is needed")
        return self
