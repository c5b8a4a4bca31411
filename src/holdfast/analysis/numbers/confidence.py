"""From how clearly a ranker's first answer stands out to how often such an answer is right: calibrated confidence."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

SUREST = 0.97  # no answer is surer than this: evidence can mislead
LEAST_SURE = 0.02
RIDGE = 0.5  # pulls the slope of a fit on few cases towards zero; keeps a perfectly separated set finite
ROUNDS = 50


@dataclass(frozen=True)
class Calibration:
    """A logistic curve from a margin (any finite scale, larger is clearer) to the chance of being right.

    Platt, "Probabilistic outputs for support vector machines", 1999.
    """

    intercept: float
    slope: float

    def of(self, margin: float) -> float:
        """Return the confidence of an answer with this margin, within LEAST_SURE and SUREST."""
        exponent = float(np.clip(self.intercept + self.slope * margin, -30.0, 30.0))
        return float(np.clip(1.0 / (1.0 + np.exp(-exponent)), LEAST_SURE, SUREST))


def fit(margins: Floats, right: Floats) -> Calibration:
    """Return the curve that explains n answers best: `margins` (n,) and `right` (n,) of 0 or 1.

    Newton's method on the ridge-penalised log-likelihood. Raises ValueError when the shapes differ or n is 0.
    """
    if len(margins) != len(right) or not len(margins):
        raise ValueError(f"margins and right: {len(margins)} and {len(right)} values, expected as many and at least 1")
    design = np.column_stack((np.ones_like(margins), margins))
    penalty = np.diag((1e-6, RIDGE))
    weights = np.zeros(2)
    for _ in range(ROUNDS):
        chance = 1.0 / (1.0 + np.exp(-np.clip(design @ weights, -30.0, 30.0)))
        slope = design.T @ (chance - right) + penalty @ weights
        curve = (design * (chance * (1 - chance))[:, None]).T @ design + penalty + 1e-9 * np.eye(2)
        weights = weights - np.linalg.solve(curve, slope)
    return Calibration(float(weights[0]), float(weights[1]))


def calibration_error(confidences: Floats, right: Floats, bins: int = 10) -> float:
    """Return the expected calibration error, 0 to 1: how far stated confidence lies from what came true.

    `bins` equal-width bins over 0 to 1, weighted by how many answers each holds (Naeini et al., AAAI 2015).
    Raises ValueError when the shapes differ or there is no answer.
    """
    if len(confidences) != len(right) or not len(right):
        raise ValueError(f"confidences and right: {len(confidences)} and {len(right)} values")
    place = np.minimum((confidences * bins).astype(int), bins - 1)
    gaps = [
        abs(float(confidences[place == b].mean() - right[place == b].mean())) * float((place == b).mean())
        for b in range(bins)
        if (place == b).any()
    ]
    return float(sum(gaps))
