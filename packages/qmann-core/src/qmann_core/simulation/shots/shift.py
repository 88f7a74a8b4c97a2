"""The parameter-shift rule: every rotation is shifted by a quarter turn forwards and back."""

from dataclasses import dataclass
from functools import lru_cache
from itertools import count
from math import pi

import torch
from jaxtyping import Float
from torch import Tensor

from ...circuits import (
    Circuit,
    Input,
    Operation,
    Polynomial,
    Symbol,
    Weight,
    elementary,
    symbols,
)
from ..lowering.angles import Polynomials, one_angle_each
from .evaluation import Evaluation, Gradients, Pullback
from .sampling import MAX_AMPLITUDES


@dataclass(frozen=True, eq=False)
class Shifted:
    """A circuit in elementary gates whose every rotation reads an input of its own."""

    circuit: Circuit
    """Its inputs are the amplitudes, if it encodes any, then the angles; it has no weights."""
    n_amplitudes: int
    angles: tuple[Symbol | Polynomial, ...]
    """What each rotation's angle is in the original circuit."""
    polynomials: Polynomials
    """The same, as functions of its inputs and weights."""


@lru_cache(maxsize=64)
def shifted(circuit: Circuit) -> Shifted:
    """``circuit`` with every parametrised rotation's angle as an input."""
    steps = [step for operation in circuit.operations for step in elementary(operation)]
    rotations = [part for step in steps for part in one_angle_each(step)]
    fresh = map(Input, count(circuit.n_amplitudes))
    operations: list[Operation] = []
    angles: list[Symbol | Polynomial] = []
    for rotation in rotations:
        match rotation.parameters:
            case ((Input() | Weight() | Polynomial()) as angle,) if rotation.gate in (
                "RX",
                "RY",
                "RZ",
                "PhaseShift",
            ):
                angles.append(angle)
                operations.append(Operation(rotation.gate, rotation.wires, (next(fresh),)))
            case _:
                operations.append(rotation)
    rewritten = Circuit(circuit.n_wires, tuple(operations), circuit.observables)
    polynomials = Polynomials(angles, circuit.n_inputs)
    return Shifted(rewritten, circuit.n_amplitudes, tuple(angles), polynomials)


def parameter_shift(pullback: Pullback) -> Gradients:
    """Exact: an angle t of a rotation enters as cos(t) and sin(t) only, at frequency 1."""
    rule = shifted(pullback.evaluation.circuit)
    wanted = {Input: pullback.wants_inputs, Weight: pullback.wants_weights}
    positions = [k for k, a in enumerate(rule.angles) if any(wanted[type(s)] for s in symbols(a))]
    inputs = pullback.inputs.detach().requires_grad_(pullback.wants_inputs)
    weights = pullback.weights.detach().requires_grad_(pullback.wants_weights)
    leaves = [leaf for leaf in (inputs, weights) if leaf.requires_grad]
    if positions:
        with torch.enable_grad():
            angles = _angles(rule, inputs, weights)
        slopes = _slopes(pullback, rule, angles.detach(), positions)
        found = iter(torch.autograd.grad(angles, leaves, slopes, materialize_grads=True))
    else:
        found = iter([torch.zeros_like(leaf) for leaf in leaves])
    return (
        next(found) if pullback.wants_inputs else None,
        next(found) if pullback.wants_weights else None,
    )


def unshifted(
    evaluation: Evaluation,
    inputs: Float[Tensor, "sample n_inputs"],
    weights: Float[Tensor, "gate n_weights"],
) -> Float[Tensor, "sample gate n_observables"]:
    """Values by the circuit that `parameter_shift` runs."""
    rule = shifted(evaluation.circuit)
    rows = _rows(rule, inputs, _angles(rule, inputs, weights))
    return evaluation._replace(circuit=rule.circuit)(rows, inputs.new_empty(0))


def _angles(rule: Shifted, inputs: Tensor, weights: Tensor) -> Float[Tensor, "sample gate angle"]:
    pairs = len(inputs), len(weights), -1
    known = [inputs.unsqueeze(1).expand(pairs), weights.expand(pairs)]
    return rule.polynomials(torch.cat(known, dim=2))


def _rows(rule: Shifted, inputs: Tensor, angles: Tensor) -> Float[Tensor, "sample gate n_inputs"]:
    """The inputs of its circuit: amplitudes, then angles."""
    amplitudes = inputs[:, None, : rule.n_amplitudes]
    return torch.cat([amplitudes.expand(-1, angles.shape[1], -1), angles], dim=2)


def _slopes(
    pullback: Pullback,
    rule: Shifted,
    angles: Float[Tensor, "sample gate angle"],
    positions: list[int],
) -> Float[Tensor, "sample gate angle"]:
    """d(cotangent . values) / d angle for the angles at ``positions``, 0 for the others.

    Every sample, gate, position and direction is one row; rows are evaluated in chunks.
    """
    evaluation = pullback.evaluation._replace(circuit=rule.circuit)
    start = _rows(rule, pullback.inputs, angles).flatten(0, 1)
    cotangent = pullback.cotangent.flatten(0, 1)
    column = rule.n_amplitudes + torch.tensor(positions, device=angles.device)
    none = angles.new_empty(0)
    chunk = max(1, MAX_AMPLITUDES // max(2**rule.circuit.n_wires, start.shape[1]))
    parts = []
    rows = torch.arange(2 * len(positions) * len(start), device=angles.device)
    for row in torch.split(rows, chunk):
        sample, shift = row // (2 * len(positions)), row % (2 * len(positions))
        quarter = pi / 2 * (1 - 2 * (shift % 2)).to(angles.dtype)
        moved = start[sample].scatter_add(1, column[shift // 2][:, None], quarter[:, None])
        parts.append((evaluation(moved, none) * cotangent[sample]).sum(-1))
    values = torch.cat(parts).reshape(*angles.shape[:-1], len(positions), 2)
    slopes = torch.zeros_like(angles)
    slopes[..., positions] = (values[..., 0] - values[..., 1]) / 2
    return slopes
