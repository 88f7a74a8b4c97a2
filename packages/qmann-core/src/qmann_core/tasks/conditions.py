"""A trained model on circuits of a back end, with noise or shots."""

import copy
from typing import Any

import numpy as np

from ..backends import Backend, Counting
from ..config import PriceConfig
from ..data import Samples
from ..errors import ConfigError
from ..nn import Ensemble, FeatureCircuits, add_noise, made, run_on

Noise = float | str | None
ADAPTED = 600  # rows of a back end that a readout is solved on again
_STRETCH = 30


def under(
    model: Ensemble,
    noise: Noise = None,
    shots: int | None = None,
    backend: str | Backend | None = None,
) -> tuple[Ensemble, dict[str, Any], str]:
    """The model on other circuits, what of the configuration differs, and that in words.

    Raises:
        ConfigError: a back end, noise or shots that make no sense, none of them, or a model without
            such circuits.
        ModuleNotFoundError: what the back end needs is not installed.
    """
    model = copy.deepcopy(model)
    given: dict[str, Any] = {"backend": backend, "noise": noise, "shots": shots}
    change = {name: value for name, value in given.items() if value is not None}
    if not change:
        raise ConfigError("got neither noise nor shots nor a back end: give one of them")
    if backend is None:
        where, words = "simulated", _noisy(model, noise)
    else:
        there = made(backend, noise)
        change["backend"] = backend if isinstance(backend, str) else there.name
        where = f"run by {change['backend']}{', simulated,' * there.simulated}"
        words = _run_on(model, there, noise)
    if shots is not None:
        features = [part for part in model.modules() if isinstance(part, FeatureCircuits)]
        if shots < 1 or not features:
            raise ConfigError(
                f"got shots={shots}: expected 1 or more, for a model of fixed circuits"
            )
        for part in features:
            part.shots = shots
        words.append(f"{shots} shots for each value")
    return model, change, f"circuits {where}" + (f" with {' and '.join(words)}" if words else "")


def counted(there: str | Backend, noise: Noise, price: PriceConfig) -> Counting:
    """What stands for a back end, and counts what it would be sent."""
    return Counting(of=made(there, noise), price=price)


def some(samples: Samples) -> Samples:
    """`ADAPTED` samples at most, evenly spread: one by one, or windows of a series in stretches.

    A reservoir goes through a stretch once.
    """
    if not samples.dated or len(samples) <= ADAPTED:
        return samples.spread(ADAPTED)
    order = np.lexsort((samples.time, samples.unit))
    starts = np.linspace(0, len(samples) - _STRETCH, ADAPTED // _STRETCH).round().astype(np.int64)
    return samples[order[np.unique(starts[:, None] + np.arange(_STRETCH))]]


def _noisy(model: Ensemble, noise: Noise) -> list[str]:
    if noise is None:
        return []
    if isinstance(noise, str) or not 0 <= noise <= 1:
        raise ConfigError(
            f"got noise={noise}: expected a probability, such as 0.01, or a back end that knows "
            "such noise, such as backend='aer'"
        )
    if not add_noise(model, noise):
        raise ConfigError(
            f"got noise={noise}: fixed circuits or those of a dense controller are "
            "simulated with noise; this model has none: leave noise out"
        )
    return [_depolarising(noise)]


def _run_on(model: Ensemble, there: Backend, noise: Noise) -> list[str]:
    if not run_on(model, there):
        raise ConfigError(
            f"got backend={there.name}: fixed circuits or those of a dense controller run there; "
            "this model has none: leave it out"
        )
    if noise is None:
        return []
    return [f"the noise of {noise}" if isinstance(noise, str) else _depolarising(noise)]


def _depolarising(p: float) -> str:
    return f"{p:.2%} depolarising noise after each gate"
