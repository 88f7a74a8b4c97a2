"""How far predicted paths are from the true ones, and how large their regions are."""

import numpy as np
from jaxtyping import Float

from qmann_core.data import Samples
from qmann_core.tasks import Outputs, Score

from .heads import distances


def areas(outputs: Outputs) -> Float[np.ndarray, "sample step probability"]:
    """Of each step's ellipse at each level, in m^2: pi r^2 det L."""
    return np.asarray(np.pi * outputs["radius"] ** 2 * np.linalg.det(outputs["factor"])[..., None])


def score_paths(
    outputs: Outputs, test: Samples, train: Samples, probabilities: tuple[float, ...]
) -> Score:
    """Mean and final distance in m (ADE, FDE), coverage and area in km^2 of the last region."""
    del train
    error = np.linalg.norm(test.y.double().numpy() - outputs["location"], axis=2)
    figures = {"ADE": error.mean(axis=1), "FDE": error[:, -1]}
    inside = distances(outputs, test)[..., None] <= outputs["radius"]
    for k, p in enumerate(probabilities):
        figures[f"coverage {100 * p:g}"] = 100 * inside[..., k].mean(axis=1)
        figures[f"final coverage {100 * p:g}"] = 100 * inside[:, -1, k]
        figures[f"area {100 * p:g}"] = areas(outputs)[:, -1, k] / 1e6
    return figures
