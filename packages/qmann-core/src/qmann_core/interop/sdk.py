"""The vendors' own modules, imported when they are needed."""

from importlib import import_module
from typing import Any, Literal

_NAMES = {
    "cirq": ("Cirq", "cirq"),
    "mthree": ("M3", "mthree"),
    "pennylane": ("PennyLane", "pennylane"),
    "qiskit": ("Qiskit", "qiskit"),
    "qiskit_aer": ("Qiskit Aer", "aer"),
    "qiskit_ibm_runtime": ("Qiskit Runtime", "ibm"),
    "sympy": ("Cirq", "cirq"),
}
"""What each is called, and the extra that brings it."""

Module = Literal[
    "cirq",
    "mthree",
    "pennylane",
    "qiskit",
    "qiskit_aer",
    "qiskit_ibm_runtime",
    "qiskit_ibm_runtime.fake_provider",
    "sympy",
]


def sdk(module: Module) -> Any:
    """A vendor's module.

    Raises:
        ModuleNotFoundError: it is not installed; the message names the extra.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        name, extra = _NAMES[module.split(".")[0]]
        raise ModuleNotFoundError(
            f"no {name}: install it with pip install 'qmann-core[{extra}]'", name=error.name
        ) from error
