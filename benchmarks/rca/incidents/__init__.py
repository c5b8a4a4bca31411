"""Whole incidents through `analysis.ranking.rank`: made by a seed in the simulated shop, so that nothing is unpacked.

The sets of others measure one detector each; this one measures what people see: the causes after fusion, and whether
their confidence comes true. Truth is cause and place together; of a fault that no rule knows, only silence is right.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import numpy as np

from benchmarks.rca.incidents.fitting import fit
from benchmarks.rca.incidents.looking import Looker
from benchmarks.rca.incidents.troubles import KINDS, coincidences
from benchmarks.rca.outcome import Answer, Outcome, Row
from holdfast.analysis.causes.finding import Finding
from holdfast.analysis.causes.fusion import CURVE, Curve, fuse
from holdfast.analysis.numbers.confidence import calibration_error
from holdfast.analysis.ranking import findings_of
from holdfast.domain.diagnosis import Cause, Hypothesis

EACH = 24  # incidents of a kind
MIDNIGHT = datetime(2026, 3, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Played:
    """One incident: what the rules found, and the truth; a truth without a place is one that no rule knows."""

    case: str
    seed: int
    kind: str
    findings: tuple[Finding, ...]
    truth: tuple[Cause, str]

    def answers(self, curve: Curve = CURVE) -> tuple[Hypothesis, ...]:
        """Return the hypotheses with confidences by a curve."""
        return fuse(self.findings, curve)

    def rank(self) -> int:
        """Return at which place the truth stands, from 1; 0 when it does not. Of the unknown, silence is first."""
        told = [(h.cause, h.service) for h in self.answers()]
        if self.truth[0] is Cause.UNKNOWN:
            return 0 if told else 1
        return told.index(self.truth) + 1 if self.truth in told else 0


def play(_: Path) -> Outcome:
    """Play all; half of the seeds fitted the curve, the other half is scored."""
    played = list(_played())
    fitted, scored = [p for p in played if p.seed % 2], [p for p in played if not p.seed % 2]
    answers = tuple(_answers(scored, CURVE))
    return Outcome(
        rows=(*_rows(scored), _calibrated(answers, CURVE)), answers=answers, gap=(_refitted(fitted, scored),)
    )


def _played() -> Iterator[Played]:
    for number, kind in enumerate(KINDS):
        for seed in range(EACH):
            rng = Random(f"{kind.__name__}/{seed}")  # noqa: S311 # a bench is no secret
            trouble = kind(rng)
            coincidences(trouble, rng)
            at = MIDNIGHT + timedelta(hours=9 * number + 7 * seed, seconds=rng.randrange(3600))
            case = Looker(trouble, rng, at).case()
            truth = (trouble.cause, trouble.place or trouble.service)
            name = f"{kind.__name__}/{seed}"
            yield Played(name, seed, kind.__name__, tuple(findings_of(case)), truth)


def _rows(scored: list[Played]) -> Iterator[Row]:
    known = [p for p in scored if p.truth[0] is not Cause.UNKNOWN]
    for k in (1, 3):
        hit = float(np.mean([0 < p.rank() <= k for p in known]))
        yield Row(dataset="incidents", measure=f"top-{k}", ours=hit, cases=len(known), note="cause and place")
    for kind in dict.fromkeys(p.kind for p in scored):
        these = [p for p in scored if p.kind == kind]
        first = float(np.mean([p.rank() == 1 for p in these]))
        yield Row(dataset="incidents", measure=f"top-1, {kind.replace('_', ' ')}", ours=first, cases=len(these))


def _answers(played: list[Played], curve: Curve) -> Iterator[Answer]:
    """Yield what was claimed; of an incident left unresolved nothing was."""
    for p in played:
        for best in p.answers(curve)[:1]:
            right = (best.cause, best.service) == p.truth
            yield Answer(case=f"incidents/{p.case}", confidence=best.confidence, right=right)


def _calibrated(answers: tuple[Answer, ...], curve: Curve, note: str = "fitted on the other half") -> Row:
    error = calibration_error(np.array([a.confidence for a in answers]), np.array([float(a.right) for a in answers]))
    note = f"expected calibration error {error:.3f} (at most .10, aim .05); {note}: {curve}"
    return Row(
        dataset="incidents",
        measure="calibration",
        ours=1 - error,
        at_least=0.9,
        aim=0.95,
        cases=len(answers),
        note=note,
    )


def _refitted(fitted: list[Played], scored: list[Played]) -> Row:
    """Return how well a curve holds that is fitted anew, on the half that is not scored."""
    curve = fit([(p.findings, p.truth) for p in fitted])
    found = _calibrated(tuple(_answers(scored, curve)), curve, "fitted anew on the other half")
    return found.model_copy(update={"at_least": None, "aim": None})
