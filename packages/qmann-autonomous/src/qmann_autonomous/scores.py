"""How far predicted paths are from true ones, how likely these were, how large regions are."""

import numpy as np

from qmann_core.data import Samples
from qmann_core.tasks import Outputs, Score

from .heads import distances
from .modes import normal, stand_ins


def score_paths(
    outputs: Outputs, test: Samples, train: Samples, probabilities: tuple[float, ...]
) -> Score:
    """Mean and final distance in m (ADE, FDE), coverage of all regions and of the last one.

    With the radius in m of a disc as large as that: r sqrt(det L); with the mean negative
    log-likelihood of positions in m (NLL), of the normal distributions that `normal` makes of the
    regions; and of K > 1 modes the least mean and final distance of one of them (minADE, minFDE).
    """
    del train
    y = test.y.double().numpy()
    error = np.linalg.norm(y - outputs["location"], axis=2)
    figures = {"ADE": error.mean(axis=1), "FDE": error[:, -1]}
    size = np.sqrt(np.linalg.det(outputs["factor"][:, -1]))
    inside = distances(outputs, test)[..., None] <= outputs["radius"]
    for k, p in enumerate(probabilities):
        figures[f"coverage {100 * p:g}"] = 100 * inside[..., k].mean(axis=1)
        figures[f"final coverage {100 * p:g}"] = 100 * inside[:, -1, k]
        figures[f"radius {100 * p:g}"] = outputs["radius"][:, -1, k] * size
    spread = {**outputs, "factor": normal(outputs, probabilities)}
    density = np.linalg.det(spread["factor"]) * 2 * np.pi
    figures["NLL"] = (distances(spread, test) ** 2 / 2 + np.log(density)).mean(axis=1)
    if (n := int(test.aux["modes"].max())) > 1:
        error = np.linalg.norm(y[:, None] - stand_ins(spread, n), axis=3)
        figures[f"minADE {n}"] = error.mean(axis=2).min(axis=1)
        figures[f"minFDE {n}"] = error[..., -1].min(axis=1)
    return figures
