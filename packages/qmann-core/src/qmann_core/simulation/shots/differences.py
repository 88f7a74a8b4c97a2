"""Differences of values at moved parameters: SPSA and central differences."""

from collections.abc import Callable

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
    of_inputs, of_weights = torch.zeros_like(inputs), torch.zeros_like(weights)
    for _ in range(directions):
        signs = _signs(inputs, evaluation.generator, wanted=wants_inputs)
        weight_signs = _signs(weights, evaluation.generator, wanted=wants_weights)
        plus = evaluation(inputs + step * signs, weights + step * weight_signs)
        minus = evaluation(inputs - step * signs, weights - step * weight_signs)
        slope = ((plus - minus) * cotangent).sum(-1) / (2 * step * directions)  # (sample, gate)
        of_inputs += slope.sum(1, keepdim=True) * signs
        of_weights += slope.sum(0).unsqueeze(1) * weight_signs
    return of_inputs if wants_inputs else None, of_weights if wants_weights else None


def finite_difference(pullback: Pullback, step: float) -> Gradients:
    """One parameter after the other moves by ``step`` forwards and back."""
    evaluation, inputs, weights, cotangent, wants_inputs, wants_weights = pullback

    def moved_inputs(moves: Tensor) -> Tensor:
        values = evaluation(inputs + moves.unsqueeze(2), weights)
        return ((values[:, 0] - values[:, 1]) * cotangent).sum((2, 3))

    def moved_weights(moves: Tensor) -> Tensor:
        values = evaluation(inputs, weights + moves.unsqueeze(2)).movedim(0, 2)
        return ((values[:, 0] - values[:, 1]) * cotangent).sum((1, 3))

    return (
        _by_each(moved_inputs, pullback, inputs, step) if wants_inputs else None,
        _by_each(moved_weights, pullback, weights, step) if wants_weights else None,
    )


def _by_each(
    difference: Callable[[Tensor], Tensor], pullback: Pullback, leaf: Tensor, step: float
) -> Float[Tensor, "row parameter"]:
    """Slopes by every parameter of ``leaf``, as many at once as fit into memory.

    ``difference`` takes moves, (parameter, forwards and back, parameter), to (parameter, row).
    """
    each = step * torch.eye(leaf.shape[-1], dtype=leaf.dtype, device=leaf.device)
    n_rows = 2 * len(pullback.inputs) * len(pullback.weights)
    amplitudes = max(1, n_rows * 2**pullback.evaluation.circuit.n_wires)
    moves = torch.stack([each, -each], dim=1)
    parts = torch.split(moves, max(1, MAX_AMPLITUDES // amplitudes))
    return torch.cat([difference(part) for part in parts]).T / (2 * step)


def _signs(like: Tensor, generator: torch.Generator | None, *, wanted: bool) -> Tensor:
    """+1 or -1 for every entry, equally likely; zeros where they are not wanted."""
    if not wanted:
        return torch.zeros_like(like)
    bits = torch.randint(0, 2, like.shape, generator=generator, device=like.device)
    return (2 * bits - 1).to(like.dtype)
