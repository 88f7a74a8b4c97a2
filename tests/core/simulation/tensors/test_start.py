"""Starts: features times embedding is the state that the encoding prepares."""

import numpy as np
import pytest
import torch

from qmann_core.circuits import Circuit, Input, Operation, amplitude, angle, hadamard_angle, z_each
from qmann_core.errors import CircuitError
from qmann_core.simulation import compile_circuit
from qmann_core.simulation.lowering.lower import lower
from qmann_core.simulation.reference import state
from qmann_core.simulation.tensors.cosines import monomials
from qmann_core.simulation.tensors.start import AmplitudeStart, AngleCosines, ProductStart
from qmann_core.simulation.tensors.tables import as_masters, cast

CPU = torch.device("cpu")
INPUTS = torch.tensor([[0.4, -1.1, 2.2], [3.0, 0.0, -0.7]], dtype=torch.float64)
FIXED = (Operation("S", (1,)), Operation("RX", (2,), (0.3,)), Operation("T", (2,)))


def amplitudes(start, inputs):
    features = start.features(inputs, cast(as_masters(start.arrays), torch.float64, CPU))
    return features.numpy() @ start.embedding()


@pytest.mark.parametrize(
    "operations",
    [
        angle(3),
        hadamard_angle(3),
        angle(3, axis="X") + FIXED,
        angle(3) + angle(3, axis="Z")[:2],
        (Operation("Rot", (1,), (Input(0), Input(0), Input(2))),),
        FIXED,
    ],
)
def test_product_state_both_ways(operations):
    lowered = lower(Circuit(3, operations, z_each(3)))
    layer = lowered.start
    cosines, _ = monomials(len(layer.angles))
    expected = [state(Circuit(3, operations, ()), x, np.zeros(0)) for x in INPUTS.numpy()]
    product = ProductStart(layer, 3, is_real=lowered.is_real)
    for start in (product, AngleCosines(layer, cosines, 3)):
        np.testing.assert_allclose(amplitudes(start, INPUTS), expected, atol=1e-14)


def test_amplitudes_have_norm_1_whatever_the_scale():
    inputs = torch.tensor([[3.0, 4.0, 0.0, 0.0], [3e-20, -4e-20, 0.0, 0.0]], dtype=torch.float64)
    expected = [[0.6, 0.8, 0, 0], [0.6, -0.8, 0, 0]]
    np.testing.assert_allclose(amplitudes(AmplitudeStart(4, 2), inputs), expected, rtol=1e-14)


def test_missing_amplitudes_are_zero():
    inputs = torch.tensor([[1.0, -2.0, 2.0, 9.0]], dtype=torch.float64)  # the last is not read
    start = AmplitudeStart(3, 3)
    expected = np.array([[1, -2, 2, 0, 0, 0, 0, 0]]) / 3
    np.testing.assert_allclose(amplitudes(start, inputs), expected, rtol=1e-14)
    np.testing.assert_allclose(start.state(inputs, {}).numpy(), expected, rtol=1e-14)


@pytest.mark.parametrize("strategy", ["fused", "gates"])
def test_sample_without_direction(strategy):
    plan = compile_circuit(Circuit(2, amplitude(2), z_each(2)), strategy=strategy)
    inputs = torch.ones(2, 3, 4, dtype=torch.float64)
    inputs[1, 2] = 0
    with pytest.raises(CircuitError, match=r"all 4 inputs of sample 5 \(of 6, .*\) are zero"):
        plan(inputs, torch.zeros(0, dtype=torch.float64))
