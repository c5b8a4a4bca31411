"""Confidence is a promise about frequency: what is said to be right in seven of ten cases is right in seven of ten."""

import numpy as np
import pytest

from holdfast.analysis.numbers.confidence import LEAST_SURE, SUREST, Calibration, calibration_error, fit


def test_a_fitted_curve_says_how_often_answers_with_that_margin_were_right() -> None:
    """Nine of ten clear answers were right, and three of ten of the unclear ones."""
    margins = np.array([0.0] * 100 + [4.0] * 100)
    right = np.array([1.0] * 30 + [0.0] * 70 + [1.0] * 90 + [0.0] * 10)
    curve = fit(margins, right)
    assert curve.of(0.0) == pytest.approx(0.3, abs=0.03)
    assert curve.of(4.0) == pytest.approx(0.9, abs=0.03)


def test_a_perfectly_separated_set_gives_a_finite_curve_that_is_never_certain() -> None:
    """A few cases that all came true do not make the next one sure."""
    curve = fit(np.array([0.0, 1.0, 2.0, 3.0]), np.array([0.0, 0.0, 1.0, 1.0]))
    assert abs(curve.slope) < 10
    assert Calibration(0.0, 100.0).of(10.0) == SUREST
    assert Calibration(0.0, 100.0).of(-10.0) == LEAST_SURE


def test_the_calibration_error_is_the_mean_distance_of_what_was_said_from_what_came_true() -> None:
    """Ten answers at 0.9 of which five were right miss by 0.4; ten at 0.5 of which five were right miss by nothing."""
    sure = np.array([0.9] * 10 + [0.5] * 10)
    right = np.array(([1.0] * 5 + [0.0] * 5) * 2)
    assert calibration_error(sure, right) == pytest.approx(0.2)


@pytest.mark.parametrize("lengths", [(0, 0), (2, 3)])
def test_what_cannot_be_scored_is_refused(lengths: tuple[int, int]) -> None:
    """No answers, or answers without their truth."""
    for measure in (fit, calibration_error):
        with pytest.raises(ValueError, match="values"):
            measure(np.zeros(lengths[0]), np.zeros(lengths[1]))
