"""Baselines for data without time, on data whose best prediction is known."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import RidgeCV
from sklearn.model_selection import KFold

from qmann_core.data import Fold, Folds, arrange, held_out, samples_in_order
from qmann_core.errors import DataError
from qmann_core.evaluation.baselines import (
    closed_form,
    extra_trees,
    gradient_boosting,
    linear_ridge,
    mean_value,
    nearest_neighbours,
    random_forest,
)
from qmann_core.nn.tabular import Regression

BASELINES = [mean_value, nearest_neighbours, random_forest, extra_trees]


def head(_width, samples):
    return Regression(samples.regressors.shape[1], samples.y.shape[1])


def samples(n=150, *, classes=False):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(n, 4))
    y = np.sign(x[:, 0]) * 2 + x[:, 1]
    if classes:
        y = (y > 0).astype(float)
    arrangement = arrange("random", n, test_fraction=0.3, seed=0)
    label = np.arange(n).astype(str)
    return samples_in_order(x, y[:, None], label, arrangement=arrangement, name="rows")


def predicted(baseline, known):
    return baseline(None, known, held_out(known, None), None)


@pytest.mark.parametrize("classes", [False, True])
@pytest.mark.parametrize("baseline", BASELINES)
def test_no_row_is_predicted_from_its_own_target(baseline, classes):
    """Changing one target leaves that row's own prediction as it was, in training and in test."""
    known = samples(60, classes=classes)
    before = predicted(baseline, known)
    for row in (0, 59):
        y = known.y.clone()
        y[row] = 1 - y[row]
        after = predicted(baseline, replace(known, y=y))["location"]
        if baseline is not mean_value:
            assert after[row] == pytest.approx(before["location"][row], abs=1e-12)
        if row == 59:  # a test target changes nothing at all
            np.testing.assert_array_equal(after, before["location"])


def test_boosted_trees_are_those_of_scikit_learn():
    known = samples()
    fold, y = held_out(known, None)[0], known.y[:, 0].double().numpy()
    x = known.x.flatten(1).double().numpy()
    trees = HistGradientBoostingRegressor(random_state=0).fit(x[fold.train], y[fold.train])
    found = predicted(gradient_boosting, known)["location"][:, 0]
    np.testing.assert_allclose(found[fold.test], trees.predict(x[fold.test]), rtol=1e-6)
    left_out = next(iter(KFold(3).split(fold.train)))
    trees.fit(x[fold.train[left_out[0]]], y[fold.train[left_out[0]]])
    rows = fold.train[left_out[1]]
    np.testing.assert_allclose(found[rows], trees.predict(x[rows]), rtol=1e-6)
    with pytest.raises(DataError, match="got classes for gradient_boosting: expected numbers"):
        predicted(gradient_boosting, samples(classes=True))


def test_the_mean_is_that_of_the_training_part():
    known = samples()
    (fold,) = held_out(known, None)
    expected = float(known.y[fold.train].double().mean())
    np.testing.assert_allclose(predicted(mean_value, known)["location"], expected)


def test_neighbours_by_hand():
    x = np.array([[0.0], [1.0], [2.0], [3.0], [4.0], [5.0], [6.0], [2.1]])
    y = np.arange(8.0)[:, None]
    order = arrange("given", 8, test_fraction=0.5, seed=0, given=np.arange(8) == 7)
    known = samples_in_order(x, y, np.arange(8).astype(str), arrangement=order, name="rows")
    found = predicted(nearest_neighbours, known)["location"][-1, 0]
    assert found == pytest.approx(np.mean([0, 1, 2, 3, 4]))


def test_trees_learn_what_the_mean_cannot():
    known = samples()
    (fold,) = held_out(known, None)
    error = {
        baseline: np.mean(
            (predicted(baseline, known)["location"] - known.y.numpy())[fold.test] ** 2
        )
        for baseline in BASELINES
    }
    assert max(error[random_forest], error[extra_trees]) < 0.3 * error[mean_value]
    assert error[nearest_neighbours] < 0.6 * error[mean_value]


def test_shares_of_classes_lie_inside_and_scales_are_bernoullis():
    outputs = predicted(random_forest, samples(classes=True))
    share = outputs["location"]
    assert share.min() > 0
    assert share.max() < 1
    np.testing.assert_allclose(outputs["scale"] ** 2, share * (1 - share))


def test_unseen_rows_do_not_move_the_global_generator():
    before = torch.get_rng_state(), np.random.get_state()[1].tolist()  # noqa: NPY002
    known = samples(40)
    predicted(random_forest, known)
    closed_form(head, None, known, held_out(known, None), None)
    assert torch.equal(before[0], torch.get_rng_state())
    assert before[1] == np.random.get_state()[1].tolist()  # noqa: NPY002


def test_the_closed_form_is_an_untrained_network():
    known = samples(80)
    folds = held_out(known, None)
    found = closed_form(head, None, known, folds, None)
    start = head(3, known)
    start.fit(known[folds[0].train])
    with torch.no_grad():
        expected = start.decode(start(torch.randn(80, 3), known.regressors))
    for name, values in expected.items():
        np.testing.assert_allclose(found[name], values, rtol=1e-5)


def test_the_ridge_is_scikit_learns_at_the_penalty_that_is_best_without_each_row():
    known = samples(80)
    (fold,) = held_out(known, None)
    x, y = known.x.flatten(1).double().numpy(), known.y[:, 0].numpy()
    z = (x - x[fold.train].mean(axis=0)) / x[fold.train].std(axis=0)
    alphas = len(fold.train) * 10.0 ** (np.arange(-8, 3) / 2)
    expected = RidgeCV(alphas=alphas).fit(z[fold.train], y[fold.train]).predict(z[fold.test])
    found = predicted(linear_ridge, known)["location"][fold.test, 0]
    np.testing.assert_allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize("n_classes", [2, 3])
def test_the_ridge_of_classes_knows_them(n_classes):
    x = np.random.default_rng(0).normal(size=(120, 4))
    truth = np.digitize(x[:, 0], (0,) if n_classes == 2 else (-0.5, 0.5))
    y = truth[:, None] * 1.0 if n_classes == 2 else np.eye(3)[truth]
    order = arrange("random", 120, test_fraction=0.3, seed=0)
    known = samples_in_order(x, y, truth.astype(str), arrangement=order, name="rows")
    found = predicted(linear_ridge, known)
    (fold,) = held_out(known, None)
    chosen = found["location"] > 0.5 if n_classes == 2 else found["probability"] > 0.5
    assert (chosen == (known.y.numpy() > 0.5))[fold.test].all(axis=1).mean() > 0.85


@pytest.mark.parametrize("baseline", [*BASELINES, linear_ridge, partial(closed_form, head)])
def test_every_row_is_predicted_also_those_between_training_and_test(baseline):
    """Later folds, and rows that an embargo leaves out, as walk-forward has them."""
    known = samples(60)
    folds = Folds((Fold(np.arange(20), np.arange(25, 40)), Fold(np.arange(35), np.arange(40, 60))))
    found = baseline(None, known, folds, None)
    first = baseline(None, known, Folds(folds.rows[:1]), None)
    for name, values in found.items():
        assert np.abs(values).max() < 1e3
        assert np.abs(values).min() > 1e-6
        np.testing.assert_array_equal(values[20:25], first[name][20:25])


@pytest.mark.parametrize("baseline", [*BASELINES, linear_ridge])
def test_missing_values_are_the_mean_of_the_training_part(baseline):
    whole = samples()
    fold, gap = held_out(whole, None)[0], torch.rand(whole.x.shape, generator=torch.manual_seed(0))
    x = torch.where(gap < 0.2, torch.nan, whole.x)
    mean = x[fold.train].nanmean(dim=0)
    filled = replace(whole, x=torch.where(x.isnan(), mean, x))
    found, expected = (predicted(baseline, each) for each in (replace(whole, x=x), filled))
    np.testing.assert_allclose(found["location"], expected["location"], atol=1e-5)


def test_the_closed_form_reads_missing_regressors_as_means():
    whole = samples()
    fold = held_out(whole, None)[0]
    gap = torch.rand(whole.regressors.shape, generator=torch.manual_seed(0)) < 0.2
    gap[:, 0] = False  # the constant
    x = torch.where(gap, torch.nan, whole.regressors)
    filled = torch.where(x.isnan(), x[fold.train].nanmean(dim=0), x)
    found, expected = (
        predicted(partial(closed_form, head), replace(whole, regressors=each))
        for each in (x, filled)
    )
    for name, values in found.items():
        np.testing.assert_allclose(values, expected[name], atol=1e-5)
