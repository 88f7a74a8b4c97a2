"""Parameters in words."""

from collections.abc import Iterable
from fractions import Fraction
from math import pi

from ..parameters import Input, Parameter, Polynomial, Symbol, Term, Weight


def parameter_label(parameter: Parameter) -> str:
    """``x0``, ``w3``, ``π/2``, ``2 x0 x1 - 0.5``.

    Example:
        >>> parameter_label(2 * Input(0) * Input(1) - pi / 2)
        '2 x0 x1 - π/2'
    """
    match parameter:
        case Input() | Weight():
            return _symbol(parameter)
        case Polynomial(constant, terms):
            signed = [_term(term) for term in terms]
            signed += [_signed(constant)] if constant else []
            text = " ".join(f"{sign} {size}" for sign, size in signed)
            return text.removeprefix("+ ") if text[0] == "+" else "-" + text[2:]
    sign, size = _signed(float(parameter))
    return size if sign == "+" else "-" + size


def listed(parameters: tuple[Parameter, ...]) -> str:
    """``x0, w1, 0.5``; ``x0..x7`` where there are many in a row."""
    if len(parameters) > 3 and parameters == tuple(map(Input, range(len(parameters)))):
        return f"x0..x{len(parameters) - 1}"
    return ", ".join(map(parameter_label, parameters))


def _symbol(symbol: Symbol) -> str:
    return f"{'x' if isinstance(symbol, Input) else 'w'}{symbol.index}"


def _term(term: Term) -> tuple[str, str]:
    sign, size = _signed(term.coefficient)
    factors = " ".join(_powers(term.factors))
    return sign, factors if size == "1" else f"{size} {factors}"


def _powers(factors: tuple[Symbol, ...]) -> Iterable[str]:
    for factor in dict.fromkeys(factors):
        power = factors.count(factor)
        yield _symbol(factor) if power == 1 else f"{_symbol(factor)}^{power}"


def _signed(value: float) -> tuple[str, str]:
    """The sign and size of a number; a simple fraction of π is written as one."""
    sign, size = "-" if value < 0 else "+", abs(value)
    share = Fraction(size / pi).limit_denominator(16)
    if share and abs(float(share) * pi - size) < 1e-12 * size:
        top = "π" if share.numerator == 1 else f"{share.numerator}π"
        return sign, top if share.denominator == 1 else f"{top}/{share.denominator}"
    return sign, f"{size:.4g}"
