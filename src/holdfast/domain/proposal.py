"""What was proposed before: a plan that another one replaced, and what policy said to it."""

from holdfast.domain.decision import Decision
from holdfast.domain.noun import Noun
from holdfast.domain.plan import Plan


class Proposal(Noun):
    """A plan and the decision about exactly it; None when it was replaced before it was judged."""

    plan: Plan
    decision: Decision | None = None
