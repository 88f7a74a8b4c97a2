"""Our circuits as programs in the gates of IBM's devices."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from ..circuits import Circuit, Observable, Operation, Projector, elementary
from ..errors import CircuitError
from ..interop import to_qiskit
from ..interop.sdk import sdk
from ..simulation import measurements
from ..simulation.lowering.angles import one_angle_each
from .runtime import Primitive, Program, asked


def transpiled(
    primitive: Primitive,
    circuit: Circuit,
    device: Any,
    *,
    level: int,
    layout: tuple[int, ...],
    twirled: bool,
) -> Program:
    """``circuit`` on a device, and what is measured there.

    Args:
        primitive: what runs it; a sampler reads all wires.
        circuit: of gates alone; see `measured.gates_alone`.
        device: Qiskit's.
        level: of Qiskit's transpiler.
        layout: the qubits of a circuit that is to run as it stands; empty: as Qiskit chooses.
        twirled: whether the Estimator merges gates on one qubit with random ones anyway.

    Raises:
        CircuitError: a layout that does not fit, or a level that takes gates out of such a circuit.
    """
    _check_layout(layout, circuit.n_wires, device.num_qubits)
    steps = (step for each in circuit.operations for step in _rotations(each))
    made = to_qiskit(circuit if layout else replace(circuit, operations=tuple(steps)))
    if layout and not twirled:
        # or the Estimator merges the last gates, folds and all, with its basis change
        made.delay(0, range(circuit.n_wires))
    if primitive == "sampler":
        made.measure_all()
    manager = sdk("qiskit").transpiler.generate_preset_pass_manager(
        level, device, seed_transpiler=0, initial_layout=list(layout) or None
    )
    laid = asked(lambda: manager.run(made))
    if layout:
        _check_gates(made, laid, device, level)
    observables = [
        _observable(each, circuit.n_wires).apply_layout(laid.layout) for each in circuit.observables
    ]
    return Program(
        primitive=primitive,
        circuit=laid,
        observables=[
            [observables[k] for k in each.positions] for each in measurements(circuit.observables)
        ],
        columns=[
            each.index + circuit.n_inputs * (each.vector.name == "w") for each in laid.parameters
        ],
    )


def _rotations(operation: Operation) -> Iterator[Operation]:
    """Without weights in the global phase: Qiskit takes minutes to add up those of 8 copies."""
    for step in elementary(operation):
        for turn in one_angle_each(step):
            yield replace(turn, gate="RZ") if turn.gate == "PhaseShift" else turn


def _observable(observable: Observable | Projector, n_wires: int) -> Any:
    word = observable.bits if isinstance(observable, Projector) else observable.word
    sparse = sdk("qiskit").quantum_info.SparseObservable
    return sparse.from_sparse_list([(word, observable.wires, 1.0)], n_wires)


def _check_layout(layout: tuple[int, ...], n_wires: int, n_qubits: int) -> None:
    if layout and (len(set(layout)) != n_wires or not set(layout) <= set(range(n_qubits))):
        raise CircuitError(
            f"got layout={layout}: expected {n_wires} different qubits below {n_qubits}, one for "
            "each wire"
        )


def _check_gates(made: Any, laid: Any, device: Any, level: int) -> None:
    """That no gate of the device's was taken out, and none on two qubits added."""
    given, found = made.count_ops(), laid.count_ops()
    lost = any(found.get(gate, 0) < given[gate] for gate in given if gate in device.operation_names)
    if lost or made.num_nonlocal_gates() != laid.num_nonlocal_gates():
        raise CircuitError(
            f"level={level} of Qiskit's transpiler makes {dict(found)} of {dict(given)} in a "
            "circuit that is to run as it stands, so that folds are lost: use level=0, and a "
            "circuit in the device's gates on neighbouring qubits, as `Backend.native` gives it"
        )
