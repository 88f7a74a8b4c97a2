"""Arguments that circuits and their layers refuse, each with what was expected."""

import math

import numpy as np
import pytest
import torch
from qiskit import QuantumCircuit
from qiskit.circuit.classical import expr
from refused import refused

from qmann_core.circuits import (
    Circuit,
    Input,
    Operation,
    amplitude,
    angle,
    compose,
    pauli,
    strongly_entangling,
    z_each,
)
from qmann_core.config import MemoryConfig
from qmann_core.errors import QMANNError
from qmann_core.memory import QuantumMemory
from qmann_core.nn import QuantumClassicalInterface, QuantumLayer
from qmann_core.simulation import NoiseModel, depolarising

CIRCUIT = Circuit(2, compose(angle(2), strongly_entangling(2, 1)), z_each(2))
WRONG = [None, "x", -1, 1.5, math.nan, [1], {}]


@pytest.mark.parametrize("value", WRONG)
@pytest.mark.parametrize(
    "make",
    [
        lambda value: QuantumLayer(value),
        lambda value: QuantumLayer(CIRCUIT, n_gates=value if value is not None else 0),
        lambda value: QuantumLayer(CIRCUIT, strategy=value),
        lambda value: QuantumLayer(CIRCUIT, initialise=value),
        lambda value: QuantumLayer(CIRCUIT, gradient=value),
        lambda value: QuantumLayer(CIRCUIT, generator=value or 0),
        lambda value: QuantumLayer(CIRCUIT, gradient="spsa", shots=value or 0),
        lambda value: Circuit(value, (), ()),
        lambda value: Circuit(2, value, ()),
        lambda value: Circuit(2, (), value),
        lambda value: Circuit(2, (Operation(value, (0,)),), ()),
        lambda value: Circuit(2, (Operation("X", value),), ()),
        lambda value: Circuit(2, (Operation("X", (value,)),), ()),
        lambda value: Circuit(2, (Operation("RX", (0,), value),), ()),
        lambda value: (
            Circuit(2, (Operation("RX", (0,), (Input(value or -1),)),), ())
            if value != 10**30
            else angle(-1)
        ),
        lambda value: angle(value),
        lambda value: amplitude(value),
        lambda value: z_each(value),
        lambda value: strongly_entangling(value, 1),
        lambda value: strongly_entangling(1, value),
        lambda value: pauli(value),
        lambda value: QuantumClassicalInterface(value),
        lambda value: QuantumMemory(value, 1, MemoryConfig(kind="quantum")),
        lambda value: QuantumMemory(3, 1, value),
        lambda value: QuantumLayer.from_qiskit(value),
    ],
)
def test_constructing(make, value):
    with refused(QMANNError, ".") as caught:
        make(value)
    assert "\n" not in str(caught.value) or "Type-check" in str(caught.value)


INPUTS = [
    None,
    "x",
    np.zeros((3, 2), np.float32),
    [[1.0, 2.0]],
    torch.zeros(3, 2, dtype=torch.long),
    torch.zeros(3, 2).half(),
    torch.zeros(3, 2).double(),
    torch.zeros(3, 2).to_sparse(),
    torch.zeros(3, 9),
    torch.tensor(1.0),
]


@pytest.mark.parametrize("how", ["exact", "fused", "shift", "noise"])
@pytest.mark.parametrize("number", range(len(INPUTS)))
def test_inputs(how, number):
    strategy = "fused" if how == "fused" else "auto"
    gradient = "parameter_shift" if how == "shift" else "exact"
    layer = QuantumLayer(CIRCUIT, strategy=strategy, gradient=gradient)
    if how == "noise":
        layer.noise = NoiseModel(one_wire=(depolarising(0.1),))
    with refused(QMANNError, "expected|convert|last axis|stored"):
        layer(INPUTS[number])


@pytest.mark.parametrize("measured", [None, "x", 3, torch.zeros(3), {"00": "x"}, {3: 1}])
def test_measurements(measured):
    with refused(QMANNError, "expected"):
        QuantumClassicalInterface(CIRCUIT).quantum_to_classical(measured)


def test_comparisons_of_qiskit_are_named():
    circuit = QuantumCircuit(2, 2)
    with circuit.if_test(expr.less(circuit.cregs[0], 2)):
        circuit.x(1)
    with pytest.raises(QMANNError, match=r"operation 0 \(if_else\) cannot be compiled"):
        QuantumLayer.from_qiskit(circuit)
