"""What inputs and weights of a circuit must be like."""

import torch
from torch import Tensor

from ..errors import CircuitError
from .tensors.tables import COMPLEX


def check_weights(weights: Tensor, n_weights: int) -> None:
    """Refuse weights of another number or a precision other than float32 or float64."""
    _check_width("weights", weights, n_weights)
    if weights.dtype not in COMPLEX:
        raise CircuitError(f"weights are {weights.dtype}; use torch.float32 or torch.float64")


def check_inputs(inputs: Tensor, n_inputs: int, weights: Tensor) -> None:
    """Refuse inputs of another number, or not of the precision and on the device of the weights."""
    if (inputs.dtype, inputs.device) != (weights.dtype, weights.device):
        raise CircuitError(
            f"inputs are {inputs.dtype} on {inputs.device} but weights {weights.dtype} on "
            f"{weights.device}; convert one of them"
        )
    _check_width("inputs", inputs, n_inputs)


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
