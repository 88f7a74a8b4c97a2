"""Folds as the data give them: each starts afresh, and figures are scikit-learn's on the same."""

from dataclasses import replace

import numpy as np
import pandas as pd
import plain
import pytest
import torch
from sklearn.dummy import DummyRegressor
from sklearn.ensemble import RandomForestRegressor
from sklearn.model_selection import PredefinedSplit, cross_validate
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from qmann_core.data import Folds, Samples, given_folds
from qmann_core.evaluation import split_conformal
from qmann_core.tasks.assessment import Assessment
from qmann_core.tasks.tabular import tabular_task, value_columns
from qmann_core.testing import check_task


def demo(application, n=120, n_unknown=3):
    rng = np.random.default_rng(0)
    x, noise = rng.normal(size=(n, 3)), rng.normal(size=n)
    y = np.sin(2 * x[:, 0]) + x[:, 1] + 0.2 * noise
    y[-n_unknown:] = np.nan
    return pd.DataFrame(x).assign(y=y, fold=rng.integers(-1, 3, n))


def features(table, application):
    return Samples(
        torch.tensor(table[[0, 1, 2]].to_numpy(np.float32)),
        torch.tensor(table[["y"]].to_numpy(np.float32)),
        aux={"fold": torch.tensor(table["fold"].to_numpy())},
    )


TASK = tabular_task(
    name="values",
    summary="A function of three numbers",
    load=lambda source, _: source,
    demo=demo,
    features=features,
    split=lambda known, _: given_folds(known.aux["fold"].numpy()),
    report=plain.report(lambda found: value_columns(found, "units")),
    presets={"fast": plain.SOLVED},
)


@pytest.mark.slow
def test_given_folds(tmp_path):
    quick = {name: TASK.baselines[name] for name in ("nearest neighbours", "mean")}
    check_task(replace(TASK, baselines=quick), plain.SOLVED, tmp_path)


@pytest.mark.parametrize(
    ("name", "model"),
    [
        ("random forest", RandomForestRegressor(300, random_state=0)),
        ("nearest neighbours", make_pipeline(StandardScaler(), KNeighborsRegressor(5))),
        ("mean", DummyRegressor()),
    ],
)
def test_figures_are_those_of_scikit_learn_on_the_same_folds(name, model):
    assessment = Assessment(TASK, demo(None), plain.SOLVED)
    known, found = assessment.known, assessment.baseline(name)
    x, y = known.x.double().numpy(), known.y[:, 0].double().numpy()
    folds = PredefinedSplit(known.aux["fold"].numpy())
    of = {"squared error": "mean_squared_error", "RMSE": "root_mean_squared_error"}
    scoring = {"R2": "r2", **{ours: f"neg_{theirs}" for ours, theirs in of.items()}}
    expected = cross_validate(model, x, y, cv=folds, scoring=scoring)
    sizes = [len(test) for _, test in folds.split()]
    squared = -np.average(expected["test_squared error"], weights=sizes)
    assert found["squared error"].mean() == pytest.approx(squared, rel=1e-5)
    assert found["RMSE"] == pytest.approx(-expected["test_RMSE"].mean(), rel=1e-5)
    assert found["R2"] == pytest.approx(expected["test_R2"].mean(), rel=1e-5)


def test_regions_of_a_fold_are_of_the_scores_of_the_others():
    assessment = Assessment(TASK, demo(None), plain.SOLVED)
    found, folds = assessment.assess_baseline("mean"), assessment.folds
    y = assessment.known.y.double().numpy()
    parts = list(zip(found.outputs, (y[fold.test] for fold in folds), strict=True))
    scores = [(y - part["location"]) / part["scale"] for part, y in parts]
    for k, (part, _) in enumerate(parts):
        others = np.concatenate(scores[:k] + scores[k + 1 :])
        quantiles = split_conformal(others, np.array(assessment.probabilities))
        expected = part["location"][..., None] + part["scale"][..., None] * quantiles
        np.testing.assert_allclose(part["quantiles"], expected, rtol=1e-12)
    (calibration,) = found.calibrations.values()
    np.testing.assert_allclose(calibration.scores, np.sort(np.concatenate(scores), axis=0))


def test_no_fold_knows_what_another_has_seen():
    """Alone, or after a fold that was trained on its test rows, a model predicts the same bits."""
    table = demo(None)
    everything = Assessment(TASK, table, plain.SOLVED)
    folds = everything.folds.rows
    together = everything.network().score["squared error"]
    parts = np.split(together, np.cumsum([len(fold.test) for fold in folds])[:-1])
    for order in ((0,), (2, 1, 0), (1,)):
        chosen = Folds(tuple(folds[k] for k in order), "independent")
        other = replace(TASK, split=lambda *_, chosen=chosen: chosen, refit="train")
        found = Assessment(other, table, plain.SOLVED).network().score["squared error"]
        np.testing.assert_array_equal(found, np.concatenate([parts[k] for k in order]))
