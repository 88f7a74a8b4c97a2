"""Calibration and decisions, beside scikit-learn, closed forms and double loops."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, roc_curve

from qmann_health import calibration


@pytest.fixture(scope="module")
def drawn():
    rng = np.random.default_rng(0)
    eta = rng.normal(size=400)
    y = (rng.random(400) < 1 / (1 + np.exp(-0.5 * eta - 0.3))).astype(float)
    return y, np.round(1 / (1 + np.exp(-eta)), 2).clip(0.01, 0.99)  # with ties


def test_slope_and_intercept_are_those_of_logistic_regressions(drawn):
    y, p = drawn
    logit = np.log(p / (1 - p))
    slope, intercept = calibration.logistic_recalibration(y, p)
    model = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000).fit(logit[:, None], y)
    np.testing.assert_allclose(slope, model.coef_[0, 0], rtol=1e-5)
    expected = 1 / (1 + np.exp(-(logit + intercept)))
    np.testing.assert_allclose(expected.sum(), y.sum(), rtol=1e-9)  # the score equation


@pytest.mark.parametrize("factor", [0.3, 1.0, 4.0])
def test_slope_undoes_a_factor(drawn, factor):
    y, p = drawn
    logit = np.log(p / (1 - p))
    plain, _ = calibration.logistic_recalibration(y, p)
    wider, _ = calibration.logistic_recalibration(y, 1 / (1 + np.exp(-factor * logit)))
    np.testing.assert_allclose(wider, plain / factor, rtol=1e-6)


@pytest.mark.parametrize(
    ("y", "p"),
    [([0, 0, 1], [0.1, 0.2, 0.9]), ([0, 1, 1], [0.5, 0.5, 0.5]), ([1, 1, 1], [0.1, 0.2, 0.3])],
)
def test_what_parts_the_classes_has_no_slope(y, p):
    assert np.isnan(calibration.logistic_recalibration(np.array(y, float), np.array(p))).all()


def test_average_precision_is_that_of_scikit_learn(drawn):
    np.testing.assert_allclose(
        calibration.average_precision(*drawn), average_precision_score(*drawn), rtol=1e-12
    )


def test_sensitivity_is_reached_at_the_largest_threshold(drawn):
    y, p = drawn
    false, true, thresholds = roc_curve(y, p, drop_intermediate=False)
    for wanted in (0.2, 0.85, 1.0):
        first = np.flatnonzero(true >= wanted)[0]
        found = calibration.threshold_for(y, p, wanted)
        assert found == thresholds[first]
        np.testing.assert_allclose(
            calibration.decided(y, p, found), (true[first], 1 - false[first]), rtol=1e-12
        )


def test_net_benefit_is_its_definition(drawn):
    y, p = drawn
    thresholds = np.array([0.1, 0.5, 0.9])
    expected = [
        sum((yi - (1 - yi) * t / (1 - t)) * (pi >= t) for yi, pi in zip(y, p, strict=True)) / len(y)
        for t in thresholds
    ]
    np.testing.assert_allclose(calibration.net_benefit(y, p, thresholds), expected, rtol=1e-12)
    prevalence = y.mean()
    everyone = prevalence - (1 - prevalence) * thresholds / (1 - thresholds)
    found = calibration.net_benefit(y, np.ones_like(y), thresholds)
    np.testing.assert_allclose(found, everyone, rtol=1e-12)


def test_groups_hold_each_row_once(drawn):
    stated, observed = calibration.binned(*drawn)
    assert stated == sorted(stated)
    np.testing.assert_allclose(np.mean(observed), drawn[0].mean(), rtol=1e-12)  # 40 in each
    assert len(calibration.binned(drawn[0][:4], drawn[1][:4])[0]) == 4
