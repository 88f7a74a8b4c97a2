"""Arithmetic of an OpenQASM program, carried out on numbers, inputs and weights."""

import math
from collections.abc import Callable, Mapping
from math import isfinite
from typing import Any

from ...circuits.drawing import parameter_label
from ...circuits.parameters import Input, Parameter, Polynomial, Weight
from ...errors import CircuitError

Value = Parameter | int
"""A whole number stays an int, since division and indices ask for it."""
Names = Mapping[str, Value | tuple[Value, ...]]
"""What the names in scope stand for; an array is a tuple."""

CONSTANTS: Mapping[str, float] = {
    **dict.fromkeys(("pi", "π"), math.pi),
    **dict.fromkeys(("tau", "τ"), math.tau),
    **dict.fromkeys(("euler", "ℇ"), math.e),
}
_BITS = 64
_MOST_FACTORS = 10_000
_FUNCTIONS: Mapping[str, Callable[[float], float]] = {
    "sin": math.sin,
    "cos": math.cos,
    "tan": math.tan,
    "arcsin": math.asin,
    "arccos": math.acos,
    "arctan": math.atan,
    "exp": math.exp,
    "log": math.log,
    "sqrt": math.sqrt,
}


def line(node: Any) -> str:
    """Where a node of the syntax tree stands: what every message starts with."""
    return f"line {node.span.start_line}"


def evaluate(node: Any, names: Names) -> Value:
    """The value of an expression.

    Raises:
        CircuitError: an unknown name, a function of an input or weight, a division by one, or
            anything else that is no polynomial.
    """
    match type(node).__name__:
        case "IntegerLiteral":
            return _checked(int(node.value), node)
        case "FloatLiteral":
            return _checked(float(node.value), node)
        case "Identifier":
            return _name(node, names)
        case "IndexExpression":
            return _element(node, names)
        case "UnaryExpression" if node.op.name == "-":
            return -evaluate(node.expression, names)
        case "BinaryExpression":
            values = (evaluate(side, names) for side in (node.lhs, node.rhs))
            return _checked(_binary(node, *values), node)
        case "FunctionCall":
            return _checked(_call(node, names), node)
        case "Cast":
            return evaluate(node.argument, names)
    raise CircuitError(f"{line(node)}: {type(node).__name__} is not arithmetic of real numbers")


def angle(node: Any, names: Names) -> Parameter:
    """An expression as a parameter of a gate."""
    value = evaluate(node, names)
    return float(value) if isinstance(value, int) else value


def whole(node: Any, names: Names, what: str) -> int:
    """An expression that must be a whole number."""
    value = evaluate(node, names)
    if not isinstance(value, int):
        raise CircuitError(f"{line(node)}: {what} is a whole number, got {parameter_label(value)}")
    return value


def _name(node: Any, names: Names) -> Value:
    value = names[node.name] if node.name in names else CONSTANTS.get(node.name)
    if value is None:
        raise CircuitError(f"{line(node)}: {node.name!r} is not declared")
    if isinstance(value, tuple):
        raise CircuitError(f"{line(node)}: {node.name!r} is an array; name one element of it")
    return value


def _element(node: Any, names: Names) -> Value:
    array = names.get(getattr(node.collection, "name", ""))
    if not isinstance(array, tuple) or not isinstance(node.index, list) or len(node.index) != 1:
        raise CircuitError(f"{line(node)}: only an element of an input array can be indexed")
    index = whole(node.index[0], names, "an index")
    if not -len(array) <= index < len(array):
        raise CircuitError(f"{line(node)}: index {index} is outside 0..{len(array) - 1}")
    return array[index]


def _binary(node: Any, left: Value, right: Value) -> Value:
    match node.op.name:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return _product(node, left, right)
        case "/":
            return _quotient(node, left, right)
        case "**":
            return _power(node, left, right)
    raise CircuitError(
        f"{line(node)}: the operator {node.op.name} is not supported; + - * / ** are"
    )


def _quotient(node: Any, left: Value, right: Value) -> Value:
    if isinstance(right, (Input, Weight, Polynomial)):
        raise CircuitError(
            f"{line(node)}: a division by {parameter_label(right)} is not a polynomial"
        )
    if right == 0:
        raise CircuitError(f"{line(node)}: a division by 0")
    if isinstance(left, int) and isinstance(right, int):
        if left % right:
            raise CircuitError(
                f"{line(node)}: {left}/{right} of whole numbers is rounded to "
                f"{int(left / right)} in OpenQASM; write {left}.0/{right} for the fraction"
            )
        return left // right
    return left / right if isinstance(left, (int, float)) else left * (1.0 / right)


def _power(node: Any, base: Value, exponent: Value) -> Value:
    if isinstance(exponent, (Input, Weight, Polynomial)):
        raise CircuitError(f"{line(node)}: an exponent {parameter_label(exponent)} is not a number")
    if isinstance(base, (int, float)):
        if (base < 0 and exponent != int(exponent)) or (base == 0 and exponent < 0):
            raise CircuitError(f"{line(node)}: {base}**{exponent} is not a real number")
        return _number_power(node, base, exponent)
    if not isinstance(exponent, int) or exponent < 0:
        raise CircuitError(f"{line(node)}: {parameter_label(base)}**{exponent} is not a polynomial")
    value: Value = 1.0
    for _ in range(min(exponent, _MOST_FACTORS + 1)):  # one more is refused
        value = _product(node, value, base)
    return value


def _number_power(node: Any, base: int | float, exponent: int | float) -> Value:
    if isinstance(base, int) and isinstance(exponent, int) and exponent >= 0:
        if abs(base) > 1 and exponent > _BITS:
            raise CircuitError(f"{line(node)}: {base}**{exponent} does not fit in {_BITS} bits")
        return int(base**exponent)
    try:
        return float(base**exponent)
    except OverflowError as error:
        raise CircuitError(f"{line(node)}: {base}**{exponent} is not a finite number") from error


def _product(node: Any, left: Value, right: Value) -> Value:
    if _size(left) * _size(right) > _MOST_FACTORS:
        raise CircuitError(
            f"{line(node)}: a product of more than {_MOST_FACTORS} factors in all its terms; "
            "compute it outside the circuit and pass it as an input"
        )
    return left * right


def _size(value: Value) -> int:
    """Factors of all terms of a polynomial, and each term counts as one more."""
    if isinstance(value, Polynomial):
        return 1 + sum(1 + len(term.factors) for term in value.terms)
    return 2 if isinstance(value, Input | Weight) else 1


def _call(node: Any, names: Names) -> Value:
    function = _FUNCTIONS.get(node.name.name)
    arguments = [evaluate(argument, names) for argument in node.arguments]
    if function is None:
        known = ", ".join(_FUNCTIONS)
        raise CircuitError(f"{line(node)}: the function {node.name.name} is unknown; {known} are")
    if len(arguments) != 1:
        raise CircuitError(f"{line(node)}: {node.name.name} takes 1 argument, got {len(arguments)}")
    (argument,) = arguments
    if not isinstance(argument, (int, float)):
        raise CircuitError(
            f"{line(node)}: {node.name.name} of {parameter_label(argument)} is not a polynomial; "
            "compute it outside the circuit and pass it as an input"
        )
    try:
        return function(argument)
    except (ValueError, OverflowError) as error:
        raise CircuitError(
            f"{line(node)}: {node.name.name}({argument}) is not a real number"
        ) from error


def _checked(value: Value, node: Any) -> Value:
    if isinstance(value, int) and value.bit_length() >= _BITS:
        raise CircuitError(f"{line(node)}: a whole number does not fit in {_BITS} bits")
    if isinstance(value, float) and not isfinite(value):
        raise CircuitError(f"{line(node)}: the value {value} is not finite")
    return value
