"""Two axes of networks: their family, and what is taken away from them."""

from typing import Literal, get_args

from ..errors import ConfigError

Family = Literal["reservoir", "quantum_kernel", "lstm", "gru", "dense"]
"""Fixed circuits whose readout is solved: over windows, or as a kernel between rows; or circuits
that are trained: in a recurrent cell, or between dense layers."""

Model = Literal["hybrid", Family, "best"]
"""A family, or that of the preset; "best" is that, too, beside which every model is an answer."""

Twin = Literal["classical", "separable", "frozen"]
"""No circuits, in their place classical layers; circuits whose entangling gates are removed;
circuits whose weights stay as they were drawn."""


def family_of(model: str) -> str | None:
    """The family that a model names; None for that of the preset, with which "best" compares.

    Raises:
        ConfigError: an unknown model, with the known ones.
    """
    if model in get_args(Twin):
        raise ConfigError(f"got model={model}, which is no family: set twin={model}")
    if model not in get_args(Model):
        raise ConfigError(f"got model={model}: expected one of {', '.join(get_args(Model))}")
    return None if model in ("hybrid", "best") else model


def check_twin(twin: str | None) -> None:
    """Refuse an unknown twin.

    Raises:
        ConfigError: with the known ones.
    """
    if twin is not None and twin not in get_args(Twin):
        raise ConfigError(f"got twin={twin}: expected None, {', '.join(get_args(Twin))}")
