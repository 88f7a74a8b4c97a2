"""How far predicted paths are from the true ones, and how large their regions are."""

import numpy as np

from qmann_core.data import Samples
from qmann_core.tasks import Outputs, Score

from .heads import distances


def score_paths(
    outputs: Outputs, test: Samples, train: Samples, probabilities: tuple[float, ...]
) -> Score:
    """Mean and final distance in m (ADE, FDE), coverage of all regions and of the last one.

    With the radius in m of a disc as large as that: r sqrt(det L).
    """
    del train
    error = np.linalg.norm(test.y.double().numpy() - outputs["location"], axis=2)
    figures = {"ADE": error.mean(axis=1), "FDE": error[:, -1]}
    size = np.sqrt(np.linalg.det(outputs["factor"][:, -1]))
    inside = distances(outputs, test)[..., None] <= outputs["radius"]
    for k, p in enumerate(probabilities):
        figures[f"coverage {100 * p:g}"] = 100 * inside[..., k].mean(axis=1)
        figures[f"final coverage {100 * p:g}"] = 100 * inside[:, -1, k]
        figures[f"radius {100 * p:g}"] = outputs["radius"][:, -1, k] * size
    return figures
