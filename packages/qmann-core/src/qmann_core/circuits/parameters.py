"""What a gate's angle may be: a number, an input, a weight, or a polynomial of them."""

from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite, prod
from numbers import Real
from typing import Any, TypeVar

from ..errors import CircuitError


class _Arithmetic:
    """``+``, ``-`` and ``*`` among inputs, weights, polynomials and numbers, simplified."""

    __slots__ = ()
    __array_ufunc__ = None  # numpy's scalars leave the arithmetic to these methods

    def __add__(self, other: "Parameter | int") -> "Parameter":
        if not isinstance(other, Real | _Arithmetic):
            return NotImplemented
        left, right = as_polynomial(self), as_polynomial(other)
        return _simplified(Polynomial(left.constant + right.constant, left.terms + right.terms))

    def __mul__(self, other: "Parameter | int") -> "Parameter":
        if not isinstance(other, Real | _Arithmetic):
            return NotImplemented
        products = (
            Term(first.coefficient * second.coefficient, first.factors + second.factors)
            for first in _all_terms(as_polynomial(self))
            for second in _all_terms(as_polynomial(other))
        )
        return _simplified(Polynomial(0.0, tuple(products)))

    __radd__ = __add__
    __rmul__ = __mul__

    def __neg__(self) -> "Parameter":
        return self * -1.0

    def __sub__(self, other: "Parameter | int") -> "Parameter":
        return self + other * -1.0

    def __rsub__(self, other: "Parameter | int") -> "Parameter":
        return -self + other


@dataclass(frozen=True)
class Input(_Arithmetic):
    """A parameter that differs from sample to sample: column ``index`` of the inputs."""

    index: int


@dataclass(frozen=True)
class Weight(_Arithmetic):
    """A parameter shared by the batch: entry ``index`` of the weights."""

    index: int


Symbol = Input | Weight


@dataclass(frozen=True)
class Term:
    """``coefficient`` times the product of ``factors``, which are kept sorted."""

    coefficient: float
    factors: tuple[Symbol, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "factors", tuple(sorted(self.factors, key=_place)))


@dataclass(frozen=True)
class Polynomial(_Arithmetic):
    """``constant + sum_t coefficient_t * prod(factors_t)``, real, of inputs and weights.

    Usually written with operators: ``0.5 * Input(0) * Weight(1) - 1``, whose results are as simple
    as can be (a plain input, weight or number where they are one). Terms with the same factors are
    merged, those that vanish are dropped and the rest is sorted, so that polynomials that were
    built in different ways compare equal (up to rounding of their coefficients).

    Raises:
        CircuitError: a coefficient is not finite.

    Example:
        >>> from qmann_core.circuits import Input
        >>> (Input(0) + 1) * (Input(0) - 1) == Input(0) * Input(0) - 1
        True
    """

    constant: float
    terms: tuple[Term, ...]

    def __post_init__(self) -> None:
        sums: dict[tuple[Symbol, ...], float] = {(): self.constant}
        for term in self.terms:
            sums[term.factors] = sums.get(term.factors, 0.0) + term.coefficient
        if not all(map(isfinite, sums.values())):
            raise CircuitError(
                f"a polynomial has finite coefficients; got {[float(c) for c in sums.values()]}"
            )
        constant = sums.pop(())
        factors = sorted((f for f, c in sums.items() if c), key=lambda f: (len(f), *map(_place, f)))
        object.__setattr__(self, "constant", float(constant))
        object.__setattr__(self, "terms", tuple(Term(float(sums[f]), f) for f in factors))


Parameter = Input | Weight | Polynomial | float


def symbols(parameter: Parameter | int) -> tuple[Symbol, ...]:
    """The inputs and weights that ``parameter`` reads: each once, inputs before weights."""
    match parameter:
        case Input() | Weight():
            return (parameter,)
        case Polynomial(_, terms):
            return tuple(sorted({f for term in terms for f in term.factors}, key=_place))
    return ()


Replaced = TypeVar("Replaced")
"""What stands for an input or a weight: a parameter, or a symbol, number or array of a vendor's."""


def substitute(
    parameter: Parameter | int, replacement: Callable[[Symbol], Replaced]
) -> Replaced | float:
    """``parameter`` with every input and weight replaced, all at once, by what adds and multiplies.

    A number stays what it is.
    """
    match parameter:
        case Input() | Weight():
            return replacement(parameter)
        case Polynomial(constant, terms):
            factors: Callable[[Symbol], Any] = replacement
            new = (prod(map(factors, term.factors), start=term.coefficient) for term in terms)
            return sum(new, start=constant)
    return parameter


def as_polynomial(value: object) -> Polynomial:
    """A parameter, however simple, as a polynomial."""
    match value:
        case Polynomial():
            return value
        case Input() | Weight():
            return Polynomial(0.0, (Term(1.0, (value,)),))
        case Real():
            return Polynomial(float(value), ())
    raise TypeError(f"{value!r} is no Input, Weight, Polynomial or number")


def _place(symbol: Symbol) -> tuple[bool, int]:
    return isinstance(symbol, Weight), symbol.index


def _all_terms(polynomial: Polynomial) -> tuple[Term, ...]:
    return (Term(polynomial.constant, ()), *polynomial.terms)


def _simplified(polynomial: Polynomial) -> Parameter:
    match polynomial:
        case Polynomial(constant, ()):
            return constant
        case Polynomial(0.0, (Term(1.0, (symbol,)),)):
            return symbol
    return polynomial
