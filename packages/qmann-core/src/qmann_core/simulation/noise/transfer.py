"""Matrices on Pauli vectors: of the runs between links, and of the links, all at once.

Every gate on one wire is a rotation ``RZ(c) RY(b) RZ(a)`` of the Bloch vector. What depends on
inputs has a matrix per sample; everything else has one for all samples.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import pi

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from ...circuits import Input, Operation, Parameter, Polynomial, Weight, symbols
from ..tensors.tables import Arrays, Tensors
from .rates import transfer_matrix
from .schedule import Link, Noise, Run, reads_inputs

_TURNS: dict[str, tuple[float, float, float]] = {
    "I": (0.0, 0.0, 0.0),
    "X": (pi / 2, pi, -pi / 2),
    "Y": (0.0, pi, 0.0),
    "Z": (pi, 0.0, 0.0),
    "H": (pi, pi / 2, 0.0),
    "S": (pi / 2, 0.0, 0.0),
    "T": (pi / 4, 0.0, 0.0),
}
"""a, b and c of the gates without parameters, up to a global phase."""
_LINKS: dict[str, list[list[complex]]] = {
    "I": [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]],
    "CNOT": [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 1], [0, 0, 1, 0]],
    "CZ": [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, -1]],
    "SWAP": [[1, 0, 0, 0], [0, 0, 1, 0], [0, 1, 0, 0], [0, 0, 0, 1]],
}
_FIXED_STEPS = (None, Noise.ONE, Noise.EACH)  # first in the table of steps: nothing, and noise


@dataclass(frozen=True)
class Parameters:
    """Inputs, weights and noise in the form that matrices are made of."""

    inputs: Float[Tensor, "sample input"]
    weights: Float[Tensor, "gate weight"]
    after_one: Float[Tensor, "4 4"]
    after_each: Float[Tensor, "4 4"]
    after_both: Float[Tensor, "16 16"] | None


class Matrices:
    """The matrices of some runs, and of links whose runs come first among them.

    Args:
        name: what constants are filed under.
        links: whose runs and matrices to make.
        runs: further runs.
        n_inputs: inputs of the circuit.
    """

    def __init__(
        self, name: str, links: Sequence[Link], runs: Sequence[Run], n_inputs: int
    ) -> None:
        self.name = name
        everything = [*(run for link in links for run in link.runs), *runs]
        self.n_links = len(links)
        self.n_runs = len(everything)
        self.reads_inputs = any(map(reads_inputs, everything))
        gates = [step for run in everything for step in run if isinstance(step, Operation)]
        self.n_gates = len(gates)
        angles = [angle for gate in gates for angle in _turns(gate)]
        self.reads_weights = any(
            isinstance(symbol, Weight) for angle in angles for symbol in symbols(angle)
        )
        first_weight = 1 + (n_inputs if self.reads_inputs else 0)
        factors, coefficients = _polynomials(angles, first_weight)
        self.arrays: Arrays = {
            f"{name}.factors": factors,
            f"{name}.coefficients": coefficients,
            f"{name}.order": _order(everything),
            f"{name}.gates": np.array(
                [3 * list(_LINKS).index(link.gate) + _noise_case(link) for link in links],
                dtype=np.int32,
            ),
        }

    def make(
        self, given: Parameters, constants: Tensors
    ) -> tuple[Float[Tensor, "gate sample run 4 4"], Float[Tensor, "gate sample link 16 16"]]:
        """The matrices of the runs that do not belong to links, and of the links.

        The gate and sample axes have length 1 where nothing depends on them.
        """
        if not self.n_runs:
            nothing = given.weights.new_zeros(1, 1, 0, 4, 4)
            return nothing, given.weights.new_zeros(1, 1, 0, 16, 16)
        steps = self._steps(given, constants)
        order = constants[f"{self.name}.order"]  # (run, place)
        table = steps.index_select(2, order.flatten())
        table = table.reshape(*steps.shape[:2], *order.shape, 4, 4)
        runs = table[:, :, :, 0]
        for place in range(1, order.shape[1]):
            runs = table[:, :, :, place] @ runs
        pairs, others = runs[:, :, : 2 * self.n_links], runs[:, :, 2 * self.n_links :]
        pairs = pairs.reshape(*pairs.shape[:2], self.n_links, 2, 4, 4)
        return others, self._links(pairs, given, constants)

    def _steps(
        self, given: Parameters, constants: Tensors
    ) -> Float[Tensor, "gate sample step 4 4"]:
        """Nothing, the noise on single wires, and all gates."""
        angles = self._angles(given, constants)
        angles = angles.reshape(*angles.shape[:2], self.n_gates, 3)
        features = torch.stack((torch.ones_like(angles), angles.cos(), angles.sin()), dim=-1)
        a, b, c = features.unbind(3)
        about_y, about_z = constants["turns"].unbind()  # (feature, entry)
        first, middle, last = (
            (feature @ basis).reshape(*feature.shape[:-1], 4, 4)
            for feature, basis in ((a, about_z), (b, about_y), (c, about_z))
        )
        fixed = torch.stack((torch.eye(4).to(given.after_one), given.after_one, given.after_each))
        return torch.cat((fixed.expand(*angles.shape[:2], 3, 4, 4), last @ middle @ first), dim=2)

    def _angles(self, given: Parameters, constants: Tensors) -> Float[Tensor, "gate sample angle"]:
        """The angles a, b, c of all gates: polynomials of inputs and weights."""
        n_gates = len(given.weights) if self.reads_weights else 1
        n_samples = len(given.inputs) if self.reads_inputs else 1
        parts = [given.weights.new_ones(n_gates, n_samples, 1)]
        if self.reads_inputs:
            parts.append(given.inputs[None].expand(n_gates, -1, -1))
        if self.reads_weights:
            parts.append(given.weights[:, None].expand(-1, n_samples, -1))
        symbols_ = torch.cat(parts, dim=2)
        factors = constants[f"{self.name}.factors"].unbind()  # each (term,)
        terms = symbols_.index_select(2, factors[0])
        for factor in factors[1:]:
            terms = terms * symbols_.index_select(2, factor)
        return terms @ constants[f"{self.name}.coefficients"]

    def _links(
        self,
        runs: Float[Tensor, "gate sample link 2 4 4"],
        given: Parameters,
        constants: Tensors,
    ) -> Float[Tensor, "gate sample link 16 16"]:
        """Noise after the gate after both runs."""
        left, right = runs.unbind(3)
        both = left[..., :, None, :, None] * right[..., None, :, None, :]
        gates = constants["gates"]  # (gate, 16, 16)
        if given.after_both is not None:
            turned = exchanged(given.after_both)
            gates = torch.stack((gates, given.after_both @ gates, turned @ gates), dim=1)
        else:
            gates = gates[:, None].expand(-1, 3, -1, -1)
        chosen = gates.flatten(0, 1).index_select(0, constants[f"{self.name}.gates"])
        return chosen @ both.flatten(-4, -3).flatten(-2)


def exchanged(matrices: Float[Tensor, "*batch 16 16"]) -> Float[Tensor, "*batch 16 16"]:
    """The same with their two wires exchanged."""
    places = matrices.reshape(*matrices.shape[:-2], 4, 4, 4, 4)
    return places.transpose(-4, -3).transpose(-2, -1).reshape(matrices.shape)


def shared_arrays() -> Arrays:
    """Constants that the matrices of every circuit are made of."""
    about_y, about_z = np.zeros((2, 3, 4, 4))
    about_y[0, 0, 0] = about_y[0, 2, 2] = about_z[0, 0, 0] = about_z[0, 3, 3] = 1
    about_y[1, 1, 1] = about_y[1, 3, 3] = about_y[2, 1, 3] = 1
    about_y[2, 3, 1] = -1
    about_z[1, 1, 1] = about_z[1, 2, 2] = about_z[2, 2, 1] = 1
    about_z[2, 1, 2] = -1
    unitaries = torch.tensor(list(_LINKS.values()), dtype=torch.complex128)
    gates = torch.stack([transfer_matrix(unitary[None]) for unitary in unitaries])
    return {
        "turns": np.stack([about_y, about_z]).reshape(2, 3, 16),
        "gates": gates.numpy(),
    }


def _turns(gate: Operation) -> tuple[Parameter, Parameter, Parameter]:
    """The angles a, b and c of ``RZ(c) RY(b) RZ(a)``."""
    match gate.gate, gate.parameters:
        case "RX", (t,):
            return pi / 2, t, -pi / 2
        case "RY", (t,):
            return 0.0, t, 0.0
        case (("RZ" | "PhaseShift"), (t,)):
            return t, 0.0, 0.0
        case "Rot", (a, b, c):
            return a, b, c
    return _TURNS[gate.gate]


def _polynomials(
    angles: list[Parameter], first_weight: int
) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    """Columns whose products are the terms, (factor, term), and coefficients, (term, angle).

    Column 0 is 1, then come inputs, then weights.
    """
    sums = [_terms(angle) for angle in angles]
    terms = {factors: row for row, factors in enumerate(dict.fromkeys(f for s in sums for f in s))}
    columns = np.zeros((max([1, *map(len, terms)]), len(terms)), dtype=np.int32)
    for factors, row in terms.items():
        for place, symbol in enumerate(factors):
            start = 1 if isinstance(symbol, Input) else first_weight
            columns[place, row] = start + symbol.index
    coefficients = np.zeros((len(terms), len(angles)))
    for angle, total in enumerate(sums):
        for factors, coefficient in total.items():
            coefficients[terms[factors], angle] = coefficient
    return columns, coefficients


def _terms(angle: Parameter) -> dict[tuple[Input | Weight, ...], float]:
    match angle:
        case Input() | Weight():
            return {(angle,): 1.0}
        case Polynomial(constant, terms):
            return {(): constant} | {term.factors: term.coefficient for term in terms}
    return {(): float(angle)}


def _order(runs: list[Run]) -> NDArray[np.int32]:
    """(run, place): where in the table of steps each step of each run is; 0 is no step."""
    order = np.zeros((len(runs), max([1, *map(len, runs)])), dtype=np.int32)
    n_gates = 0
    for row, run in enumerate(runs):
        for place, step in enumerate(run):
            if isinstance(step, Noise):
                order[row, place] = _FIXED_STEPS.index(step)
            else:
                order[row, place] = len(_FIXED_STEPS) + n_gates
                n_gates += 1
    return order


def _noise_case(link: Link) -> int:
    """0: no noise on both wires, 1: in the order of the link's wires, 2: in the other order."""
    if link.noise is None:
        return 0
    return 1 if link.noise == link.wires else 2
