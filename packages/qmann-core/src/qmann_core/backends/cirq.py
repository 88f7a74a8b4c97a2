"""Cirq's simulators: state vectors and density matrices."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Integer

from ..circuits import Operation
from ..errors import ConfigError
from ..interop.cirq.convert import operations, symbolic
from ..interop.sdk import sdk
from ..simulation import Measurement, NoiseModel
from ..simulation.shots.sampling import marginal
from .base import Capabilities
from .measured import Measured, Program, check_ours, steps

DEVICES = ("simulator", "density_matrix")
_KEY = "read"


@dataclass(frozen=True, kw_only=True, eq=False)
class Cirq(Measured):
    """A simulator of Cirq's, by which a whole batch is one sweep.

    Attributes:
        device: ``"simulator"``, of state vectors, or ``"density_matrix"``, by default with noise.
        noise: a `simulation.NoiseModel`.

    Raises:
        ConfigError: an unknown device, noise of another kind, or for state vectors.
        ModuleNotFoundError: Cirq is not installed.
    """

    device: str = ""
    noise: NoiseModel | None = None

    def __post_init__(self) -> None:
        if self.device and self.device not in DEVICES:
            raise ConfigError(
                f"cirq has no device {self.device!r}; use one of {', '.join(DEVICES)}"
            )
        check_ours(self.noise)
        if self.noise is not None and self._device != DEVICES[1]:
            raise ConfigError(f"cirq:{self.device} has no noise; use cirq:{DEVICES[1]}")

    @property
    def name(self) -> str:
        return f"cirq:{self._device}"

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(devices=DEVICES)

    @property
    def _device(self) -> str:
        return self.device or DEVICES[self.noise is not None]

    def _read(
        self, program: Program, settings: Sequence[Measurement], shots: int | None, seed: int
    ) -> list[Float[np.ndarray, "sample outcome"]]:
        cirq = sdk("cirq")
        kind = cirq.Simulator if self._device == DEVICES[0] else cirq.DensityMatrixSimulator
        simulator = kind(dtype=np.complex128, seed=seed)
        qubits = cirq.LineQubit.range(program.circuit.n_wires)
        circuits = [self._circuit(program, setting, qubits) for setting in settings]
        sweep = [_values(program, row) for row in program.inputs]
        if shots is None:
            found = [simulator.simulate_sweep(each, sweep, qubit_order=qubits) for each in circuits]
            chances = [np.stack([self._chances(each) for each in row]) for row in found]
            return [
                marginal(torch.from_numpy(each), len(qubits), setting.wires).numpy()
                for each, setting in zip(chances, settings, strict=True)
            ]
        for setting, made in zip(settings, circuits, strict=True):
            made.append(cirq.measure(*(qubits[wire] for wire in setting.wires), key=_KEY))
        read = simulator.run_batch(circuits, [sweep] * len(circuits), repetitions=shots)
        return [np.stack([_frequencies(each.measurements[_KEY]) for each in row]) for row in read]

    def _chances(self, found: Any) -> Float[np.ndarray, " outcome"]:
        if self._device == DEVICES[0]:
            return np.asarray(np.abs(found.final_state_vector) ** 2)
        return np.asarray(found.final_density_matrix.diagonal().real)

    def _circuit(self, program: Program, setting: Measurement, qubits: list[Any]) -> Any:
        cirq = sdk("cirq")
        value = symbolic(program.circuit)
        made = cirq.Circuit()
        for step in steps(program, setting, self.noise):
            if isinstance(step, Operation):
                made.append(operations(step, value))
            else:
                channel = cirq.KrausChannel(list(step.operators))
                made.append(channel(*(qubits[wire] for wire in step.wires)))
        return made


def _values(program: Program, row: Float[np.ndarray, " n_inputs"]) -> Any:
    """What the symbols of one sample are."""
    inputs = {f"x{index}": value for index, value in enumerate(row.tolist())}
    weights = {f"w{index}": value for index, value in enumerate(program.weights.tolist())}
    return sdk("cirq").ParamResolver({**inputs, **weights})


def _frequencies(bits: Integer[np.ndarray, "shot wire"]) -> Float[np.ndarray, " outcome"]:
    """Of the outcomes, the first wire the most significant bit."""
    outcomes = bits @ (1 << np.arange(bits.shape[1])[::-1])
    return np.bincount(outcomes, minlength=2 ** bits.shape[1]) / len(bits)
