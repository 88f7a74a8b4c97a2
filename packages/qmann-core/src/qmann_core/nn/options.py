"""Options that several layers take, checked."""

from numbers import Real

import torch

from ..errors import ConfigError


def probability(name: str, given: float) -> float:
    """A number from 0 to 1.

    Raises:
        ConfigError: none.
    """
    if not isinstance(given, Real) or not 0 <= given <= 1:
        raise ConfigError(f"got {name} {given!r}: expected a probability, 0 to 1")
    return float(given)


def check_precision(dtype: torch.dtype | None) -> None:
    """Refuse a dtype in which no circuit runs.

    Raises:
        ConfigError: another than float32 or float64.
    """
    if dtype not in (None, torch.float32, torch.float64):
        raise ConfigError(f"got dtype {dtype}: expected torch.float32 or torch.float64")


def check_generator(generator: torch.Generator | None) -> None:
    """Refuse what is no generator.

    Raises:
        ConfigError: a seed, for example.
    """
    if not isinstance(generator, torch.Generator | None):
        raise ConfigError(
            f"got generator {generator!r}: expected one of torch; write "
            "torch.Generator().manual_seed(seed)"
        )
