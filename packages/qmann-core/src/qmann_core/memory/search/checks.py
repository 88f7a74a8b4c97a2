"""What numbers the public functions of amplitude amplification take."""

from typing import Any

import numpy as np
from jaxtyping import Float, Int

from ...errors import ConfigError, DataError

Number = float | Float[np.ndarray, "..."]
Count = int | Int[np.ndarray, "..."]

_ROUNDING = 1e-6
"""What a mean of float32 fidelities may lie outside [0, 1]; it is clipped."""


def probability(value: Number, name: str = "p0") -> Float[np.ndarray, "..."]:
    """The value in float64, without the rounding errors outside [0, 1].

    Raises:
        DataError: not a probability.
    """
    array = np.asarray(value, dtype=np.float64)
    inside = (array >= -_ROUNDING) & (array <= 1 + _ROUNDING)  # False for NaN
    if not inside.all():
        wrong = array[~inside].flat[0]
        raise DataError(f"{name} must be a probability, in [0, 1]; got {wrong}")
    return np.asarray(np.clip(array, 0.0, 1.0))


def as_number(values: np.ndarray | np.generic) -> Any:
    """A Python number instead of an array without axes."""
    return values if values.ndim else values.item()


def count(value: Count, name: str = "iterations") -> Int[np.ndarray, "..."]:
    """The value as an array.

    Raises:
        ConfigError: negative.
    """
    array = np.asarray(value)
    if array.size and array.min() < 0:
        raise ConfigError(f"{name} must be at least 0, got {array.min()}")
    return array


def within(value: float, name: str, *, low: float = 0.0, high: float = 1.0) -> float:
    """The value, if it lies in the half-open interval (low, high].

    Raises:
        ConfigError: outside.
    """
    if not low < value <= high:
        raise ConfigError(f"{name} must be above {low:g} and at most {high:.10g}, got {value}")
    return value


def at_least_one(value: int, name: str) -> int:
    """The value, if it is positive.

    Raises:
        ConfigError: it is not.
    """
    if value < 1:
        raise ConfigError(f"{name} must be at least 1, got {value}")
    return value
