"""What remains: the post-incident report, each claim with the evidence it stands on."""

from pydantic import AwareDatetime, Field

from holdfast.domain.noun import Noun


class Report(Noun):
    """The written account. `ref` finds the whole Markdown; `digest` shows whether it was changed."""

    title: str
    summary: str
    markdown: str = ""
    ref: str = ""
    digest: str = ""
    made_at: AwareDatetime
    cited: tuple[str, ...] = Field(default=(), description="Evidence ids the report cites.")
