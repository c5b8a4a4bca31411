"""How far a model is believed: after it has spoken, before a plan is made, its confidences are bounded from above."""

from collections.abc import Container, Iterable
from itertools import accumulate

from pydantic import Field

from holdfast.domain.diagnosis import Cause, Diagnosis, Hypothesis
from holdfast.domain.noun import Noun

# Just under the 0.3 below which the shipped policy asks people, whatever the action.
UNCORROBORATED = 0.29


class Doubt(Noun):
    """What a sceptic thinks of one hypothesis: how likely it is after all, and why not more."""

    hypothesis_id: str
    confidence: float = Field(ge=0, le=1)
    why: str = ""


def bounded(said: Diagnosis, ranked: Diagnosis) -> Diagnosis:
    """Return what a model said, nowhere more confident than the ranker is of the same cause at the same service.

    A cause that the ranker does not name may be right, and people may act on it: it stays, at `UNCORROBORATED`.
    Only `healthy` does not: a model alone cannot end an incident. What moved together is the ranker's to say.
    """
    known = {(h.cause, h.service): h.confidence for h in ranked.hypotheses}
    kept = [h for h in said.hypotheses if h.cause is not Cause.HEALTHY or (h.cause, h.service) in known]
    lowered = [_at_most(h, known.get((h.cause, h.service), UNCORROBORATED)) for h in kept]
    notes = [_alone(h) for h in said.hypotheses if (h.cause, h.service) not in known]
    return _with(said, lowered, notes).model_copy(update={"together": ranked.together})


def doubted(said: Diagnosis, doubts: Iterable[Doubt], *, reordering: bool = False) -> Diagnosis:
    """Return what was said after a sceptic's pass, which may lower a confidence and nothing else.

    A doubt about a hypothesis that was not said is passed over. The order stays: whoever talks a sceptic out of the
    first cause would else choose which action comes next. What stands behind is believed no more than what stands
    before it. A `healthy` that does not outlast the doubts is left out, and what else there is, is for people.
    `reordering` is as it was before: incidents begun then go on so.
    """
    by_id = {d.hypothesis_id: d for d in doubts}
    lower = {h.hypothesis_id for h in said.hypotheses if _lowers(h, by_id)}
    lowered = [
        _at_most(h, by_id[h.hypothesis_id].confidence) if h.hypothesis_id in lower else h for h in said.hypotheses
    ]
    notes = [
        f"doubted: {h.cause} of {h.service}: {by_id[h.hypothesis_id].why}"
        for h in said.hypotheses
        if h.hypothesis_id in lower
    ]
    return _with(said, lowered if reordering else _in_order(_outlasting(lowered, lower)), notes)


def _outlasting(hypotheses: list[Hypothesis], doubtful: Container[str]) -> list[Hypothesis]:
    """Leave out a first `healthy`, which ends an incident, that was doubted and is not likely or the likeliest."""
    if not hypotheses or hypotheses[0].cause is not Cause.HEALTHY or hypotheses[0].hypothesis_id not in doubtful:
        return hypotheses
    first, *others = hypotheses
    if first.confidence > max([UNCORROBORATED, *(h.confidence for h in others)]):
        return hypotheses
    return [_at_most(h, UNCORROBORATED) for h in others]


def _in_order(hypotheses: list[Hypothesis]) -> list[Hypothesis]:
    ceilings = accumulate((h.confidence for h in hypotheses), min)
    return [_at_most(h, ceiling) for h, ceiling in zip(hypotheses, ceilings, strict=True)]


def _lowers(hypothesis: Hypothesis, doubts: dict[str, Doubt]) -> bool:
    doubt = doubts.get(hypothesis.hypothesis_id)
    return doubt is not None and doubt.confidence < hypothesis.confidence


def _at_most(hypothesis: Hypothesis, ceiling: float) -> Hypothesis:
    return hypothesis.model_copy(update={"confidence": min(hypothesis.confidence, ceiling)})


def _alone(hypothesis: Hypothesis) -> str:
    if hypothesis.cause is Cause.HEALTHY:
        return "the model alone calls it healthy; that is not believed without the ranker"
    return f"the ranker does not name {hypothesis.cause} of {hypothesis.service}: the model alone does"


def _with(said: Diagnosis, hypotheses: list[Hypothesis], notes: list[str]) -> Diagnosis:
    best_first = tuple(sorted(hypotheses, key=lambda h: -h.confidence))
    return said.model_copy(update={"hypotheses": best_first, "notes": (*said.notes, *notes)})
