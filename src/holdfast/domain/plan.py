"""What is proposed: typed actions in order, each with its blast radius, its dry run and its way back."""

from pydantic import Field, JsonValue

from holdfast.domain.action import Action
from holdfast.domain.noun import Noun, digest


class BlastRadius(Noun):
    """What could be hurt if the action is wrong."""

    services: tuple[str, ...] = ()
    pods: int = 0
    summary: str = ""


class DryRun(Noun):
    """What the executor says an action would do. `refused` says why it would not."""

    before: dict[str, JsonValue] = Field(default_factory=dict, description="The state to come back to.")
    diff: str = ""
    refused: str = ""


class PlannedAction(Noun):
    """One action of a plan. `way_back` is None where there is nothing to undo; `no_way_back` says why."""

    action: Action
    reason: str = ""
    expected: str = Field(default="", description="What should be seen if it helps.")
    blast_radius: BlastRadius = BlastRadius()
    dry_run: DryRun = DryRun()
    way_back: Action | None = None
    no_way_back: str = ""


class Plan(Noun):
    """A proposal for one hypothesis; never a command. An empty plan tells people and changes nothing."""

    occasion: str = Field(
        default="", description="Which incident this is for: the id of its first run, kept by a reset."
    )
    round: int = Field(default=1, ge=1, description="Which try of the incident this is.")
    proposer: str = Field(default="holdfast", description="Who proposed it; that voice does not count in a quorum.")
    hypothesis_id: str = ""
    cause: str = "unknown"
    confidence: float = Field(default=0.0, ge=0, le=1)
    actions: tuple[PlannedAction, ...] = ()
    evidence: tuple[str, ...] = ()
    summary: str = ""

    @property
    def plan_hash(self) -> str:
        """Return the 16 hexadecimal digits that votes, grants and idempotency keys are bound to.

        They cover the occasion, the round, the actions, their ways back and the cited evidence: what a person was
        shown, and when. Without the occasion, the same trouble a month later would be the same plan: an old leave would
        count, and the executor would answer with what it did then.
        """
        bound = {
            "round": self.round,
            "proposer": self.proposer,
            "actions": [p.action.model_dump(mode="json") for p in self.actions],
            "ways_back": [p.way_back.model_dump(mode="json") if p.way_back else None for p in self.actions],
            "evidence": list(self.evidence),
        }
        if self.occasion:  # plans of older histories have none, and keep their hash
            bound["occasion"] = self.occasion
        return digest(bound)[:16]
