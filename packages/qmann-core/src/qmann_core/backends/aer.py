"""Qiskit Aer: state vectors, density matrices, shots, and the noise of IBM's devices."""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from typing import Any, NoReturn

import numpy as np
from jaxtyping import Float

from ..circuits import Circuit, Operation
from ..errors import BackendError, CircuitError, ConfigError
from ..interop import to_qiskit
from ..interop.qiskit.laid import laid_out
from ..interop.qiskit.write import append, symbolic
from ..interop.sdk import sdk
from ..simulation import Measurement, NoiseModel
from .base import Backend, Capabilities
from .fake import fake_device, fake_devices
from .measured import Measured, Program, drawn, steps

_DENSE = 10  # wires
_DENSITY = "density_matrix"
METHODS = ("automatic", "statevector", _DENSITY, "matrix_product_state", "stabilizer")


@dataclass(frozen=True, kw_only=True, eq=False)
class Aer(Measured):
    """Qiskit Aer's simulator, by which a whole batch is one call.

    A circuit is transpiled once, with its parameters as symbols: for a fake device to its
    connections and gates, otherwise not at all.

    Attributes:
        device: the method of simulation, one of `METHODS`; with noise, exact values are those of
            density matrices.
        level: of Qiskit's transpiler, for a fake device.
        layout: of a fake device, the qubits that wires lie on; empty: as the transpiler chooses.
        noise: the name of a fake device of IBM's such as ``"fake_manila"`` (extra ``ibm``), a
            ``NoiseModel`` of Qiskit Aer's, or a `simulation.NoiseModel`.

    Raises:
        ConfigError: an unknown method, fake device, or kind of noise.
        ModuleNotFoundError: Qiskit Aer is not installed.
    """

    device: str = METHODS[0]
    noise: Any = None
    level: int = 1
    layout: tuple[int, ...] = ()
    _made: dict[Any, "_Compiled"] = field(default_factory=dict, init=False, repr=False)
    _places: dict[Any, list[int]] = field(default_factory=dict, init=False, repr=False)
    _managers: dict[Any, Any] = field(default_factory=dict, init=False, repr=False)
    _natives: dict[Circuit, tuple[Backend, Circuit]] = field(
        default_factory=dict, init=False, repr=False
    )

    def __post_init__(self) -> None:
        if self.device not in METHODS:
            raise ConfigError(f"aer has no device {self.device!r}; use one of {', '.join(METHODS)}")
        known = (str, NoiseModel, type(None))
        if not isinstance(self.noise, known) and not self._is_aers:
            raise ConfigError(
                f"got noise of type {type(self.noise).__name__}: expected the name of a fake "
                "device, a NoiseModel of Qiskit Aer's, or one of qmann_core.simulation"
            )
        if isinstance(self.noise, str):
            fake_device(self.noise)

    def __getstate__(self) -> dict[str, Any]:
        """Without what can be made again."""
        return {each.name: getattr(self, each.name) if each.init else {} for each in fields(self)}

    @property
    def name(self) -> str:
        noise = f" with noise of {self.noise}" if isinstance(self.noise, str) else ""
        return "aer" + (f":{self.device}" if self.device != METHODS[0] else "") + noise

    @property
    def capabilities(self) -> Capabilities:
        n_wires = None
        if isinstance(self.noise, str):
            n_wires = fake_device(self.noise).num_qubits
        elif self._is_aers and self.noise.noise_qubits:
            n_wires = 1 + max(self.noise.noise_qubits)
        return Capabilities(n_wires=n_wires, devices=METHODS)

    def holding(self, n_wires: int) -> tuple[str, ...]:
        fakes = fake_devices(n_wires) if isinstance(self.noise, str) else ()
        return (*(f"aer with noise={name!r}" for name in fakes[:4]), "exact")

    def native(self, circuit: Circuit) -> tuple[Backend, Circuit]:
        if not isinstance(self.noise, str):
            return self, circuit
        if circuit not in self._natives:
            found, qubits = laid_out(circuit, self._laid(to_qiskit(circuit), None))
            self._natives[circuit] = replace(self, level=0, layout=qubits), found
        return self._natives[circuit]

    @property
    def _is_aers(self) -> bool:
        is_ours = self.noise is None or isinstance(self.noise, str | NoiseModel)
        return not is_ours and isinstance(self.noise, sdk("qiskit_aer").noise.NoiseModel)

    @cached_property
    def _simulator(self) -> Any:
        simulator = sdk("qiskit_aer").AerSimulator
        if isinstance(self.noise, str):
            return simulator.from_backend(fake_device(self.noise), method=self.device)
        return simulator(method=self.device, noise_model=self.noise if self._is_aers else None)

    def _read(
        self, program: Program, settings: Sequence[Measurement], shots: int | None, seed: int
    ) -> list[Float[np.ndarray, "sample outcome"]]:
        if shots is not None and self._drawn_here(program.circuit.n_wires):
            return drawn(self._read(program, settings, None, seed), shots, seed)
        made = [self._compiled(program, setting, exact=shots is None) for setting in settings]
        options: dict[str, Any] = {"shots": shots, "seed_simulator": seed}
        if shots is None:
            options = {"shots": 1, **self._exactly()}
        circuits = [each.circuit for each in made]
        binds = [each.bound(program) for each in made]
        job = self._simulator.run(circuits, binds if any(binds) else None, **options)
        result = job.result()
        if not result.success:
            _refuse(self.name, result.results[0].status)
        data, n = [each.data for each in result.results], len(program.inputs)
        return [each.outcomes(data[k * n : (k + 1) * n]) for k, each in enumerate(made)]

    def _drawn_here(self, n_wires: int) -> bool:
        """Whether shots are drawn from the exact chances of density matrices.

        Independent shots have the same law as Aer's, which takes ten times as long for them.
        """
        return self.noise is not None and n_wires <= _DENSE and self.device == METHODS[0]

    def _exactly(self) -> dict[str, str]:
        """The method that gives exact values."""
        if self.noise is None:
            return {}
        if self.device not in (METHODS[0], _DENSITY):
            raise CircuitError(
                f"{self.name} draws noise shot by shot and has no exact values; say how many "
                f"shots, or use aer:{_DENSITY}"
            )
        return {"method": _DENSITY}

    def _compiled(self, program: Program, setting: Measurement, *, exact: bool) -> "_Compiled":
        key = program.circuit, program.n_free, setting.basis, exact
        if key not in self._made:
            self._made[key] = self._compile(program, setting, exact=exact)
        return self._made[key]

    def _compile(self, program: Program, setting: Measurement, *, exact: bool) -> "_Compiled":
        qiskit = sdk("qiskit")
        made = qiskit.QuantumCircuit(program.circuit.n_wires)
        value = symbolic(program.circuit)
        ours = self.noise if isinstance(self.noise, NoiseModel) else None
        for step in steps(program, setting, ours):
            if isinstance(step, Operation):
                append(made, step, value)
            else:
                channel = qiskit.quantum_info.Kraus(list(step.operators))
                made.append(channel.to_instruction(), step.wires[::-1])
        laid = self._laid(made, self._places.get((program.circuit, program.n_free)))
        places = range(made.num_qubits)
        if laid.layout is not None:
            start = laid.layout.initial_index_layout(filter_ancillas=True)
            self._places.setdefault((program.circuit, program.n_free), start)
            places = laid.layout.final_index_layout()
        qubits = [places[wire] for wire in setting.wires]
        if exact:
            laid.save_probabilities(qubits[::-1])
        else:
            laid.add_register(qiskit.ClassicalRegister(len(qubits)))
            laid.measure(qubits[::-1], range(len(qubits)))
        misread = [self._misread.get(qubit, np.eye(2)) for qubit in qubits] if exact else []
        return _Compiled(circuit=laid, misread=misread)

    def _laid(self, made: Any, start: list[int] | None) -> Any:
        """All settings of a circuit on the same qubits: where its first one starts."""
        try:
            return self._manager(start).run(made)
        except sdk("qiskit").transpiler.TranspilerError as error:
            raise CircuitError(f"{self.name} cannot run the circuit: {error.message}") from error

    def _manager(self, start: list[int] | None) -> Any:
        key = tuple(start or self.layout)
        if key not in self._managers:
            make = sdk("qiskit").transpiler.generate_preset_pass_manager
            level = self.level if isinstance(self.noise, str) else 0
            where = list(key) or None
            self._managers[key] = make(
                level, self._simulator, seed_transpiler=0, initial_layout=where
            )
        return self._managers[key]

    @cached_property
    def _misread(self) -> dict[int, Float[np.ndarray, "prepared read"]]:
        """Of each qubit how it is misread, which Aer applies to shots alone."""
        model = self._simulator.options.noise_model
        found = [] if model is None else model.to_dict()["errors"]
        qubits = range(self._simulator.num_qubits)
        return {
            qubit: np.array(each["probabilities"])
            for each in found
            if each["type"] == "roerror"
            for [qubit] in each.get("gate_qubits", [[qubit] for qubit in qubits])
        }


def _refuse(name: str, status: str) -> NoReturn:
    if "contains invalid" in status:
        raise CircuitError(f"{name} cannot run the circuit: {status}; use another method of aer")
    raise BackendError(f"{name} failed: {status}")


@dataclass(frozen=True, kw_only=True, eq=False)
class _Compiled:
    """A circuit that measures one setting, transpiled, with symbols for its parameters."""

    circuit: Any
    misread: list[Float[np.ndarray, "prepared read"]]
    """Of each wire that is read; empty with shots, which Aer misreads itself."""

    def bound(self, program: Program) -> dict[Any, list[float]]:
        """The values of every parameter, for each sample."""
        return {
            each: (
                program.inputs[:, each.index].tolist()
                if each.vector.name == "x"
                else [float(program.weights[each.index])] * len(program.inputs)
            )
            for each in self.circuit.parameters
        }

    def outcomes(self, data: Sequence[Any]) -> Float[np.ndarray, "sample outcome"]:
        """Probabilities or relative frequencies."""
        if self.misread:
            chances = np.stack([each.probabilities for each in data])
            for place, matrix in enumerate(self.misread):
                split = chances.reshape(len(data), 2**place, 2, -1)
                chances = np.einsum("sapb,pr->sarb", split, matrix)
            return np.asarray(chances.reshape(len(data), -1))
        counts = np.zeros((len(data), 2**self.circuit.num_clbits))
        for row, each in zip(counts, data, strict=True):
            row[[int(key, 16) for key in each.counts]] = list(each.counts.values())
        return np.asarray(counts / counts.sum(axis=1, keepdims=True))
