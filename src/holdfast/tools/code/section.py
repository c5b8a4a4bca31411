"""What the systems file says about the place where code lies, checked before either code server stands."""

from pydantic import ConfigDict, Field

from holdfast.domain.noun import Noun
from holdfast.tools.outside.endpoint import Endpoint


class GitHub(Endpoint):
    """GitHub, or a GitHub Enterprise Server (`https://HOST/api/v3`)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str = "https://api.github.com"
    repositories: tuple[str, ...] = Field(
        default=(), description="Where a commit may be reverted: `owner/name` or `owner/*`. Looking is the token's."
    )


class Code(Noun):
    """The section of either server; each is given credentials of its own."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    github: GitHub
