"""PennyLane and Qiskit themselves, imported when they are needed."""

from importlib import import_module
from typing import Any, Literal

_NAMES = {"pennylane": "PennyLane", "qiskit": "Qiskit"}


def sdk(module: Literal["pennylane", "qiskit"]) -> Any:
    """A vendor's module.

    Raises:
        ModuleNotFoundError: it is not installed; the message names the extra.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        name = _NAMES[module]
        raise ModuleNotFoundError(
            f"circuits of {name} need {name}: install it with pip install 'qmann-core[{module}]'",
            name=error.name,
        ) from error
