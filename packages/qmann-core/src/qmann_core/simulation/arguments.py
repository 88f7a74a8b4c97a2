"""What inputs and weights of a circuit must be like."""

import torch
from torch import Tensor

from ..errors import CircuitError
from .tensors.tables import COMPLEX


def like_weights(name: str, values: Tensor, weights: Tensor) -> Tensor:
    """Values for a layer that runs circuits; under autocast brought to its own precision.

    Raises:
        CircuitError: they are no tensor, or not of the precision and on the device of the weights.
    """
    _check_precision(weights)
    if isinstance(values, Tensor) and torch.is_autocast_enabled(weights.device.type):
        values = values.to(weights.dtype) if values.is_floating_point() else values
    _check_alike(name, values, weights)
    return values


def check_weights(weights: Tensor, n_weights: int) -> None:
    """Refuse weights of another number or a precision other than float32 or float64."""
    _check_width("weights", weights, n_weights)
    _check_precision(weights)


def check_inputs(inputs: Tensor, n_inputs: int, weights: Tensor) -> None:
    """Refuse inputs of another number, or not of the precision and on the device of the weights."""
    _check_alike("inputs", inputs, weights)
    _check_width("inputs", inputs, n_inputs)


def _check_precision(weights: Tensor) -> None:
    if weights.dtype not in COMPLEX:
        raise CircuitError(f"weights are {weights.dtype}; use torch.float32 or torch.float64")


def _check_alike(name: str, values: Tensor, weights: Tensor) -> None:
    if not isinstance(values, Tensor):
        raise CircuitError(f"got {name} of type {type(values).__name__}: expected a tensor")
    if values.layout != torch.strided:
        raise CircuitError(f"{name} are stored as {values.layout}: expected a dense tensor")
    if (values.dtype, values.device) != (weights.dtype, weights.device):
        raise CircuitError(
            f"{name} are {values.dtype} on {values.device} but weights {weights.dtype} on "
            f"{weights.device}; convert one of them"
        )


def _check_width(name: str, values: Tensor, expected: int) -> None:
    if values.ndim == 0 or values.shape[-1] != expected:
        raise CircuitError(
            f"{name} have shape {tuple(values.shape)}, but the circuit reads {expected} {name}: "
            "their last axis must be that long"
        )
    if torch.is_autocast_enabled(values.device.type):
        raise CircuitError(
            "autocast would round the simulation to half precision; run circuits under "
            f"torch.autocast({values.device.type!r}, enabled=False)"
        )
