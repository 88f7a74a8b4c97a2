"""Steps ahead in two dimensions: where agents will be, with an ellipse around each step.

The score of a step is a Mahalanobis distance; the region is its radius in the ellipse of the step.
"""

from functools import partial

import numpy as np
import pandas as pd
import pytest
import small
import torch
from scipy.spatial.distance import cdist

from qmann_core.data import Samples, grouped, sliding
from qmann_core.evaluation.baselines import closed_form
from qmann_core.tasks import Task
from qmann_core.tasks.assessment import Assessment
from qmann_core.testing import check_task

WINDOW, STEPS = 3, 2
CONFIG = small.settings("dense", validation_fraction=0.3)


def demo(_application):
    """Tracks of six agents that turn, each at a rate of its own, with some noise."""
    rng, time = np.random.default_rng(0), np.arange(30)
    turns = rng.uniform(-0.2, 0.2, size=6)
    tracks = [np.cumsum(np.column_stack((np.cos(w * time), np.sin(w * time))), 0) for w in turns]
    return {f"agent {k}": each + 0.1 * rng.normal(size=(30, 2)) for k, each in enumerate(tracks)}


def features(tracks, _application):
    """Windows and the steps after them, both seen from the last position."""
    padded = [np.concatenate((track, np.full((STEPS, 2), np.nan))) for track in tracks.values()]
    paths = np.concatenate([sliding(track, WINDOW + STEPS) for track in padded])
    paths -= paths[:, WINDOW - 1 : WINDOW]
    n = [len(track) - WINDOW + 1 for track in tracks.values()]
    return Samples(
        small.tensor(paths[:, :WINDOW]),
        small.tensor(paths[:, WINDOW:]),
        time=np.concatenate([WINDOW - 1 + np.arange(each) for each in n]),
        unit=np.repeat(np.arange(len(n)), n),
        units=tuple(tracks),
        targets={"step": ("1", "2"), "axis": ("east", "north")},
        lead=(1, 2),
    )


class ConstantVelocity(small.Ellipsoids):
    def start(self, regressors):
        velocity = -regressors[:, None, -4:-2]  # the position before the last, which is 0
        return velocity * torch.arange(1, STEPS + 1)[:, None]


def areas(outputs):
    """Of each step's ellipse at each level: pi r^2 det L."""
    return np.pi * outputs["radius"] ** 2 * np.linalg.det(outputs["factor"])[..., None]


def score(outputs, test, train, probabilities):
    error = np.linalg.norm(test.y.numpy() - outputs["location"], axis=2)
    inside = small.distances(outputs, test)[..., None] <= outputs["radius"]
    figures = {"ADE": error.mean(axis=1), "FDE": error[:, -1]}
    for k, p in enumerate(probabilities):
        figures[f"coverage {100 * p:g}"] = 100 * inside[..., k].mean(axis=1)
        figures[f"area {100 * p:g}"] = areas(outputs)[..., k].mean(axis=1)
    return figures


def report(prediction):
    return small.TableReport(**prediction.common("steps ahead", table, evidence=None))


def table(prediction):
    outputs, agents = prediction.outputs, prediction.samples.units
    columns = {"agent": np.repeat(agents, STEPS), "step": np.tile([1, 2], len(agents))}
    columns |= dict(zip(("east", "north"), outputs["location"].reshape(-1, 2).T, strict=True))
    for p, area in zip(prediction.probabilities, np.moveaxis(areas(outputs), 2, 0), strict=True):
        columns[f"area {100 * p:g} %"] = area.ravel()
    return pd.DataFrame(columns)


TASK = Task(
    name="steps",
    summary="Where agents will be",
    load=lambda source, _application: source,
    demo=demo,
    features=features,
    split=lambda samples, _application: grouped(samples.unit, 3),
    head=ConstantVelocity,
    score=score,
    baselines={"constant velocity": partial(closed_form, ConstantVelocity)},
    report=report,
    presets={"standard": CONFIG},
    asked="newest",
    calibration="fixed",
)


def test_steps_keep_the_laws_of_a_task(tmp_path):
    check_task(TASK, CONFIG, tmp_path, earlier=lambda t: {k: v[:-5] for k, v in t.items()})


def test_errors_and_ellipses_are_those_of_numpy_and_scipy():
    assessment = Assessment(TASK, demo(None), CONFIG)
    score, known = assessment.baseline("constant velocity"), assessment.known
    velocity = -known.x[:, -2].double().numpy()
    error = known.y.double().numpy() - np.stack((velocity, 2 * velocity), axis=1)
    inside, folds = [], assessment.folds.rows
    for k in range(STEPS):
        far = []  # distances by what was missed in the training part
        for fold in folds:
            missed = error[fold.train, k]
            inverse = np.linalg.inv(missed.T @ missed / len(missed))
            far.append(cdist(error[fold.test, k], [[0, 0]], "mahalanobis", VI=inverse)[:, 0])
        for number, own in enumerate(far):  # regions are of the distances in the other folds
            others = np.sort(np.concatenate(far[:number] + far[number + 1 :]))
            inside.append(own <= others[int(np.ceil(0.8 * (len(others) + 1))) - 1])
    norms = np.linalg.norm(error, axis=2)
    assert score["ADE"].mean() == pytest.approx(norms.mean(), rel=1e-6)
    assert score["FDE"].mean() == pytest.approx(norms[:, 1].mean(), rel=1e-6)
    assert score["coverage 80"].mean() == pytest.approx(100 * np.concatenate(inside).mean())
