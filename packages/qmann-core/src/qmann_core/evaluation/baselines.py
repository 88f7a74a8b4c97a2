"""Baselines for any samples: the mean, neighbours, a forest, a linear ridge, the closed form.

Each is a task's baseline, a function of (records, samples, folds, application), and reads what the
network reads. Training rows are predicted by trees or neighbours that have not seen them, so that
intervals can be calibrated on them. Needs scikit-learn (extra ``baselines``).
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int, Shaped
from numpy.typing import NDArray

from ..base import own_random_state
from ..data import Fold, Folds, Samples
from ..errors import DataError
from ..nn import Logistic, Loss, Multinomial, Readout, Squared
from ..nn.outcomes import Outputs
from ..nn.variants import HeadFactory

Rows = Float[np.ndarray, "_ feature"]
Values = Float[np.ndarray, "_ target"]
Predictor = Callable[[Rows, Values, Rows], tuple[Values, Values]]
"""(x to train on, y, x to predict) -> predictions for both, of the former out of sample."""

_TREES, _NEIGHBOURS = 300, 5


def mean_value(_records: Any, samples: Samples, folds: Folds, _: Any) -> Outputs:
    """The mean of the training part; of classes, their share."""

    def predict(_x: Rows, y: Values, new: Rows) -> tuple[Values, Values]:
        mean = y.mean(axis=0)
        return np.tile(mean, (len(y), 1)), np.tile(mean, (len(new), 1))

    return _outputs(samples, folds, predict)


def nearest_neighbours(_records: Any, samples: Samples, folds: Folds, _: Any) -> Outputs:
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


def _trees(kind: str, _records: Any, samples: Samples, folds: Folds, _: Any) -> Outputs:
    from sklearn import ensemble

    options = {"n_estimators": _TREES, "bootstrap": True, "oob_score": True, "random_state": 0}

    def grown(purpose: str, x: Rows, y: Shaped[np.ndarray, "..."]) -> Any:
        """On all cores; answers on one, as several add up trees in no fixed order."""
        forest = getattr(ensemble, f"{kind}{purpose}")(**options, n_jobs=-1)
        return forest.fit(x, y).set_params(n_jobs=1)

    def regress(x: Rows, y: Values, new: Rows) -> tuple[Values, Values]:
        forest = grown("Regressor", x, y.squeeze())
        shape = (-1, y.shape[1])
        return forest.oob_prediction_.reshape(shape), forest.predict(new).reshape(shape)

    def classify(x: Rows, y: Values, new: Rows) -> tuple[Values, Values]:
        number = y[:, 0] if y.shape[1] == 1 else y.argmax(axis=1)
        forest = grown("Classifier", x, number)
        found = forest.oob_decision_function_, forest.predict_proba(new)
        if y.shape[1] == 1:
            return found[0][:, 1:], found[1][:, 1:]
        shares = tuple(np.zeros((len(each), y.shape[1])) for each in found)
        for share, each in zip(shares, found, strict=True):
            share[:, forest.classes_.astype(int)] = each
        return shares[0], shares[1]

    return _outputs(samples, folds, classify if are_classes(samples) else regress)


random_forest = partial(_trees, "RandomForest")
"""A random forest of 300 trees (Breiman 2001) with scikit-learn's other defaults."""
extra_trees = partial(_trees, "ExtraTrees")
"""300 extremely randomised trees (Geurts et al. 2006), each of a bootstrap sample."""


def gradient_boosting(_records: Any, samples: Samples, folds: Folds, _: Any) -> Outputs:
    """Boosted regression trees on histograms (Friedman 2001) with scikit-learn's defaults.

    Training rows are predicted in three folds.

    Raises:
        DataError: targets that are classes.
    """
    from sklearn.ensemble import HistGradientBoostingRegressor
    from sklearn.model_selection import cross_val_predict
    from sklearn.multioutput import MultiOutputRegressor

    if are_classes(samples):
        raise DataError("got classes for gradient_boosting: expected numbers; take random_forest")

    trees = MultiOutputRegressor(HistGradientBoostingRegressor(random_state=0))

    def predict(x: Rows, y: Values, new: Rows) -> tuple[Values, Values]:
        return cross_val_predict(trees, x, y, cv=3), trees.fit(x, y).predict(new)

    return _outputs(samples, folds, predict)


def linear_ridge(_records: Any, samples: Samples, folds: Folds, _: Any) -> Outputs:
    """Ridge regression on standardised features, logistic of classes, its penalty by left-out rows.

    See `Readout`.
    """
    loss: Loss = Squared()
    link: Callable[[torch.Tensor], torch.Tensor] = torch.nn.Identity()
    if are_classes(samples):
        several = samples.y.shape[1] > 1
        loss = Multinomial() if several else Logistic()
        link = partial(torch.softmax, dim=1) if several else torch.sigmoid

    def predict(x: Rows, y: Values, new: Rows) -> tuple[Values, Values]:
        ridge = Readout(loss, x.shape[1], y.shape[1]).double()
        known = ridge.fit(torch.from_numpy(x), torch.from_numpy(y))
        return link(known).numpy(), link(ridge(torch.from_numpy(new))).numpy()

    return _outputs(samples, folds, predict)


@torch.no_grad()
def closed_form(
    make: HeadFactory, _records: Any, samples: Samples, folds: Folds, _: Any
) -> Outputs:
    """What the head of the network starts as, without a network."""
    parts: dict[str, NDArray[np.float64]] = {}
    for number, fold in enumerate(folds):
        with own_random_state():  # layers draw weights, which are not used here
            head = make(1, samples)
        filled = _filled(samples.regressors.double().numpy(), fold.train)
        every = torch.from_numpy(filled).to(samples.regressors)
        head.fit(replace(samples, regressors=every)[fold.train])
        for rows, _ in _parts(len(samples), fold, first=not number):
            regressors = every[torch.from_numpy(rows)]
            raw = head(regressors.new_zeros(len(regressors), 1), regressors)
            for name, values in head.decode(raw).items():
                found = parts.setdefault(name, np.empty((len(samples), *values.shape[1:])))
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


def are_classes(samples: Samples) -> bool:
    """Whether the known targets are classes, 0 and 1."""
    y = samples.y[samples.known]
    return bool(((y == 0) | (y == 1)).all())


def _filled(x: Rows, train: Int[np.ndarray, " _"]) -> Rows:
    """The same with the mean of the training part where a value is missing, as networks read it."""
    there = ~np.isnan(x)
    total = np.where(there, x, 0.0)[train].sum(axis=0)
    return np.where(there, x, total / there[train].sum(axis=0).clip(1))


def _outputs(samples: Samples, folds: Folds, predict: Predictor) -> Outputs:
    """Location and scale for every row, or the probabilities of classes, fold by fold.

    The scale is 1, or that of a Bernoulli variable where the targets are classes 0 and 1.
    """
    x, y = samples.x.flatten(1).double().numpy(), samples.y.flatten(1).double().numpy()
    location = np.empty_like(y)
    for number, fold in enumerate(folds):
        rows = {training: part for part, training in _parts(len(samples), fold, first=not number)}
        filled = _filled(x, fold.train)
        known, new = predict(filled[fold.train], y[fold.train], filled[rows[False]])
        if True in rows:
            location[rows[True]] = known
        location[rows[False]] = new
    location = location.reshape(samples.y.shape)
    if not are_classes(samples):
        return {"location": location, "scale": np.ones_like(location)}
    n_classes = max(2, y.shape[1])
    share = (_TREES * location + 1) / (_TREES + n_classes)  # no vote makes odds infinite
    if y.shape[1] > 1:
        return {"probability": share}
    return {"location": share, "scale": np.sqrt(share * (1 - share))}
