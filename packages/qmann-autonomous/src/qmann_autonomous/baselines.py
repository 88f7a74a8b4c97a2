"""What an expert would use without circuits: constant velocity, trees and ridge on the same."""

from typing import Any

import numpy as np

from qmann_core.data import Folds, Samples
from qmann_core.evaluation import extra_trees, linear_ridge
from qmann_core.tasks import Outputs


def _discs(location: Any) -> Outputs:
    return {"location": location, "factor": np.tile(np.eye(2), (*location.shape[:2], 1, 1))}


def constant_velocity(_records: Any, samples: Samples, _folds: Folds, application: Any) -> Outputs:
    """The velocity of the last step goes on."""
    velocity = samples.aux["velocity"].numpy()[:, None]
    steps = np.arange(1, samples.y.shape[1] + 1)[:, None]
    return _discs(velocity * steps * (application.offset == "none"))


def trees(records: Any, samples: Samples, folds: Folds, application: Any) -> Outputs:
    """300 extremely randomised trees."""
    return _discs(extra_trees(records, samples, folds, application)["location"])


def ridge(records: Any, samples: Samples, folds: Folds, application: Any) -> Outputs:
    """Linear in the same inputs."""
    return _discs(linear_ridge(records, samples, folds, application)["location"])
