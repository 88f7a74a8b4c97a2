"""What is known of a circuit: proofs, witnesses and numbers, before any wording."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum, auto
from itertools import accumulate

import numpy as np

from ..circuits.circuit import Circuit
from ..circuits.parameters import Input, Symbol, Weight, symbols
from .excerpt import Excerpt, alike, excerpt
from .numeric import Point, slopes
from .paths import Landscape, walk
from .steps import Program, Turn, program
from .support import I_OR_Z, Effect, Letters, Reach, forwards, quarter_turns, reach

_N_POINTS = 3
_N_WALKS = 4096


class Verdict(IntEnum):
    """What is known of an input or weight; all but the last two are without any effect."""

    UNUSED = auto()
    UNSEEN = auto()
    COMMUTES = auto()
    PHASE = auto()
    VANISHES = auto()
    ZERO = auto()
    ALIVE = auto()
    UNKNOWN = auto()


@dataclass(frozen=True)
class Group:
    """Observables that act alike: the same letters on the same wires.

    Attributes:
        observables: their indices.
        letters: those letters.
        reach: what they see of the circuit.
        landscape: random walks from them.
    """

    observables: tuple[int, ...]
    letters: Letters
    reach: Reach
    landscape: Landscape

    def effect(self, position: int) -> Effect:
        """The effect of a step on them; -1 is the initial state."""
        return self.reach.start if position < 0 else self.reach.steps[position]

    def meets(self, position: int) -> bool:
        """Whether a random walk has met a step and ended in an expectation value of 1 or -1.

        It proves an effect of the step if these are Pauli words and the circuit ``is_free``.
        """
        is_word = I_OR_Z not in self.letters
        return is_word and position >= 0 and bool(self.landscape.variances[position] > 0)


@dataclass(frozen=True)
class Evidence:
    """A circuit and what was found out about it.

    Attributes:
        circuit: the circuit.
        program: its steps.
        groups: its observables.
        excerpts: what can be simulated within the budget; together they hold every observable only
            if ``complete``.
        complete: whether they do.
        turns: for every input and weight, the steps that turn by it; -1 is the initial state.
        is_free: whether no effect can cancel another: every input and weight turns once, and no
            constant turn splits a Pauli word in two.
        budget: what bounds the simulation, in steps times amplitudes.
    """

    circuit: Circuit
    program: Program
    groups: tuple[Group, ...]
    excerpts: tuple[Excerpt, ...]
    complete: bool
    turns: dict[Symbol, list[int]]
    is_free: bool
    budget: int


def collect(circuit: Circuit, budget: int) -> Evidence:
    """Look at ``circuit`` from all sides; ``budget`` bounds the steps times amplitudes."""
    steps = program(circuit)
    groups = tuple(_groups(circuit, steps))
    excerpts = [excerpt(circuit)]
    if excerpts[0].program.cost > budget:
        excerpts = [excerpt(circuit, group.observables) for group in groups]
    excerpts.sort(key=lambda one: one.program.cost)
    costs = list(accumulate(one.program.cost for one in excerpts))
    within = tuple(one for one, cost in zip(excerpts, costs, strict=True) if cost <= budget)
    turns: dict[Symbol, list[int]] = {Input(k): [-1] for k in range(steps.n_amplitudes)}
    for position, step in enumerate(steps.steps):
        for symbol in symbols(step.angle) if isinstance(step, Turn) else ():
            turns.setdefault(symbol, []).append(position)
    return Evidence(
        circuit=circuit,
        program=steps,
        groups=groups,
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
    found |= _witnessed(evidence, _open(found))
    tried = _tried(evidence, _open(found))
    if not evidence.complete:
        tried = {symbol: its for symbol, its in tried.items() if its is Verdict.ALIVE}
    return found | tried


def random_point(circuit: Circuit, rng: np.random.Generator) -> Point:
    """A value for every input and weight."""
    inputs: list[Symbol] = [Input(k) for k in range(circuit.n_inputs)]
    weights: list[Symbol] = [Weight(k) for k in range(circuit.n_weights)]
    return {symbol: float(rng.uniform(-3.0, 3.0)) for symbol in (*inputs, *weights)}


def _groups(circuit: Circuit, steps: Program) -> Iterator[Group]:
    state = forwards(steps)
    rng = np.random.default_rng(0)
    for letters, indices in alike(circuit).items():
        yield Group(
            observables=indices,
            letters=letters,
            reach=reach(steps, letters, state),
            landscape=walk(steps, letters, state, rng, _N_WALKS),
        )


def _open(found: dict[Symbol, Verdict]) -> list[Symbol]:
    return [symbol for symbol, verdict in found.items() if verdict is Verdict.UNKNOWN]


def _proved(evidence: Evidence, symbol: Symbol) -> Verdict:
    """The verdict of the letters: a proof, or UNKNOWN."""
    if symbol not in evidence.turns:
        return Verdict.UNUSED
    effect = max(
        (group.effect(at) for group in evidence.groups for at in evidence.turns[symbol]),
        default=Effect.UNSEEN,
    )
    return Verdict.UNKNOWN if effect is Effect.POSSIBLE else Verdict[effect.name]


def _tried(evidence: Evidence, open_ones: list[Symbol]) -> dict[Symbol, Verdict]:
    """The verdict of derivatives at random points."""
    rng = np.random.default_rng(0)
    found = dict.fromkeys(open_ones, Verdict.ZERO)
    for _ in range(_N_POINTS):
        if Verdict.ZERO not in found.values():
            break
        point = random_point(evidence.circuit, rng)
        for part in evidence.excerpts:
            coefficients = rng.standard_normal(len(part.observables))
            at_point = slopes(part.program, part.observables, coefficients, point)
            moving = {symbol for symbol, slope in at_point.items() if not slope.is_zero}
            found |= dict.fromkeys(moving.intersection(found), Verdict.ALIVE)
    return found


def _witnessed(evidence: Evidence, open_ones: list[Symbol]) -> dict[Symbol, Verdict]:
    """The verdict of random walks: a proof that there is an effect, or none."""
    return {
        symbol: Verdict.ALIVE
        for symbol in open_ones
        if evidence.is_free
        and any(group.meets(at) for group in evidence.groups for at in evidence.turns[symbol])
    }


def _is_free(steps: Program, turns: dict[Symbol, list[int]]) -> bool:
    splits = any(
        isinstance(step, Turn) and not symbols(step.angle) and quarter_turns(step) is None
        for step in steps.steps
    )
    return not splits and not steps.n_amplitudes and all(len(at) == 1 for at in turns.values())
