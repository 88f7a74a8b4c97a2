"""Copies on wires of their own give, row by row, what the circuit gives."""

import numpy as np
import pytest
import torch

from qmann_core.backends import backend
from qmann_core.backends.measured import gates_alone
from qmann_core.backends.side_by_side import packed, repeated, unpacked
from qmann_core.circuits import (
    ANSATZE,
    Circuit,
    Input,
    Operation,
    Weight,
    amplitude,
    angle,
    compose,
    iqp,
    pauli,
    projector,
    strongly_entangling,
    z_each,
)
from qmann_core.errors import CircuitError
from qmann_core.simulation import measurements

OBSERVABLES = (
    *(pauli(letter, (wire,)) for wire in (0, 2) for letter in "XYZ"),
    pauli("XYZ", (2, 0, 1)),
    projector("01", (2, 0)),
    pauli("I"),
)
CIRCUITS = {
    "angles": compose(angle(3), ANSATZE["hardware_efficient"](3, 1)),
    "polynomials": compose(iqp(3), strongly_entangling(3, 2)),
    "amplitudes": compose(amplitude(3), ANSATZE["basic_entangler"](3, 1)),
    "no inputs": strongly_entangling(3, 1),
    "inputs times weights": (*angle(3), Operation("CRX", (0, 1), (Input(2) * Weight(1) + 0.5,))),
}


@pytest.mark.parametrize("operations", CIRCUITS.values(), ids=CIRCUITS)
@pytest.mark.parametrize(("n_rows", "copies"), [(5, 1), (5, 3), (4, 2), (1, 2)])
def test_rows_are_what_the_single_circuit_gives(operations, n_rows, copies):
    circuit = Circuit(3, operations, OBSERVABLES)
    generator = torch.Generator().manual_seed(0)
    inputs = torch.randn(n_rows, circuit.n_inputs, generator=generator, dtype=torch.float64)
    weights = torch.randn(circuit.n_weights, generator=generator, dtype=torch.float64)
    ready = gates_alone(circuit, inputs, weights)
    wide, rows = repeated(ready.circuit, copies), packed(ready.inputs, copies)
    assert (wide.n_wires, wide.n_weights) == (3 * copies, circuit.n_weights)
    assert rows.shape == (-(-n_rows // copies), wide.n_inputs)
    found = backend("exact").expectations(wide, torch.from_numpy(rows), weights).mean
    expected = backend("exact").expectations(circuit, inputs, weights).mean
    by_row = torch.from_numpy(unpacked(found.numpy(), copies, n_rows))
    torch.testing.assert_close(by_row, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("observables", [OBSERVABLES, OBSERVABLES[::-1], z_each(3), (pauli("I"),)])
@pytest.mark.parametrize("copies", [2, 5])
def test_settings_are_as_many_as_those_of_one(observables, copies):
    """Each with the observables that it has in one copy, copy by copy."""
    circuit = Circuit(3, angle(3), observables)
    settings, n = measurements(observables), len(observables)
    found = measurements(repeated(circuit, copies).observables)
    assert [each.positions for each in found] == [
        tuple(c * n + k for c in range(copies) for k in each.positions) for each in settings
    ]


def test_one_copy_is_the_circuit_itself():
    for operations in CIRCUITS.values():
        circuit = Circuit(3, operations, OBSERVABLES)
        assert repr(repeated(circuit, 1)) == repr(circuit)


def test_what_is_missing_is_zeros():
    rows = np.arange(1.0, 7.0).reshape(3, 2)
    assert packed(rows, 2).tolist() == [[1, 2, 3, 4], [5, 6, 0, 0]]
    assert np.array_equal(unpacked(packed(rows, 2), 2, 3), rows)


def test_amplitudes_are_not_repeated():
    with pytest.raises(CircuitError, match=r"operation 0 .AmplitudeEncoding.: acts on all 4 wires"):
        repeated(Circuit(2, amplitude(2), z_each(2)), 2)
