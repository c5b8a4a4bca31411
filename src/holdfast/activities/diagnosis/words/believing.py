"""What is made of a model's checked words: hypotheses, findings, doubts; shown cleaned and redacted."""

from collections.abc import Iterable

from holdfast.activities.contracts import Finding
from holdfast.activities.diagnosis.words.proposal import Bounds, Findings, Proposal, Proposed, Suspicions
from holdfast.analysis.cleaning import one_line
from holdfast.analysis.redaction import redact
from holdfast.analysis.remedy import refuted
from holdfast.domain.credence import Doubt
from holdfast.domain.diagnosis import Diagnosis, Hypothesis, Usage
from holdfast.domain.noun import short_digest

MOST_HYPOTHESES = 5
MOST_FINDINGS = 4  # a specialist that finds more has not chosen
SUREST = 0.95  # a model that claims more is not believed more


def diagnosis_of(proposal: Proposal, bounds: Bounds, model: str, usage: Usage) -> Diagnosis:
    """Return a checked proposal as a diagnosis: confidences sum to at most 1, disproved hypotheses are left out."""
    attempts = bounds.case.attempts
    named = [p.model_copy(update={"service": bounds.told[p.service]}) for p in proposal.hypotheses]
    standing = [p for p in named if not refuted(p.cause, p.service, attempts)]
    gone = [f"{p.cause} of {p.service} is disproved: its remedy did not help" for p in named if p not in standing]
    believed = [min(SUREST, p.confidence) for p in standing]
    scale = max(1.0, sum(believed))
    hypotheses = [_hypothesis(p, c / scale) for p, c in zip(standing, believed, strict=True)]
    return Diagnosis(
        method=f"model:{model}",
        hypotheses=tuple(sorted(_each_once(hypotheses), key=lambda h: -h.confidence)[:MOST_HYPOTHESES]),
        missing=tuple(_shown(text, 200) for text in proposal.missing[:5]),
        notes=tuple(dict.fromkeys(gone)),
        usage=usage,
    )


def findings_of(said: Findings, bounds: Bounds, specialist: str) -> tuple[Finding, ...]:
    """Return what a specialist found, at most a few."""
    return tuple(
        Finding(
            specialist=specialist,
            statement=_shown(f.statement, 300),
            cause=f.cause,
            service=bounds.told[f.service],
            evidence=tuple(dict.fromkeys(f.evidence)),
        )
        for f in said.findings[:MOST_FINDINGS]
    )


def doubts_of(said: Suspicions) -> tuple[Doubt, ...]:
    """Return a sceptic's doubts; what is no probability is passed over."""
    return tuple(
        Doubt(hypothesis_id=d.hypothesis, confidence=d.confidence, why=_shown(d.why, 200))
        for d in said.doubts
        if 0 <= d.confidence <= 1
    )


def _each_once(hypotheses: Iterable[Hypothesis]) -> list[Hypothesis]:
    """Return each hypothesis once, as it was claimed first."""
    by_id: dict[str, Hypothesis] = {}
    for h in hypotheses:
        by_id.setdefault(h.hypothesis_id, h)
    return list(by_id.values())


def _hypothesis(said: Proposed, confidence: float) -> Hypothesis:
    return Hypothesis(
        hypothesis_id=f"hy-{short_digest([said.cause, said.service, said.target])}",
        cause=said.cause,
        service=said.service,
        target=_shown(said.target, 120),
        statement=_shown(said.statement, 300),
        confidence=round(confidence, 3),
        evidence=tuple(dict.fromkeys(said.evidence)),
        suggested=tuple(dict.fromkeys(kind.value for kind in said.suggested)),
    )


def _shown(text: str, limit: int) -> str:
    """Return a model's words as people may see them."""
    return redact(one_line(text, limit))
