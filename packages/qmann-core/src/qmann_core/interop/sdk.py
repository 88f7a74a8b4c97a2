"""PennyLane and Qiskit themselves, imported when they are needed."""

from importlib import import_module
from typing import Any


def pennylane() -> Any:
    """The module ``pennylane``."""
    return _installed("pennylane", "PennyLane")


def qiskit() -> Any:
    """The module ``qiskit``."""
    return _installed("qiskit", "Qiskit")


def _installed(module: str, name: str) -> Any:
    """A vendor's module.

    Raises:
        ModuleNotFoundError: it is not installed; the message names the extra.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            f"circuits of {name} need {name}: install it with pip install 'qmann-core[{module}]'",
            name=error.name,
        ) from error
