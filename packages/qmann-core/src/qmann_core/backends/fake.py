"""IBM's fake devices: size, connections, gates and noise of real ones, as they once were."""

import warnings
from functools import cache
from typing import Any

from ..errors import ConfigError
from ..interop.sdk import sdk


@cache  # making them all takes seconds, and 70 MB
def fake_device(name: str) -> Any:
    """The fake device of a name such as ``fake_manila``.

    Raises:
        ConfigError: there is none of that name.
        ModuleNotFoundError: Qiskit Runtime is not installed.
    """
    known = _known()
    if name not in known:
        raise ConfigError(
            f"unknown fake device {name!r}; known are {', '.join(sorted(known))}; or give a "
            "NoiseModel"
        )
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Properties of fake_", UserWarning)
        return known[name]()


def fake_devices(n_wires: int) -> tuple[str, ...]:
    """Names of those that hold so many wires, the smallest first."""
    sizes = {name: fake_device(name).num_qubits for name in sorted(_known())}
    return tuple(name for name in sorted(sizes, key=sizes.__getitem__) if sizes[name] >= n_wires)


def _known() -> dict[str, Any]:
    found = vars(sdk("qiskit_ibm_runtime.fake_provider")).values()
    named = {getattr(each, "backend_name", None): each for each in found}
    return {name: each for name, each in named.items() if name}
