"""A compiled noisy circuit: the matrices of its links, start and end, and their order."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, groupby

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from ...circuits import Circuit, Observable, Projector
from ...errors import CircuitError
from ..tensors.tables import Arrays, Tensors, as_masters
from .rates import LETTERS
from .schedule import Link, Run, reads_inputs, schedule
from .transfer import Matrices, Parameters, exchanged, shared_arrays

MAX_WIRES = 10


@dataclass(frozen=True)
class Block:
    """Consecutive links on the same two wires."""

    wires: tuple[int, int]
    links: tuple[int, ...]
    """Their positions."""
    reads_inputs: bool


@dataclass(frozen=True)
class Made:
    """The matrices of a circuit for some inputs, weights and rates."""

    start: Float[Tensor, "#gate #sample wire 4 4"]
    end: Float[Tensor, "#gate #sample wire 4 4"]
    blocks: list[Tensor]
    """Each (gate, sample, 16, 16)."""


class Program:
    """What can be worked out from a circuit and the kinds of noise, without their rates.

    Raises:
        CircuitError: too many wires, or noise on two wires at once after a gate on three.
    """

    def __init__(self, circuit: Circuit, *, one: bool, each: bool, both: bool) -> None:
        _check_size(circuit.n_wires)
        self.circuit = circuit
        plan = schedule(circuit, one=one, each=each, both=both)
        self.n_amplitudes = plan.n_amplitudes
        self.links = plan.links
        self.links_read_inputs = tuple(link.reads_inputs for link in plan.links)
        self.blocks = _blocks(plan.links)
        self.start_reads_inputs = any(map(reads_inputs, plan.start))
        self.end_reads_inputs = any(map(reads_inputs, plan.end))
        self.fixed = self._matrices(plan.start, plan.end, is_varied=False)
        self.varied = self._matrices(plan.start, plan.end, is_varied=True)
        arrays: Arrays = {
            **self.fixed.arrays,
            **self.varied.arrays,
            **shared_arrays(),
            "observables": observable_vectors(circuit),
        }
        self.masters = as_masters(arrays)

    def _matrices(self, start: Sequence[Run], end: Sequence[Run], *, is_varied: bool) -> Matrices:
        return Matrices(
            "varied" if is_varied else "fixed",
            [link for link in self.links if link.reads_inputs is is_varied],
            [
                *(start if self.start_reads_inputs is is_varied else ()),
                *(end if self.end_reads_inputs is is_varied else ()),
            ],
            self.circuit.n_inputs,
        )

    def make(self, given: Parameters, constants: Tensors) -> Made:
        """All matrices."""
        fixed_runs, fixed_links = self.fixed.make(given, constants)
        varied_runs, varied_links = self.varied.make(given, constants)
        starts, ends = (
            varied_runs if varied else fixed_runs
            for varied in (self.start_reads_inputs, self.end_reads_inputs)
        )
        n = self.circuit.n_wires
        fixed, varied = iter(fixed_links.unbind(2)), iter(varied_links.unbind(2))
        links = [next(varied if per_sample else fixed) for per_sample in self.links_read_inputs]
        return Made(
            starts[:, :, :n], ends[:, :, -n:], [self._block(block, links) for block in self.blocks]
        )

    def _block(self, block: Block, links: list[Tensor]) -> Tensor:
        """The links of a block one after the other."""
        first, *others = block.links
        matrix = links[first]
        for position in others:
            later = links[position]
            if self.links[position].wires != block.wires:
                later = exchanged(later)
            matrix = later @ matrix
        return matrix

    def n_forward(self, n_samples: int) -> int:
        """How many blocks act on states, the others on observables, so that it costs least.

        States and observables both start as products and grow as blocks join their wires; blocks
        that read inputs leave one set of observables per sample.
        """
        wires = [block.wires for block in self.blocks]
        joined = range(self.circuit.n_wires) if self.n_amplitudes else ()
        states = [n_samples * size for size in _sizes(wires, joined)]
        backwards = self.blocks[::-1]
        seen = accumulate((b.reads_inputs for b in backwards), max, initial=self.end_reads_inputs)
        sets = [n_samples if varied else 1 for varied in seen][1:]
        sizes = _sizes(wires[::-1], ())
        n_observables = len(self.circuit.observables)
        observables = [n_observables * n * size for n, size in zip(sets, sizes, strict=True)]
        before = accumulate(states, initial=0)
        after = reversed(list(accumulate(observables, initial=0)))
        costs = [sum(pair) for pair in zip(before, after, strict=True)]
        return costs.index(min(costs))


def observable_vectors(circuit: Circuit) -> NDArray[np.float64]:
    """Each observable as a product of Pauli vectors: (wire, entry, observable)."""
    vectors = np.zeros((circuit.n_wires, 4, len(circuit.observables)))
    vectors[:, 0] = 1
    for column, observable in enumerate(circuit.observables):
        for wire, factor in zip(observable.wires, _factors(observable), strict=True):
            vectors[wire, :, column] = factor
    return vectors


def _factors(observable: Observable | Projector) -> list[list[float]]:
    if isinstance(observable, Observable):
        return [[float(letter == other) for other in LETTERS] for letter in observable.word]
    return [[0.5, 0.0, 0.0, 0.5 if bit == "0" else -0.5] for bit in observable.bits]


def _blocks(links: Sequence[Link]) -> list[Block]:
    """Neighbours on the same pair of wires together."""
    groups = groupby(range(len(links)), key=lambda position: frozenset(links[position].wires))
    positions = [tuple(group) for _, group in groups]
    return [
        Block(links[group[0]].wires, group, any(links[i].reads_inputs for i in group))
        for group in positions
    ]


def _sizes(wires: Sequence[tuple[int, int]], joined: Sequence[int]) -> list[int]:
    """Entries of the joint vector after each pair of wires was linked."""
    sets = accumulate(wires, lambda done, pair: done | set(pair), initial=set(joined))
    return [4 ** len(done) for done in sets][1:]


def _check_size(n_wires: int) -> None:
    if n_wires > MAX_WIRES:
        memory = 8 * 4**n_wires / 2**30
        raise CircuitError(
            f"density matrices go up to {MAX_WIRES} wires, the circuit has {n_wires}: one sample "
            f"would take {memory:,.3g} GiB in double precision, and as much again for each gate on "
            "two wires while gradients are recorded; use fewer wires, or compile_circuit, which "
            "has no noise"
        )
