"""Checks of the wires that operations and observables name."""

from numbers import Integral

from ..errors import CircuitError

MAX_SIZE = 100_000
_WHOLE = int | Integral  # the quick check first


def check_size(name: str, given: int, least: int = 1, most: int = MAX_SIZE) -> None:
    """Raise a CircuitError where ``given`` is no whole number, or so large that it is a mistake."""
    if not isinstance(given, Integral) or not least <= given <= most:
        raise CircuitError(f"got {name}={given!r}: expected a whole number from {least} to {most}")


def check_in_register(wires: tuple[int, ...], where: str, n_wires: int) -> None:
    """Raise a CircuitError that starts with ``where`` if a wire is not in 0..n_wires - 1."""
    if not isinstance(wires, tuple) or not all(isinstance(wire, _WHOLE) for wire in wires):
        raise CircuitError(f"{where}: wires are a tuple of whole numbers, got {wires!r}")
    for wire in wires:
        if not 0 <= wire < n_wires:
            raise CircuitError(f"{where}: wire {wire} is outside the register 0..{n_wires - 1}")


def check_distinct(wires: tuple[int, ...], where: str) -> None:
    """Raise a CircuitError that starts with ``where`` if a wire is named twice."""
    if len(set(wires)) != len(wires):
        raise CircuitError(f"{where}: a wire is named twice in {wires}")
