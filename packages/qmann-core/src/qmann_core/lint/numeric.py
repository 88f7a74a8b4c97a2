"""A state vector in NumPy: the values and derivatives of a circuit at one point.

They are analytic functions of the parameters: one that is not 0 everywhere is not 0 at a point
drawn at random, up to rounding.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from math import cos, prod, sin, sqrt

import numpy as np
from numpy.typing import NDArray

from ..circuits.observables import Observable, Projector
from ..circuits.parameters import Input, Parameter, Polynomial, Symbol, Term, Weight, symbols
from .steps import LETTERS, Clifford, Program, Turn

Amplitudes = NDArray[np.complex128]
Point = dict[Symbol, float]

_X, _Z = LETTERS["X"], LETTERS["Z"]


@dataclass(frozen=True)
class Slope:
    """A derivative, and the size it would have if its terms did not cancel."""

    derivative: float
    scale: float

    @property
    def is_zero(self) -> bool:
        """Whether the derivative is 0 up to rounding."""
        return abs(self.derivative) <= 1e-9 * self.scale


def values(
    program: Program, observables: Sequence[Observable | Projector], point: Point
) -> NDArray[np.float64]:
    """The expectation values at ``point``."""
    psi = _run(program, point)
    return np.array([np.vdot(psi, _measure(observable, psi)).real for observable in observables])


def slopes(
    program: Program,
    observables: Sequence[Observable | Projector],
    coefficients: NDArray[np.float64],
    point: Point,
) -> dict[Symbol, Slope]:
    """The derivatives of ``sum_k coefficient_k <O_k>``, by the adjoint method."""
    psi = _run(program, point)
    costate = np.zeros_like(psi)
    for coefficient, observable in zip(coefficients, observables, strict=True):
        costate += coefficient * _measure(observable, psi)
    found: dict[Symbol, Slope] = {}
    for step in reversed(program.steps):
        if isinstance(step, Turn):
            through = float(np.vdot(costate, _letter(psi, step.axis, step.wire)).imag)
            for symbol in symbols(step.angle):
                _add(found, symbol, through, partial(step.angle, symbol, point))
            angle = -value(step.angle, point)
            _turn(psi, step, angle)
            _turn(costate, step, angle)
        else:
            _clifford(psi, step)
            _clifford(costate, step)
    norm = float(np.linalg.norm([point[Input(index)] for index in range(program.n_amplitudes)]))
    along = float(np.vdot(costate, psi).real)
    for index in range(program.n_amplitudes):
        outer = float(costate[index].real - psi[index].real * along)
        _add(found, Input(index), 2 * outer, 1 / norm)
    return found


def value(parameter: Parameter, point: Point) -> float:
    """A parameter at a point."""
    match parameter:
        case Input() | Weight():
            return point[parameter]
        case Polynomial(constant, terms):
            return constant + sum(_term(term.coefficient, term.factors, point) for term in terms)
    return float(parameter)


def partial(parameter: Parameter, symbol: Symbol, point: Point) -> float:
    """The derivative of a parameter with respect to an input or weight."""
    match parameter:
        case Polynomial(_, terms):
            return sum(_partial_of_term(term, symbol, point) for term in terms)
    return float(parameter == symbol)


def _partial_of_term(term: Term, symbol: Symbol, point: Point) -> float:
    power = term.factors.count(symbol)
    if not power:
        return 0.0
    place = term.factors.index(symbol)
    others = (*term.factors[:place], *term.factors[place + 1 :])
    return _term(power * term.coefficient, others, point)


def _term(coefficient: float, factors: tuple[Symbol, ...], point: Point) -> float:
    return prod((point[factor] for factor in factors), start=coefficient)


def _add(found: dict[Symbol, Slope], symbol: Symbol, outer: float, inner: float) -> None:
    old = found.get(symbol, Slope(0.0, 0.0))
    found[symbol] = Slope(old.derivative + outer * inner, old.scale + abs(inner))


def _run(program: Program, point: Point) -> Amplitudes:
    psi = np.zeros(2**program.n_wires, dtype=complex)
    psi[0] = 1.0
    if program.n_amplitudes:
        psi[: program.n_amplitudes] = [point[Input(k)] for k in range(program.n_amplitudes)]
        psi /= np.linalg.norm(psi)
    for step in program.steps:
        if isinstance(step, Turn):
            _turn(psi, step, value(step.angle, point))
        else:
            _clifford(psi, step)
    return psi


def _turn(psi: Amplitudes, turn: Turn, angle: float) -> None:
    """Apply a turn, in place."""
    moved = _letter(psi, turn.axis, turn.wire)
    psi *= cos(angle / 2)
    psi += -1j * sin(angle / 2) * moved


def _letter(psi: Amplitudes, letter: int, wire: int) -> Amplitudes:
    """A Pauli letter applied to one wire: Y is i times X after Z."""
    parts = psi.reshape(2**wire, 2, -1)
    moved = parts[:, ::-1].copy() if letter & _X else parts.copy()
    if letter & _Z:
        moved[:, 0 if letter & _X else 1] *= -1
    if letter == _X | _Z:
        moved *= 1j
    return moved.reshape(-1)


def _clifford(psi: Amplitudes, step: Clifford) -> None:
    """Apply H, CNOT, CZ or SWAP, in place; each is its own inverse."""
    n_wires = psi.size.bit_length() - 1
    parts = np.moveaxis(psi.reshape((2,) * n_wires), step.wires, range(len(step.wires)))
    match step.gate:
        case "H":
            parts[:] = np.stack([parts[0] + parts[1], parts[0] - parts[1]]) / sqrt(2)
        case "CNOT":
            parts[1] = parts[1, ::-1].copy()
        case "CZ":
            parts[1, 1] *= -1
        case "SWAP":
            parts[:] = parts.swapaxes(0, 1).copy()


def _measure(observable: Observable | Projector, psi: Amplitudes) -> Amplitudes:
    """An observable applied to a state."""
    if isinstance(observable, Observable):
        letters = zip(observable.word, observable.wires, strict=True)
        return reduce(lambda new, at: _letter(new, LETTERS[at[0]], at[1]), letters, psi)
    n_wires = psi.size.bit_length() - 1
    kept: list[int | slice] = [slice(None)] * n_wires
    for bit, wire in zip(observable.bits, observable.wires, strict=True):
        kept[wire] = int(bit)
    projected = np.zeros((2,) * n_wires, dtype=complex)
    projected[tuple(kept)] = psi.reshape((2,) * n_wires)[tuple(kept)]
    return projected.reshape(-1)
