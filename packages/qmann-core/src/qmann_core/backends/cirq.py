"""Cirq's simulators: state vectors and density matrices."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float

from ..circuits import Operation
from ..errors import ConfigError
from ..interop.cirq.convert import operations, symbolic
from ..interop.sdk import sdk
from ..simulation import Measurement, NoiseModel
from ..simulation.shots.sampling import marginal
from .base import Capabilities
from .measured import Measured, Program, check_ours, drawn, steps

DEVICES = ("simulator", "density_matrix")


@dataclass(frozen=True, kw_only=True, eq=False)
class Cirq(Measured):
    """A simulator of Cirq's, by which a whole batch is one sweep.

    Shots are drawn from the exact chances of what it ends in, as Cirq's own of the same law take
    several times as long.

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
        sweep = [_values(program, row) for row in program.inputs]
        read = []
        for setting in settings:
            made = self._circuit(program, setting, qubits)
            found = simulator.simulate_sweep(made, sweep, qubit_order=qubits)
            chances = torch.from_numpy(np.stack([self._chances(each) for each in found]))
            read.append(marginal(chances, len(qubits), setting.wires).numpy())
        return read if shots is None else drawn(read, shots, seed)

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
