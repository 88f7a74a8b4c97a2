"""What is known of a circuit: proofs, witnesses and numbers, before any wording."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..circuits import Circuit, Input, Symbol, Weight, symbols
from ..simulation import compile_circuit
from .paths import walk
from .steps import angle, axis, cost, encodes_amplitudes, packed, program
from .support import I_OR_Z, Letters, Verdict, forwards, measured, quarter_turns, reach

Point = tuple[Tensor, Tensor]
"""Inputs and weights, in double precision."""

NOTHING = 1e-9
"""Smaller changes and derivatives are taken for rounding errors."""
_N_POINTS = 3
_N_WALKS = 4096


@dataclass(frozen=True)
class Group:
    """Observables that act alike: the same letters on the same wires."""

    observables: tuple[int, ...]
    """Their indices."""
    letters: Letters
    verdicts: tuple[Verdict, ...]
    """What the letters tell of every step."""
    cone: frozenset[int]
    """The wires that they depend on."""
    variances: NDArray[np.float64]
    """By random walks, the mean square of the derivative with respect to each step's angle."""
    spread: float
    """Wires that such a walk's word acts on when it ends, on average."""

    def meets(self, position: int) -> bool:
        """Whether a random walk has met a step and ended in an expectation value of 1 or -1.

        It proves an effect of the step if these are Pauli words and the circuit ``is_free``.
        """
        is_word = I_OR_Z not in self.letters
        return is_word and bool(self.variances[position] > 0)


@dataclass(frozen=True)
class Excerpt:
    """Some observables by their ``indices``, and a circuit of the ``wires`` that they depend on."""

    indices: tuple[int, ...]
    wires: tuple[int, ...]
    circuit: Circuit


@dataclass(frozen=True)
class Evidence:
    """A circuit and what was found out about it."""

    circuit: Circuit
    program: Circuit
    """Its steps."""
    groups: tuple[Group, ...]
    """Its observables."""
    whole: Excerpt
    """What all observables depend on."""
    excerpts: tuple[Excerpt, ...]
    """What can be simulated within the budget; all observables only if ``complete``."""
    complete: bool
    turns: dict[Symbol, list[int]]
    """For every input and weight, the steps that it enters."""
    is_free: bool
    """Whether no effect can cancel another: every input and weight turns once, and no constant turn
    splits a Pauli word in two."""
    budget: int
    """What bounds the simulation, in steps times amplitudes."""


def collect(circuit: Circuit, budget: int) -> Evidence:
    """Look at ``circuit`` from all sides; ``budget`` bounds the steps times amplitudes."""
    steps = program(circuit)
    groups = tuple(_groups(steps))
    whole = _excerpt(steps, groups)
    excerpts = [whole]
    if cost(whole.circuit) > budget:
        excerpts = [_excerpt(steps, (group,)) for group in groups]
    excerpts.sort(key=lambda one: cost(one.circuit))
    costs = list(accumulate(cost(one.circuit) for one in excerpts))
    within = tuple(one for one, its in zip(excerpts, costs, strict=True) if its <= budget)
    turns: dict[Symbol, list[int]] = {}
    for position, step in enumerate(steps.operations):
        for symbol in (s for parameter in step.parameters for s in symbols(parameter)):
            turns.setdefault(symbol, []).append(position)
    return Evidence(
        circuit=circuit,
        program=steps,
        groups=groups,
        whole=whole,
        excerpts=within,
        complete=len(within) == len(excerpts),
        turns=turns,
        is_free=_is_free(steps, turns),
        budget=budget,
    )


def verdicts(evidence: Evidence) -> dict[Symbol, Verdict]:
    """The verdict on every input and weight of the circuit."""
    circuit = evidence.circuit
    every: list[Symbol] = [Input(k) for k in range(circuit.n_inputs)]
    every += [Weight(k) for k in range(circuit.n_weights)]
    found = {symbol: _proved(evidence, symbol) for symbol in every}
    tried = _tried(evidence, [s for s, its in found.items() if its is Verdict.UNKNOWN])
    if not evidence.complete:
        tried = {symbol: its for symbol, its in tried.items() if its is Verdict.ALIVE}
    return found | tried


def random_point(circuit: Circuit, rng: np.random.Generator) -> Point:
    """A value for every input and weight."""
    inputs, weights = (
        torch.from_numpy(rng.uniform(-3.0, 3.0, count))
        for count in (circuit.n_inputs, circuit.n_weights)
    )
    return inputs, weights


def values(circuit: Circuit, point: Point) -> Tensor:
    """The expectation values at a point of the circuit, or of one that it is an excerpt of."""
    inputs, weights = point
    plan = compile_circuit(circuit, strategy="adjoint")
    result: Tensor = plan(inputs[: circuit.n_inputs], weights[: circuit.n_weights])
    return result


def slopes(circuit: Circuit, coefficients: Tensor, point: Point) -> dict[Symbol, float]:
    """The derivatives of ``sum_k coefficient_k <O_k>`` by inputs and weights."""
    inputs, weights = (part.requires_grad_() for part in point)
    with torch.enable_grad():
        total = coefficients @ values(circuit, (inputs, weights))
    by_inputs, by_weights = torch.autograd.grad(total, (inputs, weights), materialize_grads=True)
    found: dict[Symbol, float] = {Input(k): slope for k, slope in enumerate(by_inputs.tolist())}
    return found | {Weight(k): slope for k, slope in enumerate(by_weights.tolist())}


def _groups(steps: Circuit) -> Iterator[Group]:
    state = forwards(steps)
    rng = np.random.default_rng(0)
    alike: dict[Letters, tuple[int, ...]] = {}
    for index, observable in enumerate(steps.observables):
        letters = measured(observable, steps.n_wires)
        alike[letters] = (*alike.get(letters, ()), index)
    for letters, indices in alike.items():
        told, cone = reach(steps, letters, state)
        variances, spread = walk(steps, letters, state, rng, _N_WALKS)
        yield Group(
            observables=indices,
            letters=letters,
            verdicts=told,
            cone=cone,
            variances=variances,
            spread=spread,
        )


def _excerpt(steps: Circuit, groups: tuple[Group, ...]) -> Excerpt:
    """What these observables depend on; an encoding of amplitudes keeps all wires."""
    indices = tuple(sorted(index for group in groups for index in group.observables))
    wires = {wire for index in indices for wire in steps.observables[index].wires}
    wires = wires.union(*(group.cone for group in groups)) or {0}
    kept = tuple(range(steps.n_wires)) if encodes_amplitudes(steps) else tuple(sorted(wires))
    return Excerpt(indices, kept, packed(steps, kept, indices))


def _proved(evidence: Evidence, symbol: Symbol) -> Verdict:
    """The verdict of the letters and of random walks: a proof, or UNKNOWN."""
    if symbol not in evidence.turns:
        return Verdict.UNUSED
    acts = [(group, at) for group in evidence.groups for at in evidence.turns[symbol]]
    told = max((group.verdicts[at] for group, at in acts), default=Verdict.UNSEEN)
    if told is Verdict.UNKNOWN and evidence.is_free and any(group.meets(at) for group, at in acts):
        return Verdict.ALIVE
    return told


def _tried(evidence: Evidence, open_ones: list[Symbol]) -> dict[Symbol, Verdict]:
    """The verdict of derivatives at random points."""
    rng = np.random.default_rng(0)
    found = dict.fromkeys(open_ones, Verdict.ZERO)
    for _ in range(_N_POINTS):
        if Verdict.ZERO not in found.values():
            break
        point = random_point(evidence.circuit, rng)
        for part in evidence.excerpts:
            coefficients = torch.from_numpy(rng.standard_normal(len(part.indices)))
            at_point = slopes(part.circuit, coefficients, point)
            moving = {symbol for symbol, slope in at_point.items() if abs(slope) > NOTHING}
            found |= dict.fromkeys(moving.intersection(found), Verdict.ALIVE)
    return found


def _is_free(steps: Circuit, turns: dict[Symbol, list[int]]) -> bool:
    splits = any(
        axis(step) and not symbols(angle(step)) and quarter_turns(step) is None
        for step in steps.operations
    )
    return not (splits or encodes_amplitudes(steps)) and all(len(at) == 1 for at in turns.values())
