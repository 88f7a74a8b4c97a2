"""Windows of many sensors in three classes: probabilities, and sets of classes."""

from dataclasses import replace

import numpy as np
import plain
import pytest
import torch
from sklearn import metrics
from sklearn.ensemble import RandomForestClassifier

from qmann_core.config import ClassicalConfig
from qmann_core.data import Samples, grouped
from qmann_core.nn.tabular import Softmax
from qmann_core.tasks.assessment import Assessment
from qmann_core.tasks.tabular import tabular_task
from qmann_core.testing import check_task

NAMES = ("rest", "slow", "fast")
CONFIG = plain.CONFIG.model_copy(update={"classical": ClassicalConfig(controller="reservoir")})


def demo(application, n=160, n_unknown=4):
    """Waves of each class in 14 sensors of 8 machines, each with an offset of its own."""
    rng = np.random.default_rng(0)
    machine, state = np.sort(rng.integers(8, size=n)), rng.integers(3, size=n)
    phase, step = rng.uniform(0, 2 * np.pi, (n, 1, 14)), np.arange(30)[:, None]
    window = 0.7 * np.sin(0.3 * state[:, None, None] * step + phase)
    window += rng.normal(size=(8, 14))[machine][:, None] + rng.normal(size=(n, 30, 14))
    state = np.where(np.arange(n) < n_unknown, -1, state)
    return {"window": window, "machine": machine, "state": state}


def features(records, application):
    known = records["state"][:, None] >= 0
    y = np.where(known, records["state"][:, None] == np.arange(3), np.nan)
    window = records["window"]
    spread = np.concatenate((window.std(axis=1), np.abs(np.diff(window, axis=1)).mean(axis=1)), 1)
    return Samples(
        torch.tensor(window.astype(np.float32)),
        torch.tensor(y.astype(np.float32)),
        regressors=torch.tensor(spread.astype(np.float32)),
        unit=records["machine"],
        units=tuple(f"machine {i}" for i in range(8)),
        targets={"class": NAMES},
        lead=(1,) * 3,
    )


TASK = tabular_task(
    classes=True,
    name="states",
    summary="What a machine is doing",
    load=lambda source, _: source,
    demo=demo,
    features=features,
    split=lambda known, _: grouped(known.unit, 2),
    report=plain.report(
        lambda found: dict(zip(NAMES, found.outputs["probability"].T, strict=True))
    ),
    presets={"fast": CONFIG},
)


class Adaptive(Softmax):
    rule = "aps"


def scores(rule, probability):
    """Of each class, by loops: 1 - p, or the sum of what is at least as probable."""
    if rule == "lac":
        return 1 - probability
    return np.array([[row[row >= p].sum() for p in row] for row in probability])


def forest(x, truth, train, new):
    model = RandomForestClassifier(300, random_state=0).fit(x[train], truth[train])
    return (300 * model.predict_proba(x[new]) + 1) / 303


@pytest.mark.slow
def test_window_classes(tmp_path):
    quick = {name: TASK.baselines[name] for name in ("nearest neighbours", "mean")}
    check_task(replace(TASK, baselines=quick), CONFIG, tmp_path)


@pytest.mark.slow
def test_the_forest_is_scikit_learns():
    assessment = Assessment(TASK, demo(None), CONFIG)
    known, folds, expected = assessment.known, assessment.folds, []
    x, truth = known.x.flatten(1).double().numpy(), known.y.argmax(dim=1).numpy()
    answers = [forest(x, truth, fold.train, fold.test) for fold in folds]
    own = {  # of each fold, of its true classes
        rule: [
            scores(rule, p)[np.arange(len(p)), truth[fold.test]]
            for fold, p in zip(folds, answers, strict=True)
        ]
        for rule in ("lac", "aps")
    }
    for number, (fold, p) in enumerate(zip(folds, answers, strict=True)):
        y, figures = truth[fold.test], {}
        for rule, each in own.items():
            others = np.sort(np.concatenate(each[:number] + each[number + 1 :]))
            limit = others[min(int(np.ceil((len(others) + 1) * 0.8)), len(others)) - 1]
            figures[rule] = 100 * np.mean(each[number] <= limit)
        figures["log loss"] = metrics.log_loss(y, p)
        figures["AUROC"] = metrics.roc_auc_score(y, p, multi_class="ovr")
        figures["balanced accuracy"] = metrics.balanced_accuracy_score(y, p.argmax(axis=1))
        figures["F1"] = metrics.f1_score(y, p.argmax(axis=1), average="macro")
        expected.append(figures)
    sizes = [len(fold.test) for fold in folds]
    head = lambda _, s: Adaptive(s.regressors.shape[1], 3)  # noqa: E731
    adaptive = Assessment(replace(TASK, head=head), demo(None), CONFIG).baseline("random forest")
    found = {**assessment.baseline("random forest"), "aps": adaptive["coverage 80"]}
    found["lac"] = found["coverage 80"]
    for name in expected[0]:
        of_samples = name in ("log loss", "lac", "aps")  # others are means over folds
        mean = np.average([e[name] for e in expected], weights=sizes if of_samples else None)
        assert np.mean(found[name]) == pytest.approx(mean, rel=1e-9), name
