"""What an alert is about: a service of the estate, and the runbook written for its known symptoms."""

from pydantic import Field

from holdfast.domain.noun import Noun


class Service(Noun):
    """One service as the catalogue knows it. `tier` 1 is the most critical, 3 the least."""

    name: str
    environment: str
    tier: int = Field(default=3, ge=1, le=3)
    kind: str = Field(default="deployment", description="deployment, database, queue, cache, external, …")
    namespace: str = "default"
    deployment: str = ""
    repository: str = ""
    owners: tuple[str, ...] = ()
    channel: str = Field(default="", description="Where its people talk, such as #payments-oncall.")
    dependencies: tuple[str, ...] = Field(default=(), description="Services this one calls.")
    known: bool = Field(default=True, description="False when the catalogue had no entry for it.")


class Runbook(Noun):
    """A written remedy for a known symptom."""

    runbook_id: str
    title: str
    service: str = ""
    alert: str = Field(default="", description="The alert name it is written for; empty for any.")
    body: str = Field(default="", description="Markdown.")
    evidence: tuple[str, ...] = Field(default=(), description="Metrics it says to look at.")
    actions: tuple[str, ...] = Field(default=(), description="Action kinds it recommends, best first.")
