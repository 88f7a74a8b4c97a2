"""K paths that stand for a predicted region."""

import functools

import numpy as np
from jaxtyping import Float

from qmann_core.tasks import Outputs

_DRAWS = 4096
_LEAST = 1e-6  # m


def normal(
    outputs: Outputs, probabilities: tuple[float, ...]
) -> Float[np.ndarray, "sample step 2 2"]:
    """L of the normal distribution whose region of the first level is the one that was found.

    A normal distribution in the plane holds p within sqrt(-2 log(1 - p)) standard deviations.
    """
    sigma = outputs["radius"][..., 0] / np.sqrt(-2 * np.log1p(-probabilities[0]))
    return np.asarray(sigma.clip(_LEAST)[..., None, None] * outputs["factor"])


def stand_ins(outputs: Outputs, n: int) -> Float[np.ndarray, "sample mode step 2"]:
    """Paths m + L z, where z are the n points that stand best for a standard normal.

    They have the least mean squared distance from it (k-means); one is the middle. All steps of a
    path go astray in one direction.
    """
    astray = np.einsum("nsab,kb->nksa", outputs["factor"], _points(n))
    return np.asarray(outputs["location"][:, None] + astray)


@functools.cache
def _points(n: int) -> Float[np.ndarray, "mode 2"]:
    from scipy.cluster.vq import kmeans2  # late, as predictions of one mode do without
    from scipy.stats import norm, qmc

    draws = norm.ppf(qmc.Sobol(2, rng=0).random(_DRAWS))
    return np.asarray(kmeans2(draws, n, minit="++", rng=0)[0]) if n > 1 else np.zeros((1, 2))
