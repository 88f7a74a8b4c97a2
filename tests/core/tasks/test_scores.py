"""Scores of tables against scikit-learn and counting."""

import numpy as np
import pytest
import torch
from sklearn import metrics as sklearn_metrics

from qmann_core.data import Samples
from qmann_core.errors import DataError
from qmann_core.tasks.scores import interval_figures, score_classification, score_regression
from qmann_core.training import metrics

PROBABILITIES = (0.025, 0.1, 0.9, 0.975)


def rows(y):
    n = len(y)
    return Samples(
        x=torch.zeros(n, 1, 1),
        regressors=torch.zeros(n, 1),
        y=torch.from_numpy(y),
        time=np.arange(n),
        unit=np.zeros(n, dtype=np.int64),
        units=("rows",),
        lead=(1,),
    )


def outputs(location, reach=(-2.0, -1.0, 1.0, 2.0)):
    return {"location": location, "quantiles": location[:, :, None] + np.array(reach)}


def test_regression_figures_are_those_of_scikit_learn():
    rng = np.random.default_rng(0)
    y = rng.normal(size=(200, 1))
    location = y + 0.7 * rng.normal(size=(200, 1))
    score = score_regression(outputs(location), rows(y), rows(y), PROBABILITIES)
    assert next(iter(score)) == "squared error"
    assert score["RMSE"] == pytest.approx(sklearn_metrics.root_mean_squared_error(y, location))
    assert score["RMSE"] ** 2 == pytest.approx(np.mean(score["squared error"]))
    assert np.mean(score["MAE"]) == pytest.approx(sklearn_metrics.mean_absolute_error(y, location))
    assert score["R2"] == pytest.approx(sklearn_metrics.r2_score(y, location))
    inside = np.mean(np.abs(y - location) <= 1)
    assert np.mean(score["coverage 80"]) == pytest.approx(100 * inside)
    assert np.mean(score["width 95"]) == pytest.approx(4)


def test_one_test_row_has_no_r2():
    y = np.array([[1.0]])
    assert "R2" not in score_regression(outputs(y + 1), rows(y), rows(y), PROBABILITIES)


def test_intervals_of_several_targets_are_averaged():
    y = np.array([[0.0, 3.0], [0.0, 0.0]])
    figures = interval_figures(y, outputs(np.zeros((2, 2)))["quantiles"], PROBABILITIES)
    assert list(figures) == ["coverage 95", "width 95", "coverage 80", "width 80"]
    np.testing.assert_allclose(figures["coverage 80"], [50, 100])
    np.testing.assert_allclose(figures["width 80"], [2, 2])


def test_classification_figures_are_those_of_scikit_learn():
    rng = np.random.default_rng(0)
    y = (rng.random((300, 1)) < 0.4).astype(float)
    p = np.round(np.clip(0.4 + 0.3 * (y - 0.4) + 0.2 * rng.normal(size=y.shape), 0.01, 0.99), 2)
    score = score_classification(outputs(p), rows(y), rows(y), PROBABILITIES)
    assert next(iter(score)) == "log loss"
    assert np.mean(score["log loss"]) == pytest.approx(sklearn_metrics.log_loss(y, p))
    assert score["AUROC"] == pytest.approx(sklearn_metrics.roc_auc_score(y, p))  # p has ties
    expected = sklearn_metrics.accuracy_score(y, p > 0.5)
    assert np.mean(score["accuracy"]) == pytest.approx(expected)


def test_sets_of_classes_are_those_inside_the_interval():
    y, p = np.array([[1.0], [0.0]]), np.array([[0.9], [0.5]])
    quantiles = np.array([[[-0.1, 0.2, 1.3, 1.5]], [[-0.1, 0.2, 0.8, 1.1]]])
    score = score_classification(
        {"location": p, "quantiles": quantiles}, rows(y), rows(y), PROBABILITIES
    )
    np.testing.assert_array_equal(score["classes 95"], [2, 2])
    np.testing.assert_array_equal(score["classes 80"], [1, 0])
    np.testing.assert_array_equal(score["coverage 80"], [100, 0])


def test_one_tested_class_has_no_auroc():
    y = np.ones((3, 1))
    assert "AUROC" not in score_classification(outputs(y / 2), rows(y), rows(y), PROBABILITIES)
    with pytest.raises(DataError, match="3 rows of class 1 among 3: expected both classes"):
        metrics.auroc(y[:, 0], y[:, 0])


def test_log_loss_of_a_certain_mistake_is_finite_and_of_the_unknown_unknown():
    loss = metrics.log_loss(np.array([1.0, 0.0, np.nan]), np.array([0.0, 0.0, 0.5]))
    assert loss[0] == pytest.approx(-np.log(1e-7))
    assert loss[1] == 0
    assert np.isnan(loss[2])
