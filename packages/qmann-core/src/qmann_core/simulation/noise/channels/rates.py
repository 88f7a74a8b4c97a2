"""A rate: a number, or a tensor whose derivative is wanted."""

import torch
from jaxtyping import Float
from torch import Tensor

from ....errors import CircuitError

Rate = float | Float[Tensor, ""]


def number(name: str, rate: Rate | Tensor) -> float:
    """The rate's value.

    Raises:
        CircuitError: a tensor with axes.
    """
    if not isinstance(rate, Tensor):
        return rate
    if rate.ndim:
        raise CircuitError(
            f"{name} is a number or a tensor without axes, got one of shape {tuple(rate.shape)}"
        )
    return float(rate.detach())


def check_probability(name: str, rate: Rate | Tensor) -> None:
    """Refuse what is not between 0 and 1."""
    value = number(name, rate)
    if not 0 <= value <= 1:
        raise CircuitError(f"{name} is a number between 0 and 1, got {value:g}")


def stacked(
    rates: tuple[Rate, ...], dtype: torch.dtype, device: torch.device | None
) -> Float[Tensor, " rate"]:
    """Rates as one tensor; tensors among them must have the precision and device asked for."""
    tensors = [rate for rate in rates if isinstance(rate, Tensor)]
    if device is None:
        device = tensors[0].device if tensors else torch.device("cpu")
    for rate in tensors:
        if rate.dtype != dtype or rate.device != device:
            raise CircuitError(
                f"a rate is {rate.dtype} on {rate.device}, but {dtype} on {device} is asked for; "
                "convert it, or use numbers"
            )
    return torch.stack([torch.as_tensor(rate, dtype=dtype, device=device) for rate in rates])


def root(values: Float[Tensor, "*shape"], *, floor: float = 0.0) -> Float[Tensor, "*shape"]:
    """Square roots; 0 up to ``floor``, with derivative 0: an operator that vanishes stays away."""
    positive = values > floor
    return torch.where(positive, torch.where(positive, values, 1.0).sqrt(), 0.0)
