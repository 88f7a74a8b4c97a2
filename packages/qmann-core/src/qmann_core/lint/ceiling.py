"""The range of a gate that is an activation of an expectation value."""

from math import tanh

from ..errors import CircuitError
from .finding import Finding

_SLACK = 0.125
_ACTIVATIONS = {"sigmoid": lambda at: 0.5 * (1.0 + tanh(0.5 * at)), "tanh": tanh}


def gate_range(
    activation: str,
    scale: float = 1.0,
    bias: float = 0.0,
    *,
    low: float = -1.0,
    high: float = 1.0,
) -> tuple[float, float]:
    """The values of ``activation(scale * <O> + bias)`` for ``<O>`` in ``[low, high]``.

    Example:
        >>> [round(end, 3) for end in gate_range("sigmoid")]
        [0.269, 0.731]
    """
    if activation not in _ACTIVATIONS:
        raise CircuitError(f"activation is 'sigmoid' or 'tanh', got {activation!r}")
    ends = [_ACTIVATIONS[activation](scale * end + bias) for end in (low, high)]
    return min(ends), max(ends)


def gate_ceiling(
    activation: str,
    scale: float = 1.0,
    bias: float = 0.0,
    *,
    low: float = -1.0,
    high: float = 1.0,
    subjects: tuple[int, ...] = (),
) -> Finding | None:
    """A finding if a gate stays away from an end of its activation's range.

    A sigmoid ranges over (0, 1), a tanh over (-1, 1); a gate that misses an end by more than 1/8 is
    reported. A recurrent cell whose forget gate is at most f keeps at most
    ``f**t`` of its memory over t steps.

    Args:
        activation: what is applied to ``scale * <O> + bias``.
        scale: the factor; 1 in published quantum LSTMs.
        bias: the offset.
        low: the least expectation value: -1 for a Pauli word, 0 for a projector.
        high: the greatest.
        subjects: the observables it is about.
    """
    bottom, top = gate_range(activation, scale, bias, low=low, high=high)
    floor = 0.0 if activation == "sigmoid" else -1.0
    if bottom - floor <= _SLACK and 1.0 - top <= _SLACK:
        return None
    effect = ""
    if activation == "sigmoid" and 1.0 - top > _SLACK:
        effect = f", and a memory behind it keeps at most {top:.3f}**t over t steps"
    argument = "<O>" if scale == 1 else f"{scale:g} <O>"
    argument += f" {bias:+g}" if bias else ""
    return Finding(
        "gate-ceiling",
        subjects,
        f"{activation}({argument}) with <O> in [{low:g}, {high:g}] is confined to "
        f"[{bottom:.3f}, {top:.3f}]{effect}; make scale and bias trainable and start with a larger "
        "scale, such as 3",
    )
