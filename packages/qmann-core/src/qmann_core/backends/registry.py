"""Back ends by name, each imported when it is asked for."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from types import MappingProxyType
from typing import Any

import pandas as pd

from ..errors import ConfigError
from ..interop.sdk import Module, sdk
from .base import Backend


@dataclass(frozen=True, kw_only=True)
class Entry:
    """Where a back end is, and what it needs."""

    file: str
    kind: str
    about: str
    module: Module | None = None
    package: str = "qmann-core"
    extra: str = ""


ENTRIES: Mapping[str, Entry] = MappingProxyType(
    {
        "exact": Entry(file="exact", kind="Exact", about="QMANN's engine"),
        "aer": Entry(
            file="aer",
            kind="Aer",
            about="Qiskit Aer, with the noise of IBM's devices",
            module="qiskit_aer",
            package="qiskit-aer",
            extra="aer",
        ),
        "pennylane": Entry(
            file="pennylane",
            kind="PennyLane",
            about="any of PennyLane's devices",
            module="pennylane",
            package="pennylane",
            extra="pennylane",
        ),
        "cirq": Entry(
            file="cirq",
            kind="Cirq",
            about="Cirq's simulators",
            module="cirq",
            package="cirq-core",
            extra="cirq",
        ),
        "ibm": Entry(
            file="ibm",
            kind="IBM",
            about="IBM's devices, and fake ones",
            module="qiskit_ibm_runtime",
            package="qiskit-ibm-runtime",
            extra="ibm",
        ),
    }
)
"""Back ends by name."""


def backend(name: str = "exact", **options: Any) -> Backend:
    """The back end of a name, with a device behind a colon: ``"pennylane:lightning.qubit"``.

    Args:
        name: one of `ENTRIES`, then a device if it is not to be the default.
        options: of that back end, such as ``noise="fake_manila"``.

    Raises:
        ConfigError: no back end or device of that name, or an option that it does not take.
        ModuleNotFoundError: its library is not installed; the message names the extra.

    Example:
        >>> backend("exact").capabilities.gradients
        True
    """
    kind, _, device = name.partition(":")
    if kind not in ENTRIES:
        raise ConfigError(f"unknown back end {kind!r}; use one of {', '.join(ENTRIES)}")
    entry = ENTRIES[kind]
    if entry.module is not None:
        sdk(entry.module)
    made = _class(entry)
    given = {**options, "device": device} if device else options
    known = [each.name for each in fields(made) if each.init]
    if unknown := given.keys() - set(known):
        raise ConfigError(
            f"back end {kind!r} has no option {', '.join(sorted(unknown))}; it takes "
            f"{', '.join(known)}"
        )
    found: Backend = made(**given)
    return found


def backends_frame() -> pd.DataFrame:
    """A row for each back end: what it can do, or what to install for it.

    Nothing of the vendors' is imported.
    """
    return pd.DataFrame([_row(name, entry) for name, entry in ENTRIES.items()])


def _row(name: str, entry: Entry) -> dict[str, Any]:
    able = _class(entry)().capabilities
    try:
        installed = version(entry.package)
    except PackageNotFoundError:
        installed = ""
    return {
        "back end": name,
        "what": entry.about,
        "version": installed,
        "exact": able.exact,
        "noise": able.noise,
        "gradients": able.gradients,
        "devices": ", ".join(able.devices),
        "to install": "" if installed else f"pip install 'qmann-core[{entry.extra}]'",
    }


def _class(entry: Entry) -> type[Any]:
    kind: type[Any] = getattr(import_module(f".{entry.file}", __package__), entry.kind)
    return kind
