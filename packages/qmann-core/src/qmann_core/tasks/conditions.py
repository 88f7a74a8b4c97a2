"""A trained model on circuits of a back end, with noise or shots."""

import copy
from typing import Any

import numpy as np

from ..backends import Backend, Counting
from ..config import PriceConfig
from ..data import Samples
from ..errors import ConfigError
from ..nn import Ensemble, FeatureCircuits, QuantumLayer, add_noise, made, run_on
from ..nn.fixed import LONGEST

Noise = float | str | None
ADAPTED = 300  # rows of a back end that a readout is solved on again


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
    if backend is not None:  # its noise takes the place of what there was
        change |= {"backend": _name(backend), "noise": noise}
    words = _noisy(model, noise) if backend is None else _run_on(model, backend, noise)
    words += _measured(model, shots)
    places = _elsewhere(model)
    where = "simulated" if all(each.simulated for each in places) else "run"
    where += f" by {_name(backend or places[0])}" if places else ""
    return model, change, f"circuits {where}" + (f" with {' and '.join(words)}" if words else "")


def counted(there: str | Backend, noise: Noise, price: PriceConfig) -> Counting:
    """What stands for a back end, and counts what it would be sent."""
    return Counting(of=made(there, noise), price=price)


def known_there(samples: Samples, backend: str | Backend | None) -> Samples:
    """What a readout is solved on again: all of it or, on a back end, `ADAPTED` samples at most.

    These are evenly spread, one by one or, of series, in stretches, each of which a reservoir goes
    through once.
    """
    if backend is None:
        return samples
    if not samples.dated or len(samples) <= ADAPTED:
        return samples.spread(ADAPTED)
    order = np.lexsort((samples.time, samples.unit))
    starts = np.linspace(0, len(samples) - LONGEST, ADAPTED // LONGEST).round().astype(np.int64)
    return samples[order[np.unique(starts[:, None] + np.arange(LONGEST))]]


def chance(noise: float | str) -> float:
    """Noise that our engine simulates.

    Raises:
        ConfigError: it is no probability.
    """
    if isinstance(noise, str) or not 0 <= noise <= 1:
        raise ConfigError(
            f"got noise={noise}: expected a probability, such as 0.01, or a back end that knows "
            "such noise, such as backend='aer'"
        )
    return noise


def _noisy(model: Ensemble, noise: Noise) -> list[str]:
    if noise is None:
        return []
    if places := _elsewhere(model):
        raise ConfigError(
            f"got noise={noise} alone, but circuits are run by {places[0].name}: give the back "
            "end, too"
        )
    if not add_noise(model, chance(noise)):
        raise ConfigError(
            f"got noise={noise}: expected a model with circuits, for example model=hybrid; this "
            "one has none: leave noise out"
        )
    return [_depolarising(chance(noise))]


def _run_on(model: Ensemble, backend: str | Backend, noise: Noise) -> list[str]:
    if not run_on(model, backend, noise):
        raise ConfigError(
            f"got backend={_name(backend)}: expected a model with circuits, for example "
            "model=hybrid; this one has none: leave it out"
        )
    for layer in _layers(model):
        layer.noise = None
    if noise is None:
        return []
    return [f"the noise of {noise}" if isinstance(noise, str) else _depolarising(noise)]


def _measured(model: Ensemble, shots: int | None) -> list[str]:
    features = [part for part in model.modules() if isinstance(part, FeatureCircuits)]
    measured: list[FeatureCircuits | QuantumLayer] = [*features] or [
        layer for layer in _layers(model) if layer.backend is not None
    ]
    if shots is not None and (shots < 1 or not measured):
        raise ConfigError(
            f"got shots={shots}: expected 1 or more, for fixed circuits or a back end"
        )
    for part in measured:
        part.shots = part.shots if shots is None else shots
    found = {part.shots for part in measured}
    return [f"{each} shots for each value" for each in found if each is not None]


def _layers(model: Ensemble) -> list[QuantumLayer]:
    return [part for part in model.modules() if isinstance(part, QuantumLayer)]


def _elsewhere(model: Ensemble) -> list[Backend]:
    return [layer.backend for layer in _layers(model) if layer.backend is not None]


def _name(backend: str | Backend) -> str:
    return backend if isinstance(backend, str) else backend.name


def _depolarising(p: float) -> str:
    return f"{p:.2%} depolarising noise after each gate"
