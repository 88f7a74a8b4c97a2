"""Each way in which the fused strategy may write the inputs, against the other strategy."""

import pytest
import torch

from qmann_core.circuits import Circuit, angle, compose, hardware_efficient, pauli, z_each
from qmann_core.simulation import compile_circuit
from qmann_core.simulation.lowering.lower import lower
from qmann_core.simulation.tensors.fused import FusedProgram
from qmann_core.simulation.tensors.tables import constants


@pytest.mark.parametrize(
    ("n_wires", "axes", "start"),
    [
        (2, "YZ", "81 cosines"),  # four angles: a Fourier series
        (3, "X", "27 cosines"),
        (5, "Y", "32 cosines"),  # five: amplitudes
        (4, "YZ", "256 cosines"),
        (5, "YX", "a product state"),  # ten: outer products
    ],
)
@pytest.mark.parametrize("word", ["ZZ", "XY"])
def test_ways_to_write_the_inputs(n_wires, axes, start, word):
    encoding = compose(*(angle(n_wires, axis=axis) for axis in axes))
    observables = (*z_each(n_wires), pauli(word))
    circuit = Circuit(n_wires, compose(encoding, hardware_efficient(n_wires, 1)), observables)
    fused, gates = (compile_circuit(circuit, strategy=s) for s in ("fused", "gates"))
    assert f"; {start}" in fused.explain()
    generator = torch.Generator().manual_seed(0)
    inputs = torch.randn(3, n_wires, generator=generator, dtype=torch.float64)
    weights = torch.randn(2, circuit.n_weights, generator=generator, dtype=torch.float64)
    torch.testing.assert_close(fused(inputs, weights), gates(inputs, weights), atol=1e-12, rtol=0)


def test_series_as_waves():
    circuit = Circuit(2, compose(angle(2), hardware_efficient(2, 1)), z_each(2))
    program = FusedProgram(lower(circuit), circuit.n_inputs, circuit.n_weights)
    generator = torch.Generator().manual_seed(0)
    inputs = torch.randn(3, 2, generator=generator, dtype=torch.float64)
    weights = torch.randn(2, circuit.n_weights, generator=generator, dtype=torch.float64)
    kept = constants(program, torch.float64, torch.device("cpu"))
    waves = program.waves(program.build(weights, kept), kept, n_gates=2)
    phases = inputs @ waves.frequencies.T + waves.phases
    expected = compile_circuit(circuit, strategy="fused")(inputs, weights)
    torch.testing.assert_close(torch.einsum("gow,sw->sgo", waves.table, phases.cos()), expected)
