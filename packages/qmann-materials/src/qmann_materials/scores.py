"""How good classes are where some are rare."""

import numpy as np
from jaxtyping import Float

from qmann_core.data import Samples
from qmann_core.tasks import Outputs, Score, adjusted_class, score_classification


def probabilities_of(outputs: Outputs) -> Float[np.ndarray, "sample class"]:
    """Of each class, two or more."""
    if "probability" in outputs:
        return np.asarray(outputs["probability"])
    return np.column_stack((1 - outputs["location"], outputs["location"]))


def score_classes(
    outputs: Outputs, test: Samples, train: Samples, probabilities: tuple[float, ...]
) -> Score:
    """`score_classification`, with the balanced accuracy of the `adjusted_class`."""
    found = dict(score_classification(outputs, test, train, probabilities))
    y, known = (_one_hot(part.y.numpy()) for part in (test, train))
    truth, hit = y.argmax(axis=1), adjusted_class(probabilities_of(outputs), known.mean(axis=0))
    recall = [(hit[truth == k] == k).mean() for k in np.unique(truth)]
    return {**found, "balanced accuracy": float(np.mean(recall))}


def _one_hot(y: Float[np.ndarray, "sample column"]) -> Float[np.ndarray, "sample class"]:
    return np.column_stack((1 - y, y)) if y.shape[1] == 1 else y
