"""IBM's devices by Qiskit Runtime, and its local testing mode with fake ones."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from ..circuits import Circuit
from ..config import PriceConfig
from ..errors import BackendError, ConfigError
from ..interop.qiskit.laid import laid_out
from ..interop.sdk import sdk
from ..simulation import measurements
from .base import Backend, Capabilities
from .cost import Cost, priced
from .fake import fake_device, fake_devices
from .ledger import Ledger
from .measured import gates_alone
from .runtime import Executions, Primitive, Program, Runtime, asked, check_options, part
from .service import Arrays, Request
from .side_by_side import packed, repeated, unpacked
from .transpiled import transpiled
from .values import Values

MOST_SIMULATED = 20
"""Qubits of a fake device whose Estimator is simulated, which reads all of them."""
_UNMITIGATED: Mapping[str, Any] = {"resilience_level": 0}


@dataclass(frozen=True, kw_only=True, eq=False)
class IBM(Backend):
    """A device of IBM's, or a fake one that is simulated here with the noise of a real one.

    Expectation values are those of Qiskit Runtime's Estimator, bit strings those of its Sampler, in
    Batch mode; jobs for a real device go through a `Ledger`. The account is the one that was saved
    with Qiskit Runtime, or is in its environment variables.

    Either the service mitigates, as ``options={"resilience_level": 2}`` asks (1: readout alone, 2:
    zero-noise extrapolation, too), or our own stages do, as `mitigation.Mitigated` has them: on a
    circuit that runs as it stands, one job after the other in one batch. `name` says which. With
    twirled gates, the Estimator leaves folds of gates on two qubits alone.

    Attributes:
        device: as ``"ibm_torino"``, or ``"fake_manila"`` for the local testing mode.
        level: of Qiskit's transpiler, 0 to 3.
        options: of the Estimator: ``resilience_level``, ``resilience``, ``twirling``,
            ``dynamical_decoupling``, ...; the Sampler is given those that it knows.
        ledger: of jobs; None is that in the user's data folder, or none of a fake device.
        price: table and limits, by which `cost` counts where it is given none.
        copies: of a narrow circuit, laid on different qubits and run at once for expectation
            values; None: on a real device as many as fit without a swap, up to the rows that there
            are; on a fake one, which is simulated, or with ``layout``, 1.
        layout: the qubits of circuits that run as they stand, as `native` has it; empty: as the
            transpiler chooses.

    Raises:
        ConfigError: an unknown fake device, level or option, copies that do not fit, or a layout
            and options by which the service mitigates.
        ModuleNotFoundError: Qiskit Runtime is not installed.
    """

    device: str = ""
    level: int = 1
    options: Mapping[str, Any] = field(default_factory=lambda: dict(_UNMITIGATED))
    ledger: Ledger | None = None
    price: PriceConfig = field(default_factory=PriceConfig)
    copies: int | None = None
    layout: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if self.level not in range(4):
            raise ConfigError(f"level is that of Qiskit's transpiler, 0 to 3; got {self.level!r}")
        if self.copies is not None and self.copies < 1:
            raise ConfigError(f"copies: expected None, or 1 or more; got {self.copies!r}")
        if self._is_fake:
            fake_device(self.device)
        if self.options != _UNMITIGATED:
            check_options(self.options)
        if self.layout and self._is_mitigated:
            raise ConfigError(
                f"got own stages on ibm:{self.device} and options by which the service mitigates: "
                "expected one of the two; either options={'resilience_level': 2} and no stages, or "
                "stages and options={'resilience_level': 0}"
            )

    @property
    def name(self) -> str:
        name = f"ibm:{self.device}" if self.device else "ibm"
        if self.layout:
            return f"{name} (own stages, the service's off)"
        return f"{name} (mitigated by the service)" if self._is_mitigated else name

    @property
    def simulated(self) -> bool:
        return self._is_fake

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(
            n_wires=self._runtime.device.num_qubits if self.device else None,
            exact=False,
            noise=False,
            devices=("fake_manila", "ibm_torino"),
        )

    def native(self, circuit: Circuit) -> tuple[Backend, Circuit]:
        if circuit not in self._natives:
            found, qubits = laid_out(circuit, self._laid("estimator", circuit).circuit)
            there = replace(self, level=0, layout=qubits, copies=None)
            vars(there)["_runtime"] = self._runtime  # so that all jobs are in one batch
            self._natives[circuit] = there, found
        return self._natives[circuit]

    def holding(self, n_wires: int) -> tuple[str, ...]:
        if self._is_fake:
            fakes = [n for n in fake_devices(n_wires) if _size(n) <= MOST_SIMULATED]
            return (*(f"ibm:{name}" for name in fakes), "exact", "aer")
        found = asked(lambda: self._runtime.service.backends(min_num_qubits=n_wires))
        return tuple(f"ibm:{each.name}" for each in found)

    def _cost(
        self, circuit: Circuit, n_rows: int, shots: int | None, price: PriceConfig | None
    ) -> Cost:
        """Of the circuit as it is transpiled, and of what mitigation adds to it."""
        assert shots is not None
        inputs = torch.ones(2 if n_rows > 1 else 1, circuit.n_inputs).double()
        ready = gates_alone(circuit, inputs, torch.zeros(circuit.n_weights).double())
        copies = self._copies(ready.circuit, n_rows)
        program = self._laid("estimator", repeated(ready.circuit, copies))
        executions = self._executions(program, shots)
        return self._priced(program, executions, -(-n_rows // copies), price or self.price)

    def _run(
        self, circuit: Circuit, inputs: Tensor, weights: Tensor, shots: int | None, seed: int
    ) -> Values:
        assert shots is not None
        if self._is_fake and self._runtime.device.num_qubits > MOST_SIMULATED:
            raise BackendError(
                f"{self.name}: Qiskit Runtime's local Estimator simulates all of the device's "
                f"{self._runtime.device.num_qubits} qubits: name one of at most {MOST_SIMULATED}, "
                f"as 'ibm:fake_manila', or use backend('aer', noise={self.device!r})"
            )
        ready = gates_alone(circuit, inputs, weights)
        copies = self._copies(ready.circuit, len(inputs))
        wide, rows = repeated(ready.circuit, copies), packed(ready.inputs, copies)
        found = self._asked("estimator", wide, rows, ready.weights, shots, seed)
        order = np.argsort([k for each in measurements(wide.observables) for k in each.positions])
        mean, error = (
            torch.from_numpy(unpacked(found[name][:, order], copies, len(inputs)))
            for name in ("mean", "error")
        )
        return Values(mean=mean, error=error)

    def _sample(
        self, circuit: Circuit, inputs: Tensor, weights: Tensor, shots: int, seed: int
    ) -> tuple[Counter[str], ...]:
        ready = gates_alone(circuit, inputs, weights)
        found = self._asked("sampler", ready.circuit, ready.inputs, ready.weights, shots, seed)
        bits = np.unpackbits(found["bits"], axis=-1)[..., : -circuit.n_wires - 1 : -1]
        return tuple(Counter("".join(map(str, shot)) for shot in row.tolist()) for row in bits)

    def _asked(
        self,
        primitive: Primitive,
        circuit: Circuit,
        inputs: Float[np.ndarray, "row n_inputs"],
        weights: Float[np.ndarray, " n_weights"],
        shots: int,
        seed: int,
    ) -> Arrays:
        weights_of_each = np.broadcast_to(weights, (len(inputs), len(weights)))
        is_sampled = primitive == "sampler"
        known = part("options_models.sampler").SamplerOptions.model_fields
        options = {n: o for n, o in self.options.items() if not is_sampled or n in known}
        whole = Request(
            device=f"ibm:{self.device}",
            program=self._key(primitive, circuit),
            parameters=np.concatenate((inputs, weights_of_each), axis=1),
            observables=() if is_sampled else tuple(map(repr, circuit.observables)),
            settings=1 if is_sampled else len(measurements(circuit.observables)),
            shots=shots,
            seed=seed,
            options={"level": self.level, "options": options},
        )
        program = self._laid(primitive, circuit)
        executions = self._executions(program, shots)
        self._priced(program, executions, len(whole), self.price).check(self.price)
        jobs = self._results(whole.split(executions.most_rows))
        return {name: np.concatenate([job[name] for job in jobs]) for name in jobs[0]}

    def _copies(self, circuit: Circuit, n_rows: int) -> int:
        n_qubits = self._runtime.device.num_qubits
        room = n_qubits // circuit.n_wires
        if self.copies is None:
            most = 1 if self._is_fake or self.layout else max(1, min(n_rows, room))
            if (circuit, most) not in self._fitting:
                self._fitting[circuit, most] = self._without_swaps(circuit, most)
            return self._fitting[circuit, most]
        if self.copies > room:
            raise ConfigError(
                f"copies={self.copies} of {circuit.n_wires} wires do not fit the {n_qubits} qubits "
                f"of {self.name}; ask for at most {room}, or for None"
            )
        return self.copies

    def _without_swaps(self, circuit: Circuit, most: int) -> int:
        """Copies, so few that each takes no more two-qubit gates than one alone."""

        def gates(copies: int) -> int:
            return self._laid("estimator", repeated(circuit, copies)).size.two_wire_gates

        copies, alone = most, gates(1)
        while gates(copies) > copies * alone:
            copies -= max(1, copies // 4)
        return copies

    @cached_property
    def _natives(self) -> dict[Circuit, tuple[Backend, Circuit]]:
        """What `native` has given."""
        return {}

    @cached_property
    def _fitting(self) -> dict[tuple[Circuit, int], int]:
        """Copies of a circuit, by the most that there could be."""
        return {}

    def _executions(self, program: Program, shots: int) -> Executions:
        known = self._runtime.executions
        if (program, shots) not in known:
            known[program, shots] = program.executions(shots, self.options, self._runtime.device)
        return known[program, shots]

    def _priced(
        self, program: Program, executions: Executions, n_rows: int, price: PriceConfig
    ) -> Cost:
        circuits, settings = executions.circuits(n_rows), max(1, len(program.observables))
        return priced(circuits, settings, executions.shots, program.size, price)

    def _results(self, requests: Sequence[Request]) -> Sequence[Arrays]:
        if self.ledger is not None or not self._is_fake:
            return (self.ledger or Ledger()).run(requests, self._runtime)
        jobs = [self._runtime.submit(request, request.key) for request in requests]
        return [self._runtime.result(job) for job in jobs]

    @property
    def _is_mitigated(self) -> bool:
        """By the service, whose own default is level 1."""
        return bool(self.options.get("resilience_level", 1) or self.options.get("resilience"))

    @property
    def _is_fake(self) -> bool:
        return self.device.startswith("fake_")

    @cached_property
    def _runtime(self) -> Runtime:
        if not self.device:
            raise ConfigError(
                "ibm: name a device, as 'ibm:ibm_torino', or one of the local testing mode, as "
                "'ibm:fake_manila'"
            )
        if self._is_fake:
            made = sdk("qiskit_aer").AerSimulator.from_backend(fake_device(self.device))
            return Runtime(device=made, service=None)  # which would make its noise for each job
        service = asked(lambda: sdk("qiskit_ibm_runtime").QiskitRuntimeService())
        return Runtime(device=asked(lambda: service.backend(self.device)), service=service)

    def _key(self, primitive: Primitive, circuit: Circuit) -> bytes:
        where = f" on {self.layout}" if self.layout else ""
        return f"{primitive} {circuit!r}{where}".encode()

    def _laid(self, primitive: Primitive, circuit: Circuit) -> Program:
        """The circuit as it is transpiled, once."""
        programs, key = self._runtime.programs, self._key(primitive, circuit)
        if key not in programs:
            programs[key] = transpiled(
                primitive,
                circuit,
                self._runtime.device,
                level=self.level,
                layout=self.layout,
                twirled=self.options.get("twirling", {}).get("enable_gates", False),
            )
        return programs[key]


def _size(fake: str) -> int:
    return int(fake_device(fake).num_qubits)
