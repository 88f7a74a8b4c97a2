"""PennyLane's devices, and those of its plugins."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import entry_points
from typing import Any

import numpy as np
from jaxtyping import Float

from ..circuits import Operation
from ..errors import CircuitError, ConfigError
from ..interop.pennylane.write import apply, columns
from ..interop.polynomials import valued
from ..interop.sdk import sdk
from ..simulation import Measurement, NoiseModel
from .base import Capabilities
from .measured import Measured, Program, check_ours, steps

NOISY, EXACT = "default.mixed", "default.qubit"
_OTHERS = ("default.gaussian", "default.qutrit", "default.qutrit.mixed", "null.qubit")


@dataclass(frozen=True, kw_only=True, eq=False)
class PennyLane(Measured):
    """A device of PennyLane's, by which a whole batch is one call of ``qml.execute``.

    Attributes:
        device: its name; by default ``default.qubit``, with noise ``default.mixed``.
        noise: a `simulation.NoiseModel`, for ``default.mixed`` alone.

    Raises:
        ConfigError: an unknown device, or noise for one that has none.
        ModuleNotFoundError: PennyLane is not installed.
    """

    device: str = ""
    noise: NoiseModel | None = None

    def __post_init__(self) -> None:
        if self.device and self.device not in _devices():
            raise ConfigError(
                f"pennylane has no device {self.device!r}; installed are {', '.join(_devices())}"
            )
        check_ours(self.noise)
        if self.noise is not None and self._device != NOISY:
            raise ConfigError(f"pennylane:{self.device} has no noise; use pennylane:{NOISY}")

    @property
    def name(self) -> str:
        return f"pennylane:{self._device}"

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(noise=self.device in ("", NOISY), devices=_devices())

    @property
    def _device(self) -> str:
        return self.device or (EXACT if self.noise is None else NOISY)

    def _read(
        self, program: Program, settings: Sequence[Measurement], shots: int | None, seed: int
    ) -> list[Float[np.ndarray, "sample outcome"]]:
        qml = sdk("pennylane")
        seeded = {} if shots is None else {"seed": seed}
        device = qml.device(self._device, wires=program.circuit.n_wires, **seeded)
        tapes = [self._tape(program, setting, shots) for setting in settings]
        try:
            read = qml.execute(tapes, device, diff_method=None)
        except qml.exceptions.DeviceError as error:
            raise CircuitError(f"{self.name} cannot run the circuit: {error}") from error
        return [np.asarray(each).reshape(len(program.inputs), -1) for each in read]

    def _tape(self, program: Program, setting: Measurement, shots: int | None) -> Any:
        qml = sdk("pennylane")
        value = valued(columns(program.inputs), program.weights)
        with qml.queuing.AnnotatedQueue() as queue:
            for step in steps(program, setting, self.noise):
                if isinstance(step, Operation):
                    apply(step, value, program.inputs)
                else:
                    qml.QubitChannel(list(step.operators), wires=step.wires)
            qml.probs(wires=setting.wires)
        return qml.tape.QuantumScript.from_queue(queue, shots=shots)


def _devices() -> tuple[str, ...]:
    """Names of those that are installed, the default first."""
    names = {each.name for each in entry_points(group="pennylane.plugins")}
    return (EXACT, *sorted(names.difference((EXACT, *_OTHERS))))
