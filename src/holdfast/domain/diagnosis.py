"""What may have happened: ranked hypotheses, each citing the evidence it stands on."""

from enum import StrEnum

from pydantic import Field

from holdfast.domain.noun import Noun


class Cause(StrEnum):
    """The closed vocabulary of causes, so that policy and remedies can speak of them."""

    OUT_OF_MEMORY = "out_of_memory"
    MEMORY_LEAK = "memory_leak"
    BAD_RELEASE = "bad_release"
    CONFIGURATION = "configuration"
    CPU_SATURATION = "cpu_saturation"
    TRAFFIC_SURGE = "traffic_surge"
    DATABASE_DOWN = "database_down"
    DEPENDENCY_FAILURE = "dependency_failure"
    CRASH_LOOP = "crash_loop"
    SCHEDULING = "scheduling"
    IMAGE = "image"
    STORAGE = "storage"
    NETWORK = "network"
    NODE = "node"
    PERMISSIONS = "permissions"
    HEALTHY = "healthy"
    UNKNOWN = "unknown"


class Hypothesis(Noun):
    """A cause that would explain the evidence. `confidence` is a probability, 0 to 1."""

    hypothesis_id: str = ""
    cause: Cause
    service: str = Field(description="Where the cause lies, which need not be where it hurts.")
    target: str = Field(default="", description="The object: a deployment, pod, revision, node…")
    statement: str = Field(description="One sentence a person can check.")
    confidence: float = Field(ge=0, le=1)
    evidence: tuple[str, ...] = Field(description="Evidence ids; a citation that does not exist is rejected.")
    suggested: tuple[str, ...] = Field(default=(), description="Action kinds that would remedy it.")


class Usage(Noun):
    """What thinking cost."""

    model: str = ""
    calls: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    money: float = Field(default=0.0, description="In the currency of the configured prices.")
    seconds: float = 0.0
    lost_calls: int = Field(default=0, description="Calls whose answer never came: what they cost nobody can say.")
    lost_tokens: int = Field(default=0, description="About how many tokens those calls sent; not in the sums.")
    lost_money: float = Field(default=0.0, description="The most those calls can have cost, where money has a budget.")

    @property
    def tokens(self) -> int:
        """Return what counts against a budget of tokens, lost ones included: they were sent."""
        return self.prompt_tokens + self.completion_tokens + self.lost_tokens

    def plus(self, other: "Usage") -> "Usage":
        """Return the sum of both."""
        return Usage(
            model=other.model or self.model,
            calls=self.calls + other.calls,
            prompt_tokens=self.prompt_tokens + other.prompt_tokens,
            completion_tokens=self.completion_tokens + other.completion_tokens,
            money=self.money + other.money,
            seconds=self.seconds + other.seconds,
            lost_calls=self.lost_calls + other.lost_calls,
            lost_tokens=self.lost_tokens + other.lost_tokens,
            lost_money=self.lost_money + other.lost_money,
        )


class Diagnosis(Noun):
    """The ranked set of hypotheses, best first, and who ranked them."""

    method: str = Field(description="`ranker` or `model:<name>`.")
    hypotheses: tuple[Hypothesis, ...] = ()
    missing: tuple[str, ...] = Field(default=(), description="What would have been needed to know more.")
    notes: tuple[str, ...] = Field(default=(), description="Such as: the model was down, the ranker answered.")
    together: tuple[str, ...] = Field(
        default=(), description="Which signals led, followed or went with the one that users feel, and how surely."
    )
    usage: Usage = Usage()
    too_early: bool = Field(default=False, description="The sources do not reach past the alert yet: look again.")

    @property
    def best(self) -> Hypothesis | None:
        """Return the most likely hypothesis, or None when unresolved."""
        return self.hypotheses[0] if self.hypotheses else None
