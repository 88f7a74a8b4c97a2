"""Checks of the wires that operations and observables name."""

from ..errors import CircuitError


def check_in_register(wires: tuple[int, ...], where: str, n_wires: int) -> None:
    """Raise a CircuitError that starts with ``where`` if a wire is not in 0..n_wires - 1."""
    outside = [wire for wire in wires if not 0 <= wire < n_wires]
    if outside:
        raise CircuitError(f"{where}: wire {outside[0]} is outside the register 0..{n_wires - 1}")


def check_distinct(wires: tuple[int, ...], where: str) -> None:
    """Raise a CircuitError that starts with ``where`` if a wire is named twice."""
    if len(set(wires)) != len(wires):
        raise CircuitError(f"{where}: a wire is named twice in {wires}")
