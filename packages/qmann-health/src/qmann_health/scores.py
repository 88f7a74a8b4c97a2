"""How tables of patients and beats are split, and how good probabilities were."""

import numpy as np

from qmann_core.data import Folds, Samples, grouped, held_out
from qmann_core.errors import DataError
from qmann_core.tasks import Outputs, Score, adjusted_class, score_classification

from .calibration import average_precision
from .config import HealthConfig


def patient_folds(samples: Samples, application: HealthConfig) -> Folds:
    """One fold or all of a cross-validation between patients, or what the split says.

    Raises:
        DataError: all that are tested have the same target.
    """
    if samples.test is not None and samples.test.any():
        folds = held_out(samples, application)
    else:
        among = samples.unit if len(samples.units) > 1 else np.arange(len(samples))
        n = min(round(1 / application.test_fraction), len(np.unique(among)))
        folds = grouped(among, n, seed=application.split_seed)
        if application.split == "random":
            folds = Folds(folds.rows[:1], folds.kind)
    y = samples.y[np.concatenate([fold.test for fold in folds])]
    if (y == y[0]).all():
        raise DataError(
            f"got {len(y)} rows to test on, of one class only. Expected others too: give more, or "
            "set split=folds, split_seed or a larger test_fraction"
        )
    return folds


def score_diagnosis(
    outputs: Outputs, test: Samples, train: Samples, probabilities: tuple[float, ...]
) -> Score:
    """`score_classification`, the Brier score, and the average precision of the event.

    Of several classes, the Brier score is summed over them, and accuracy and balanced accuracy are
    also those of what is `adjusted` for the shares in the training part.
    """
    found = dict(score_classification(outputs, test, train, probabilities))
    if "probability" in outputs:
        y, p = test.y.numpy(), outputs["probability"]
        hit = np.take_along_axis(
            y, adjusted_class(p, train.y.numpy().mean(axis=0))[:, None], axis=1
        )
        found["Brier"] = np.square(y - p).sum(axis=1)
        found["adjusted accuracy"] = hit[:, 0]
        there = y[:, y.any(axis=0)]
        recall = (hit * there).sum(axis=0) / there.sum(axis=0)
        found["adjusted balanced accuracy"] = float(recall.mean())
        return found
    y, probability = test.y[:, 0].numpy(), outputs["location"][:, 0]
    found["Brier"] = np.square(y - probability)
    if y.any():
        found["average precision"] = average_precision(y, probability)
    return found
