"""Differences of values at moved parameters: SPSA and central differences."""

from math import prod

import torch
from jaxtyping import Float
from torch import Tensor

from .evaluation import Gradients, Pullback
from .sampling import MAX_AMPLITUDES


def spsa(pullback: Pullback, step: float, directions: int) -> Gradients:
    """All parameters move at once by ``step`` along random signs: the mean over directions.

    A set of weights moves alike for all samples, and a sample alike for all sets of weights.
    """
    evaluation, inputs, weights, cotangent, wants_inputs, wants_weights = pullback
    n_batch, n_gates = len(pullback.batch), len(pullback.gates)
    of_batch = tuple(range(n_batch))
    of_gates = tuple(range(n_batch, n_batch + n_gates))
    of_inputs, of_weights = torch.zeros_like(inputs), torch.zeros_like(weights)
    for _ in range(directions):
        signs = _signs(inputs, evaluation.generator, wanted=wants_inputs)
        weight_signs = _signs(weights, evaluation.generator, wanted=wants_weights)
        plus = evaluation(inputs + step * signs, weights + step * weight_signs)
        minus = evaluation(inputs - step * signs, weights - step * weight_signs)
        slope = ((plus - minus) * cotangent).sum(-1) / (2 * step * directions)
        of_inputs += _summed(slope, of_gates)[..., None] * signs
        of_weights += _summed(slope, of_batch)[..., None] * weight_signs
    return of_inputs if wants_inputs else None, of_weights if wants_weights else None


def finite_difference(pullback: Pullback, step: float) -> Gradients:
    """One parameter after the other moves by ``step`` forwards and back."""
    return (
        _of_inputs(pullback, step) if pullback.wants_inputs else None,
        _of_weights(pullback, step) if pullback.wants_weights else None,
    )


def _of_inputs(pullback: Pullback, step: float) -> Float[Tensor, "*batch n_inputs"]:
    parts = []
    for moves in _moves(pullback, pullback.inputs, step):
        places = (len(moves), 2, *(1,) * len(pullback.batch), pullback.inputs.shape[-1])
        values = pullback.evaluation(pullback.inputs + moves.reshape(places), pullback.weights)
        slopes = (values[:, 0] - values[:, 1]) * pullback.cotangent / (2 * step)
        parts.append(slopes.flatten(1 + len(pullback.batch)).sum(-1))
    return _columns(parts, pullback.inputs)


def _of_weights(pullback: Pullback, step: float) -> Float[Tensor, "*gates n_weights"]:
    parts = []
    n_batch = len(pullback.batch)
    for moves in _moves(pullback, pullback.weights, step):
        places = (len(moves), 2, *(1,) * len(pullback.gates), pullback.weights.shape[-1])
        values = pullback.evaluation(pullback.inputs, pullback.weights + moves.reshape(places))
        values = values.movedim((n_batch, n_batch + 1), (0, 1))
        slopes = (values[:, 0] - values[:, 1]) * pullback.cotangent / (2 * step)
        batch = tuple(range(1, 1 + n_batch))
        parts.append(_summed(slopes.sum(-1), batch))
    return _columns(parts, pullback.weights)


def _moves(pullback: Pullback, leaf: Tensor, step: float) -> tuple[Tensor, ...]:
    """(parameter, forwards and back, parameter): as many at once as fit into memory."""
    each = torch.eye(leaf.shape[-1], dtype=leaf.dtype, device=leaf.device)
    rows = 2 * prod(pullback.batch) * prod(pullback.gates)
    amplitudes = max(1, rows * 2**pullback.evaluation.circuit.n_wires)
    moves = step * torch.stack([each, -each], dim=1)
    return torch.split(moves, max(1, MAX_AMPLITUDES // amplitudes))


def _columns(parts: list[Tensor], leaf: Tensor) -> Tensor:
    """Parameters first, in parts, to parameters last."""
    return torch.cat(parts).movedim(0, -1).reshape(leaf.shape)


def _summed(values: Tensor, axes: tuple[int, ...]) -> Tensor:
    return values.sum(axes) if axes else values  # torch.sum takes no axes for all of them


def _signs(like: Tensor, generator: torch.Generator | None, *, wanted: bool) -> Tensor:
    """+1 or -1 for every entry, equally likely; zeros where they are not wanted."""
    if not wanted:
        return torch.zeros_like(like)
    bits = torch.randint(0, 2, like.shape, generator=generator, device=like.device)
    return (2 * bits - 1).to(like.dtype)
