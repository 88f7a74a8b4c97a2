"""Scores of tables: the loss of each sample, which paired tests compare, and what people report."""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float, Int

from ..data import Samples
from ..nn.outcomes import Outputs
from ..training import metrics
from .task import Score


def score_regression(
    outputs: Outputs, test: Samples, train: Samples, probabilities: tuple[float, ...]
) -> Score:
    """Squared error, its root mean (RMSE), MAE, R2 against the test mean, and the intervals."""
    del train
    y, location = test.y.numpy(), outputs["location"]
    squared = np.square(y - location)
    variation = np.square(y - y.mean(axis=0))
    return {
        "squared error": squared.mean(axis=1),
        "RMSE": float(np.sqrt(squared.mean())),
        "MAE": np.abs(y - location).mean(axis=1),
        **_explained(float(squared.sum()), float(variation.sum())),
        **interval_figures(y, outputs["quantiles"], probabilities),
    }


def score_classification(
    outputs: Outputs, test: Samples, train: Samples, probabilities: tuple[float, ...]
) -> Score:
    """Log loss, area under the ROC curve where both classes are tested, accuracy, class sets.

    Of several classes, a column of ``y`` each, AUROC is the mean over those against all others, and
    balanced accuracy and F1 are means over classes ("macro"). Coverage is how often the set of a
    level holds the true class, and the size is the mean number of classes in it. Of two classes, a
    class belongs to the set if the interval of the location contains it.
    """
    if "probability" in outputs:
        return _score_classes(outputs, test, probabilities)
    del train
    y, location = test.y.numpy(), outputs["location"]
    score: dict[str, Float[np.ndarray, " sample"] | float] = {
        "log loss": metrics.log_loss(y, location).mean(axis=1)
    }
    if y.min() < y.max():
        score["AUROC"] = metrics.auroc(y[:, 0], location[:, 0])
    score["accuracy"] = ((location > 0.5) == (y > 0.5)).mean(axis=1)
    for level, lower, upper in _intervals(outputs["quantiles"], probabilities):
        inside = [metrics.covered(np.full_like(y, k), lower, upper) for k in (0, 1)]
        score[f"coverage {level}"] = 100 * metrics.covered(y, lower, upper).mean(axis=1)
        score[f"classes {level}"] = np.sum(inside, axis=0).mean(axis=1)
    return score


def _score_classes(outputs: Outputs, test: Samples, probabilities: tuple[float, ...]) -> Score:
    y, probability = test.y.numpy(), outputs["probability"]
    truth, found = y.argmax(axis=1), probability.argmax(axis=1)
    given = np.take_along_axis(probability, truth[:, None], axis=1)
    score: dict[str, Float[np.ndarray, " sample"] | float] = {
        "log loss": metrics.log_loss(np.ones_like(given), given)[:, 0]
    }
    there = [k for k in range(y.shape[1]) if 0 < y[:, k].sum() < len(y)]
    if there:
        score["AUROC"] = float(np.mean([metrics.auroc(y[:, k], probability[:, k]) for k in there]))
    score["accuracy"] = (truth == found).astype(float)
    score |= _macro(truth, found)
    for number, level in enumerate(probabilities):
        inside = outputs["set"][:, :, number]
        name = f"{100 * level:g}"
        score[f"coverage {name}"] = 100 * np.take_along_axis(inside, truth[:, None], axis=1)[:, 0]
        score[f"classes {name}"] = inside.sum(axis=1)
    return score


def _macro(
    truth: Int[np.ndarray, " sample"], found: Int[np.ndarray, " sample"]
) -> dict[str, float]:
    """Means over the classes that are tested of recall, and of F1 = 2 hits / (true + found)."""
    classes = np.unique(truth)
    hits = np.array([((truth == k) & (found == k)).sum() for k in classes])
    true, named = (np.array([(each == k).sum() for k in classes]) for each in (truth, found))
    return {
        "balanced accuracy": float((hits / true).mean()),
        "F1": float((2 * hits / (true + named)).mean()),
    }


def interval_figures(
    y: Float[np.ndarray, "sample target"],
    quantiles: Float[np.ndarray, "sample target probability"],
    probabilities: tuple[float, ...],
) -> Mapping[str, Float[np.ndarray, " sample"]]:
    """Coverage in percent and width of each central interval, per sample, mean over targets."""
    figures = {}
    for level, lower, upper in _intervals(quantiles, probabilities):
        figures[f"coverage {level}"] = 100 * metrics.covered(y, lower, upper).mean(axis=1)
        figures[f"width {level}"] = (upper - lower).mean(axis=1)
    return figures


def _intervals(
    quantiles: Float[np.ndarray, "sample target probability"], probabilities: tuple[float, ...]
) -> list[tuple[str, Float[np.ndarray, "sample target"], Float[np.ndarray, "sample target"]]]:
    """Level in percent and both ends, the widest first."""
    return [
        (
            f"{100 * (probabilities[-1 - low] - probabilities[low]):g}",
            quantiles[:, :, low],
            quantiles[:, :, -1 - low],
        )
        for low in range(len(probabilities) // 2)
    ]


def _explained(squared: float, variation: float) -> Mapping[str, float]:
    return {"R2": 1 - squared / variation} if variation > 0 else {}
