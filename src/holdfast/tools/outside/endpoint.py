"""What the configuration says about one outside system: where it is, who we are there, and how hard we may ask."""

from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from holdfast.domain.noun import Noun
from holdfast.tools.outside.secret import Secret


class Auth(Noun):
    """Who we are there: nobody, a bearer token, a user with a password, or headers of the vendor's own."""

    kind: Literal["none", "bearer", "basic", "headers"] = "none"
    token: Secret | None = None
    scheme: str = Field(default="Bearer", description="Word before the token: `Bearer`, or a vendor's own.")
    user: str = ""
    password: Secret | None = None
    headers: dict[str, Secret] = Field(default_factory=dict, description="Header name to where its value lies.")

    @model_validator(mode="after")
    def _complete(self) -> Self:
        needed = {"bearer": ("token", self.token), "basic": ("password", self.password)}.get(self.kind)
        if needed and needed[1] is None:
            raise ValueError(f"{needed[0]}: needed for auth kind {self.kind}")
        return self


class Tls(Noun):
    """Which certificates count. Verification cannot be turned off; name the authority instead."""

    ca_file: Path | None = None
    certificate_file: Path | None = None
    key_file: Path | None = None


class Endpoint(Noun):
    """One outside system over HTTP."""

    url: str = Field(description="Base address, such as https://prometheus.internal:9090.")
    auth: Auth = Auth()
    tls: Tls = Tls()
    timeout: float = Field(default=20.0, gt=0, le=120, description="Seconds for one request, all of it.")
    per_minute: int = Field(default=100, ge=1, description="Requests a minute that we allow ourselves.")
    retries: int = Field(default=2, ge=0, le=5, description="Further tries of a request that may be repeated.")
    largest: int = Field(default=8 * 1024 * 1024, ge=1024, description="Largest answer read, in bytes.")

    @field_validator("url")
    @classmethod
    def _web(cls, url: str) -> str:
        if not url.startswith(("http://", "https://")):
            raise ValueError("begins with http:// or https://")
        if "@" in urlsplit(url).netloc:
            raise ValueError("holds no user or password; say them in auth")
        return url.rstrip("/")
