"""PennyLane itself, imported when it is needed."""

from typing import Any


def pennylane() -> Any:
    """The module ``pennylane``.

    Raises:
        ModuleNotFoundError: it is not installed; the message names the extra.
    """
    try:
        import pennylane as module
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "circuits of PennyLane need PennyLane: install it with "
            "pip install 'qmann-core[pennylane]'",
            name=error.name,
        ) from error
    return module
