"""Tasks on rows that are no series: usual parts, columns of reports, shipped models."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import ArrayLike
from pandas import DataFrame, Index

from ..config import quantile_names
from ..data import Folds, Samples, held_out
from ..errors import ConfigError
from ..evaluation.baselines import linear_ridge, mean_value, nearest_neighbours, random_forest
from ..nn.tabular import classification_head, regression_head
from .prediction import Prediction
from .scores import score_classification, score_regression
from .task import Task

Columns = dict[str, Any]


def tabular_task(
    *,
    classes: bool = False,
    split: Callable[[Samples, Any], Folds] = held_out,
    **parts: Any,
) -> Task[Any, Any]:
    """A task with the heads, scores and baselines for rows: of numbers, or of classes.

    Args:
        classes: whether the targets are classes.
        split: known samples -> folds.
        parts: the other fields of `Task`, or others than the usual ones.
    """
    usual: dict[str, Any] = {
        "head": classification_head if classes else regression_head,
        "score": score_classification if classes else score_regression,
        "baselines": {
            "random forest": random_forest,
            "linear ridge": linear_ridge,
            "nearest neighbours": nearest_neighbours,
            "mean": mean_value,
        },
        "asked": "unknown",
        "calibration": "fixed",
    }
    return Task(split=split, **{**usual, **parts})


def value_columns(prediction: Prediction, unit: str) -> Columns:
    """The value of each sample with its unit, and both ends of each interval."""
    ends = np.moveaxis(prediction.outputs["quantiles"][:, 0], -1, 0)
    names = quantile_names(prediction.probabilities)
    intervals = {name: end for name, end in zip(names, ends, strict=True) if name != "median"}
    return {"value": prediction.outputs["location"][:, 0], "unit": unit, **intervals}


def class_columns(prediction: Prediction) -> Columns:
    """The probability of class 1, and the classes that each level cannot rule out.

    The latter are a conformal set: the classes inside of the interval of the level.
    """
    quantiles = prediction.outputs["quantiles"][:, 0]
    columns: Columns = {"probability": prediction.outputs["location"][:, 0]}
    for low in range(len(prediction.probabilities) // 2):
        lower, upper = quantiles[:, low], quantiles[:, -1 - low]
        zero, one = ((lower <= label) & (label <= upper) for label in (0, 1))
        level = 100 * (prediction.probabilities[-1 - low] - prediction.probabilities[low])
        sets = np.select([zero & one, one, zero], ["0 or 1", "1", "0"], "neither")
        columns[f"classes {level:g} %"] = sets
    return columns


def adjusted_class(
    probability: Float[np.ndarray, "row class"], shares: ArrayLike
) -> Int[np.ndarray, " row"]:
    """The class whose probability is the largest multiple of its share in the training part.

    It is the most probable one were all classes as frequent, for the highest balanced accuracy:
    rare ones are found more often, at the price of accuracy (Saerens et al. 2002,
    doi:10.1162/089976602753284446). Of two, it is class 1 from a probability of its share on.
    """
    return np.asarray((probability / np.asarray(shares)).argmax(axis=1))


def class_sets(prediction: Prediction, name: str) -> Columns:
    """Of several classes, those that each level cannot rule out, in words: a conformal set.

    Args:
        prediction: of a task whose ``words`` are settled, as of the next two.
        name: of the columns, such as "classes" for "classes 95 %".
    """
    words, columns = np.array(prediction.application.words), Columns()
    for level, inside in zip(prediction.probabilities, prediction.outputs["set"].T, strict=True):
        sets = [" or ".join(words[each > 0]) or "none of them" for each in inside.T]
        columns[f"{name} {100 * level:g} %"] = sets
    return columns


def class_evidence(prediction: Prediction, key: str, name: str) -> DataFrame | None:
    """The cases most like each sample, a column of its label, and their classes in words."""
    found, asked = prediction.evidence, prediction.samples.label
    if found is None:
        return None
    assert found.label is not None
    assert asked is not None
    several = found.y.shape[-1] > 1
    number = found.y.argmax(axis=-1) if several else (found.y[..., 0] > 0.5).astype(int)
    words = np.array(prediction.application.words)[number]
    return found.to_frame(key, asked.tolist(), {"case": found.label}, {name: words})


def confusion(rows: DataFrame, name: str) -> DataFrame:
    """How often which class was the most probable one, from one model's `Fitted.backtest`.

    A row for each class, whose index has a name, and a column for each that it was taken for.
    """
    words = rows["target"].unique()
    columns = (rows[each].to_numpy(float) for each in ("outcome", "prediction"))
    truth, found = (each.reshape(-1, len(words)).argmax(axis=1) for each in columns)
    counts = np.zeros((len(words), len(words)), dtype=int)
    np.add.at(counts, (truth, found), 1)
    return DataFrame(counts, index=Index(words, name=name), columns=list(words))


def shipped_model(models: Path, name: str, refused: Mapping[str, str]) -> Path:
    """The folder of a trained model that comes with a package.

    Args:
        models: where they lie, each in a folder of its name.
        name: which one.
        refused: what there is on purpose no model of, and why.

    Raises:
        ConfigError: there is none.
    """
    if name in refused:
        raise ConfigError(f"got {name!r}, which is refused: {refused[name]}")
    known = sorted(folder.name for folder in models.iterdir())
    if name not in known:
        raise ConfigError(f"got {name!r}: expected one of {', '.join(known)}; or fit a model")
    return models / name
