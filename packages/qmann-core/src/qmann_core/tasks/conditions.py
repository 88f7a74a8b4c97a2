"""A trained model on circuits with noise or shots."""

import copy
from typing import Any

from ..errors import ConfigError
from ..nn import Ensemble, FeatureCircuits, add_noise


def under(
    model: Ensemble, noise: float | None, shots: int | None = None
) -> tuple[Ensemble, dict[str, Any], str]:
    """The model on other circuits, what of the configuration differs, and that in words.

    Raises:
        ConfigError: noise or shots out of range, neither, or a model without such circuits.
    """
    model, change, words = copy.deepcopy(model), {}, []
    if noise is not None:
        if not 0 <= noise <= 1:
            raise ConfigError(f"got noise={noise}: expected a probability, such as 0.01")
        if not add_noise(model, noise):
            raise ConfigError(
                f"got noise={noise}: fixed circuits or those of a dense controller are "
                "simulated with noise; this model has none: leave noise out"
            )
        change["noise"] = noise
        words.append(f"{noise:.2%} depolarising noise after each gate")
    if shots is not None:
        features = [part for part in model.modules() if isinstance(part, FeatureCircuits)]
        if shots < 1 or not features:
            raise ConfigError(
                f"got shots={shots}: expected 1 or more, for a model of fixed circuits"
            )
        for part in features:
            part.shots = shots
        change["shots"] = shots
        words.append(f"{shots} shots for each value")
    if not change:
        raise ConfigError("got neither noise nor shots: give one, or both")
    return model, change, f"circuits simulated with {' and '.join(words)}"
