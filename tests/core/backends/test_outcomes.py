"""Chances of outcomes from expectation values of words, and shots drawn from them."""

from dataclasses import replace

import pytest
import torch
from run_circuits import circuits, numbers

from qmann_core.backends import backend
from qmann_core.backends.outcomes import chances, words
from qmann_core.circuits import Circuit, probabilities
from qmann_core.simulation import (
    Measurement,
    NoiseModel,
    ReadoutConfusion,
    amplitude_damping,
    depolarising,
)
from qmann_core.simulation.shots.sampling import basis_change

CIRCUIT = circuits(3)["reuploading"]
NOISE = NoiseModel(
    one_wire=(amplitude_damping(0.02),),
    two_wire=(depolarising(0.03, n_wires=2),),
    readout=tuple(ReadoutConfusion(0.02 * wire, 0.1) for wire in range(3)),
)


@pytest.mark.parametrize(
    "basis",
    [((1, "Z"),), ((0, "X"),), ((0, "Y"), (2, "Z")), ((0, "X"), (1, "Y"), (2, "Z"))],
    ids=str,
)
@pytest.mark.parametrize("noise", [None, NOISE])
def test_words_give_the_chances_of_outcomes(basis, noise):
    setting, inputs_and_weights = Measurement(basis, ()), numbers(CIRCUIT, 4)
    noisy = backend("exact", noise=noise and replace(noise, one_wire=()))  # turns are free of it
    turned = (*CIRCUIT.operations, *basis_change(setting))
    outcomes = probabilities(setting.wires)
    expected = noisy.expectations(Circuit(3, turned, outcomes), *inputs_and_weights).mean
    asked = noisy.expectations(replace(CIRCUIT, observables=words(setting)), *inputs_and_weights)
    torch.testing.assert_close(chances(asked.mean, setting), expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", ["exact", "aer"])
def test_shots_of_noisy_circuits_scatter_as_their_standard_errors_say(name):
    there, (inputs, weights) = backend(name, noise=NOISE), numbers(CIRCUIT, 200)
    exact = there.expectations(CIRCUIT, inputs, weights)
    found = there.expectations(CIRCUIT, inputs, weights, shots=500, seed=3)
    assert not exact.error.any()
    sure = found.error == 0
    torch.testing.assert_close(found.mean[sure], exact.mean[sure])
    far = (found.mean - exact.mean)[~sure].abs() / found.error[~sure]
    assert (far > 4).double().mean() < 0.001
    assert (far.square().mean().sqrt() - 1).abs() < 0.1


def test_shots_are_those_of_their_seed():
    there, given = backend("exact", noise=NOISE), (CIRCUIT, *numbers(CIRCUIT))
    one, again, other = (there.expectations(*given, shots=100, seed=n).mean for n in (1, 1, 2))
    assert torch.equal(one, again)
    assert not torch.equal(one, other)
