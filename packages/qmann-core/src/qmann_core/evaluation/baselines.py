"""Baselines for data without time: the mean, the nearest neighbours, a random forest.

Each is a task's baseline, a function of (records, samples, folds, application), and reads what the
network reads. Training rows are predicted by trees or neighbours that have not seen them, so that
intervals can be calibrated on them. Needs scikit-learn (extra ``baselines``).
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int

from ..data import Fold, Samples
from ..nn.variants import HeadFactory

Outputs = Mapping[str, Float[np.ndarray, "sample target"]]
Rows = Float[np.ndarray, "_ feature"]
Values = Float[np.ndarray, " _"]
Predictor = Callable[[Rows, Values, Rows], tuple[Values, Values]]
"""(x to train on, y, x to predict) -> predictions for both, of the former out of sample."""

_TREES, _NEIGHBOURS = 300, 5


def mean_value(_records: Any, samples: Samples, folds: Sequence[Fold], _: Any) -> Outputs:
    """The mean of the training part; of classes, their share."""

    def predict(_x: Rows, y: Values, new: Rows) -> tuple[Values, Values]:
        return np.full(len(y), y.mean()), np.full(len(new), y.mean())

    return _outputs(samples, folds, predict)


def nearest_neighbours(_records: Any, samples: Samples, folds: Sequence[Fold], _: Any) -> Outputs:
    """Mean of the 5 nearest training rows by standardised features."""
    from sklearn.neighbors import NearestNeighbors

    def predict(x: Rows, y: Values, new: Rows) -> tuple[Values, Values]:
        deviation = x.std(axis=0)
        scale = np.where(deviation > 0, deviation, 1.0)
        found = NearestNeighbors(n_neighbors=min(_NEIGHBOURS, len(x) - 1)).fit(x / scale)
        others = found.kneighbors(return_distance=False)
        near = found.kneighbors(new / scale, return_distance=False) if len(new) else others[:0]
        return y[others].mean(axis=1), y[near].mean(axis=1)

    return _outputs(samples, folds, predict)


def random_forest(_records: Any, samples: Samples, folds: Sequence[Fold], _: Any) -> Outputs:
    """A random forest of 300 trees (Breiman 2001) with scikit-learn's other defaults."""
    from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

    def predict(x: Rows, y: Values, new: Rows) -> tuple[Values, Values]:
        options = {"n_estimators": _TREES, "oob_score": True, "random_state": 0}
        if is_binary(samples):
            forest = RandomForestClassifier(**options).fit(x, y)
            return forest.oob_decision_function_[:, 1], forest.predict_proba(new)[:, 1]
        forest = RandomForestRegressor(**options).fit(x, y)
        return forest.oob_prediction_, forest.predict(new)

    return _outputs(samples, folds, predict)


@torch.no_grad()
def closed_form(
    make: HeadFactory, _records: Any, samples: Samples, folds: Sequence[Fold], _: Any
) -> Outputs:
    """What the head of the network starts as, without a network.

    In training mode, a head that knows how leaves each row out of its own prediction.
    """
    parts: dict[str, Float[np.ndarray, "sample target"]] = {}
    for number, fold in enumerate(folds):
        with torch.random.fork_rng(devices=[]):  # layers draw weights, which are not used here
            head = make(1, samples)
        head.fit(samples[fold.train])
        for rows, training in _parts(len(samples), fold, first=not number):
            skip = samples.skip[torch.from_numpy(rows)]
            raw = head.train(training)(skip.new_zeros(len(skip), 1), skip)
            for name, values in head.decode(raw).items():
                found = parts.setdefault(name, np.empty((len(samples), values.shape[1])))
                found[rows] = values.double().numpy()
    return parts


def _parts(n: int, fold: Fold, *, first: bool) -> list[tuple[Int[np.ndarray, " _"], bool]]:
    """Rows to predict with a fold's parameters, and whether it is trained on them.

    With the first fold's, all: what it neither trains on nor tests waits for a later fold, or lies
    between the two.
    """
    if not first:
        return [(fold.test, False)]
    return [(fold.train, True), (np.setdiff1d(np.arange(n), fold.train), False)]


def is_binary(samples: Samples) -> bool:
    """Whether the known targets are classes, 0 and 1."""
    y = samples.y[samples.known]
    return bool(((y == 0) | (y == 1)).all())


def _outputs(samples: Samples, folds: Sequence[Fold], predict: Predictor) -> Outputs:
    """Location and scale for every row, fold by fold.

    The scale is 1, or that of a Bernoulli variable where the targets are classes.
    """
    x, y = samples.x.flatten(1).double().numpy(), samples.y[:, 0].double().numpy()
    location = np.empty_like(y)
    for number, fold in enumerate(folds):
        rows = {training: part for part, training in _parts(len(samples), fold, first=not number)}
        known, new = predict(x[fold.train], y[fold.train], x[rows[False]])
        if True in rows:
            location[rows[True]] = known
        location[rows[False]] = new
    if not is_binary(samples):
        return {"location": location[:, None], "scale": np.ones((len(y), 1))}
    share = (_TREES * location + 1) / (_TREES + 2)  # no vote is so clear that the odds are infinite
    return {"location": share[:, None], "scale": np.sqrt(share * (1 - share))[:, None]}
