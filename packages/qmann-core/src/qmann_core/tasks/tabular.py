"""Tasks on rows that are no series: usual parts, columns of reports, shipped models."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

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
        parts: the other fields of `Task`.
    """
    return Task(
        split=split,
        head=classification_head if classes else regression_head,
        score=score_classification if classes else score_regression,
        baselines={
            "random forest": random_forest,
            "linear ridge": linear_ridge,
            "nearest neighbours": nearest_neighbours,
            "mean": mean_value,
        },
        asked="unknown",
        calibration="fixed",
        **parts,
    )


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
