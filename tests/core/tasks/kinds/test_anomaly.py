"""Alarms on every row of a machine's sensors, learned and calibrated on normal rows alone.

The region says from which Mahalanobis distance on a row is alarming, at each level.
"""

from functools import partial

import numpy as np
import pandas as pd
import pytest
import small
import torch
from sklearn.covariance import EmpiricalCovariance
from sklearn.linear_model import LinearRegression
from sklearn.metrics import roc_auc_score

from qmann_core.data import Samples, held_out, sliding
from qmann_core.evaluation.baselines import closed_form
from qmann_core.tasks import Task, fit
from qmann_core.tasks.assessment import Assessment
from qmann_core.testing import check_task
from qmann_core.training import metrics

WINDOW, LENGTH, NORMAL = 4, 400, 250
CONFIG = small.settings("dense", validation_fraction=0.3)


def demo(_application):
    """Readings of three sensors and labels; of the last 150, every ninth breaks the correlation."""
    label = (np.arange(LENGTH) >= NORMAL) & (np.arange(LENGTH) % 9 == 0)
    values = np.random.default_rng(0).normal(size=(LENGTH, 3)) @ np.tri(3)
    for t in range(1, LENGTH):
        values[t] += 0.6 * values[t - 1] + label[t] * np.array([2, -2, 1])
    return values, label


def features(records, _application):
    values, label = records
    return Samples(
        small.tensor(sliding(values, WINDOW)[:-1]),
        small.tensor(values[WINDOW:, None]),
        targets={"step": ("present",), "sensor": ("heat", "noise", "flow")},
        aux={"label": torch.from_numpy(label[WINDOW:])},
        test=np.arange(WINDOW, len(values)) >= NORMAL,
    )


class LeastSquares(small.Ellipsoids):
    def __init__(self, n_features, samples):
        super().__init__(n_features, samples)
        self.register_buffer("weights", torch.zeros(samples.regressors.shape[1], *self.shape))

    def start(self, regressors):
        return torch.einsum("nr,rsa->nsa", regressors, self.weights)

    def fit(self, train):
        x, y = train.regressors.double(), train.y.flatten(1).double()
        self.weights.copy_(torch.linalg.lstsq(x, y).solution.unflatten(1, self.shape))
        super().fit(train)


def score(outputs, test, train, probabilities):
    found, label = small.distances(outputs, test)[:, 0], test.aux["label"].numpy()
    alarm = found > outputs["radius"][:, 0, -1]
    figures = {"wrong": (alarm != label) * 1.0, "false alarms %": 100 * alarm[~label].mean()}
    if not label.any():  # as among rows that are validated on
        return figures
    auroc = metrics.auroc(1.0 * label, found)
    return {**figures, "found %": 100 * alarm[label].mean(), "AUROC": auroc}


def report(prediction):
    return small.TableReport(**prediction.common("alarms", table, evidence=None))


def table(prediction):
    samples, radius = prediction.samples, prediction.outputs["radius"][:, 0]
    found = small.distances(prediction.outputs, samples)[:, 0]
    limits = zip(prediction.probabilities, radius.T, strict=True)
    columns = {f"alarm {100 * p:g} %": found > limit for p, limit in limits}
    return pd.DataFrame({"row": samples.time + WINDOW, "by": found, **columns})


TASK = Task(
    name="alarms",
    summary="Readings that what came before does not explain",
    load=lambda source, _application: source,
    demo=demo,
    features=features,
    split=held_out,
    head=LeastSquares,
    score=score,
    baselines={"least squares": partial(closed_form, LeastSquares)},
    report=report,
    presets={"standard": CONFIG},
    asked="all",
    refit="train",
    calibration="fixed",
)


def test_alarms_keep_the_laws_of_a_task(tmp_path):
    check_task(TASK, CONFIG, tmp_path)


def test_rates_are_those_of_scikit_learn_and_of_sorted_distances():
    assessment = Assessment(TASK, demo(None), CONFIG)
    score, known = assessment.baseline("least squares"), assessment.known
    x, y, test = known.x.flatten(1).double().numpy(), known.y[:, 0].double().numpy(), known.test
    held = np.flatnonzero(~test)[-round(0.3 * (NORMAL - WINDOW)) :]

    def distances(trained):
        error = y - LinearRegression().fit(x[trained], y[trained]).predict(x)
        normal = EmpiricalCovariance(assume_centered=True).fit(error[trained])
        return np.sqrt(normal.mahalanobis(error))

    found, label = distances(np.flatnonzero(~test)), known.aux["label"].numpy()
    before = distances(np.arange(held[0] - 1))[held]  # of rows not seen, as those to come
    alarm = found > np.sort(before)[int(np.ceil(0.95 * (len(held) + 1))) - 1]
    assert score["AUROC"] == pytest.approx(roc_auc_score(label[test], found[test]), rel=1e-12)
    for name, rows in (("false alarms %", test & ~label), ("found %", test & label)):
        assert score[name] == pytest.approx(100 * alarm[rows].mean(), rel=1e-12)


def test_every_row_is_answered_and_only_normal_ones_are_learned_from():
    fitted = fit(TASK, demo(None), CONFIG)
    assert len(fitted.predict(demo(None)).table) == 396
    assert len(fitted.predict([each[-9:] for each in demo(None)], level=(90,)).table) == 9 - WINDOW
    assert [len(each.scores) for each in fitted.calibrations.values()] == [74]
    assert next(iter(fitted.model)).memory.n_cases == NORMAL - WINDOW
