"""From findings to hypotheses: independent signs add up, consequences step back behind their causes, doubt remains."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

from holdfast.analysis.causes.finding import STRONGEST, Finding, either
from holdfast.domain.diagnosis import Cause, Hypothesis
from holdfast.domain.noun import short_digest

# Which causes are usual consequences of others: when both are seen, the consequence steps back.
CONSEQUENCES: dict[Cause, frozenset[Cause]] = {
    Cause.BAD_RELEASE: frozenset({Cause.CRASH_LOOP, Cause.IMAGE, Cause.CONFIGURATION, Cause.PERMISSIONS}),
    Cause.CONFIGURATION: frozenset({Cause.CRASH_LOOP, Cause.PERMISSIONS}),
    Cause.IMAGE: frozenset({Cause.CRASH_LOOP}),
    Cause.OUT_OF_MEMORY: frozenset({Cause.CRASH_LOOP, Cause.MEMORY_LEAK}),
    Cause.CPU_SATURATION: frozenset({Cause.TRAFFIC_SURGE}),
    Cause.DATABASE_DOWN: frozenset({Cause.CRASH_LOOP, Cause.NETWORK}),
    Cause.DEPENDENCY_FAILURE: frozenset({Cause.CRASH_LOOP, Cause.NETWORK}),
    Cause.NODE: frozenset({Cause.SCHEDULING, Cause.CRASH_LOOP}),
    Cause.STORAGE: frozenset({Cause.CRASH_LOOP}),
}
# A store that does not serve is what hurts, and what the alert says already: where something at the same service says
# why, that is the cause, however loud the symptom.
SYMPTOMS = frozenset({Cause.DATABASE_DOWN, Cause.DEPENDENCY_FAILURE})
REASONS = frozenset(
    {
        Cause.STORAGE,
        Cause.OUT_OF_MEMORY,
        Cause.NODE,
        Cause.CONFIGURATION,
        Cause.PERMISSIONS,
        Cause.SCHEDULING,
        Cause.IMAGE,
    }
)
PLAIN = 0.3  # how strong a reason must be to count as one
PASSED_ON = 0.5  # how much of a symptom's strength speaks for its reason: something is surely wrong there
STEP_BACK = 0.7  # how much of a consequence's strength its cause takes, at most
LEAST = 0.05  # a hypothesis less likely than this is not worth a person's time
MOST = 5


@dataclass(frozen=True)
class Curve:
    """From the odds of a strength to those that came true: ln odds, times `slope`, plus `shift` (Platt, 1999)."""

    shift: float = 0.0
    slope: float = 1.0

    def odds(self, strength: float) -> float:
        """Return the odds against "none of these" that a finding of this strength, 0 to STRONGEST, bears out."""
        bent = math.exp(self.shift) * (strength / (1 - strength)) ** self.slope if strength > 0 else 0.0
        return min(bent, STRONGEST / (1 - STRONGEST))


STRAIGHT = Curve()
CURVE = Curve(
    shift=0.85, slope=1.45
)  # fitted by `benchmarks/rca/incidents` to the half of its cases that is not scored


def fuse(findings: Iterable[Finding], curve: Curve = CURVE) -> tuple[Hypothesis, ...]:
    """Return the hypotheses, best first; their confidences and the chance that none of them is right sum to 1.

    Rivals share: each has the odds that the curve makes of its strength against "none of these", whose odds are 1.
    """
    merged = weighed(findings)
    odds = {f: curve.odds(f.strength) for f in merged}
    total = 1.0 + sum(odds.values())
    ranked = sorted(merged, key=lambda f: (-odds[f], f.cause, f.service))
    told = [_hypothesis(f, round(odds[f] / total, 3)) for f in ranked[:MOST]]
    return tuple(h for h in told if h.confidence >= LEAST)


def weighed(findings: Iterable[Finding]) -> list[Finding]:
    """Return one finding for each cause at each place, its strength weighed against what explains it."""
    return _step_back(_with_reasons(_merge(findings)))


def _merge(findings: Iterable[Finding]) -> list[Finding]:
    """Join findings of the same cause at the same service; the strongest one's words are kept."""
    groups: dict[tuple[Cause, str], list[Finding]] = {}
    for finding in findings:
        groups.setdefault((finding.cause, finding.service), []).append(finding)
    return [_joined(group) for group in groups.values()]


def _joined(group: list[Finding]) -> Finding:
    best = max(group, key=lambda f: f.strength)
    return Finding(
        cause=best.cause,
        service=best.service,
        strength=either(*(f.strength for f in group)),
        statement=best.statement,
        evidence=tuple(dict.fromkeys(ref for f in group for ref in f.evidence)),
        target=best.target,
    )


def _with_reasons(findings: list[Finding]) -> list[Finding]:
    """Let each symptom step back behind a reason at the same service, which it bears out."""
    symptoms = {f.service: f for f in findings if f.cause in SYMPTOMS}
    reasons = {f.service: f for f in findings if f.cause in REASONS and f.strength >= PLAIN and f.service in symptoms}
    told = []
    for found in findings:
        if found is symptoms.get(found.service) and found.service in reasons:
            told.append(found.scaled(1 - STEP_BACK))
        elif found.service in reasons and found.cause in REASONS and found.strength >= PLAIN:
            told.append(_borne_out(found, symptoms[found.service]))
        else:
            told.append(found)
    return told


def _borne_out(reason: Finding, symptom: Finding) -> Finding:
    return replace(
        reason,
        strength=either(reason.strength, PASSED_ON * symptom.strength),
        statement=f"{reason.statement}; {symptom.statement}",
        evidence=tuple(dict.fromkeys((*reason.evidence, *symptom.evidence))),
    )


def _step_back(findings: list[Finding]) -> list[Finding]:
    """Weaken each finding that a stronger one explains as its consequence."""
    return [
        f.scaled(1 - STEP_BACK * max((c.strength for c in findings if _explains(c, f)), default=0.0)) for f in findings
    ]


def _explains(cause: Finding, effect: Finding) -> bool:
    return effect.cause in CONSEQUENCES.get(cause.cause, frozenset()) and cause.strength >= effect.strength


def _hypothesis(finding: Finding, confidence: float) -> Hypothesis:
    return Hypothesis(
        hypothesis_id=f"hy-{short_digest([finding.cause, finding.service, finding.target])}",
        cause=finding.cause,
        service=finding.service,
        target=finding.target,
        statement=finding.statement,
        confidence=confidence,
        evidence=finding.evidence,
    )
