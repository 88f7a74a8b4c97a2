"""Angles of foreign circuits as polynomials, recovered from their derivatives at one point."""

from collections import Counter
from collections.abc import Callable, Mapping
from math import factorial, isfinite, prod
from typing import Any, TypeVar

from ..circuits.parameters import (
    Input,
    Parameter,
    Polynomial,
    Symbol,
    Weight,
    substitute,
)

MAX_DEGREE = 4
_ROUNDING = 1e-12

Point = Mapping[Symbol, float]
Function = TypeVar("Function")
Value = Callable[[Parameter], Any]
"""What a parameter is for a vendor: a number, a symbol, an expression, an array."""


def recovered(
    function: Function,
    point: Point,
    value: Callable[[Function], float],
    gradient: Callable[[Function], Mapping[Symbol, Function]],
) -> Parameter | None:
    """The polynomial that has the derivatives of ``function`` at ``point``, of any order.

    sum_a D^a f(p) / a! * prod_i (s_i - p_i)^a_i over the symbols s_i, worked out. Numbers that are
    multiples of a small power of 1/2 make good points: their products are exact.

    Args:
        function: an angle; whatever ``value`` and ``gradient`` understand.
        point: where it is evaluated.
        value: the value of a function at ``point``.
        gradient: those partial derivatives of a function that do not vanish at ``point``.

    Returns:
        None if derivatives of order ``MAX_DEGREE + 1`` do not vanish, or one is not finite.
    """
    coefficients: dict[tuple[Symbol, ...], float] = {}

    def visit(derivative: Function, monomial: tuple[Symbol, ...]) -> bool:
        repeated = prod(factorial(times) for times in Counter(monomial).values())
        coefficients[monomial] = value(derivative) / repeated
        if not isfinite(coefficients[monomial]):
            return False
        slopes = gradient(derivative)
        if slopes and len(monomial) == MAX_DEGREE:
            return False
        later = {s: f for s, f in slopes.items() if not monomial or _place(monomial[-1], s)}
        return all(visit(slope, (*monomial, symbol)) for symbol, slope in later.items())

    if not visit(function, ()):
        return None
    total: Parameter = 0.0
    for monomial, coefficient in coefficients.items():
        total = total + prod((s - point[s] for s in monomial), start=coefficient)
    return _rounded(total)


def evaluated(parameter: Parameter, point: Point) -> float:
    """The number that ``parameter`` is at ``point``."""
    return float(substitute(parameter, point.__getitem__))


def valued(inputs: Any, weights: Any) -> Value:
    """What parameters are where inputs and weights are these: anything that adds and multiplies."""

    def known(symbol: Symbol) -> Any:
        return (inputs if isinstance(symbol, Input) else weights)[symbol.index]

    return lambda parameter: substitute(parameter, known)


def shifted(parameter: Parameter, n_inputs: int) -> Parameter:
    """``parameter`` with the index of every input raised by ``n_inputs``."""

    def moved(symbol: Symbol) -> Parameter:
        return Input(symbol.index + n_inputs) if isinstance(symbol, Input) else symbol

    return substitute(parameter, moved)


def _place(earlier: Symbol, later: Symbol) -> bool:
    def place(symbol: Symbol) -> tuple[bool, int]:
        return isinstance(symbol, Weight), symbol.index

    return place(earlier) <= place(later)


def _rounded(parameter: Parameter) -> Parameter:
    """Without the terms that are nothing but rounding errors."""
    if not isinstance(parameter, Polynomial):
        return parameter
    largest = max(abs(term.coefficient) for term in parameter.terms)
    terms = tuple(t for t in parameter.terms if abs(t.coefficient) > _ROUNDING * largest)
    constant = parameter.constant if abs(parameter.constant) > _ROUNDING * largest else 0.0
    return Polynomial(constant, terms) + 0.0
