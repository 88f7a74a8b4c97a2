"""Shots: the distribution of what is drawn, joint measurements, and their errors' law."""

import inspect
from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from qmann_core.circuits import (
    Circuit,
    Operation,
    amplitude,
    angle,
    compose,
    pauli,
    probabilities,
    projector,
    strongly_entangling,
    z_each,
)
from qmann_core.errors import CircuitError
from qmann_core.simulation import compile_circuit
from qmann_core.simulation.shots import sampling
from qmann_core.simulation.shots.sampling import (
    estimate,
    measurements,
    sample,
    sample_counts,
)

UNEVEN = torch.tensor([0.5, 0.0, 0.125, 0.03, 0.2, 0.1, 0.045, 0.0], dtype=torch.float64)
WORDS = (*z_each(3), pauli("XX"), pauli("YZ", (1, 2)), pauli("ZY", (2, 0)), pauli("YXZ"))
CIRCUIT = Circuit(3, compose(angle(3), strongly_entangling(3, 2)), WORDS)


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def normal(*shape, seed=0):
    return torch.randn(*shape, generator=seeded(seed), dtype=torch.float64)


def test_bitstrings_have_the_given_frequencies():
    drawn = sample(UNEVEN, 40_000, seeded())
    assert drawn.shape == (40_000, 3)
    places = torch.tensor([4, 2, 1])  # wire 0 is the highest bit
    frequencies = (drawn.long() @ places).bincount(minlength=8) / 40_000
    np.testing.assert_allclose(frequencies, UNEVEN, atol=0.01)
    assert frequencies[UNEVEN == 0].sum() == 0


def test_the_first_bit_is_wire_0():
    only = torch.zeros(2, 8)
    only[0, 0b100], only[1, 0b011] = 1, 1
    drawn = sample(only, 2, seeded())
    assert drawn.tolist() == [[[1, 0, 0]] * 2, [[0, 1, 1]] * 2]


def test_counts_are_multinomial():
    shots, rows = 50, 20_000
    drawn = sample_counts(UNEVEN.expand(rows, 8), shots, seeded())
    assert (drawn.sum(-1) == shots).all()
    assert (drawn >= 0).all()
    p = UNEVEN.numpy()
    np.testing.assert_allclose(drawn.double().mean(0), shots * p, atol=0.1)
    covariance = shots * (np.diag(p) - np.outer(p, p))
    np.testing.assert_allclose(np.cov(drawn.T.numpy()), covariance, atol=0.3)


@pytest.mark.parametrize("n", [1, 5])
def test_counts_and_bitstrings_are_drawn_from_the_same_distribution(n):
    chances = normal(2**n).softmax(0)
    shots = 100_000
    outcomes = sample(chances, shots, seeded()).long() @ 2 ** torch.arange(n - 1, -1, -1)
    drawn = torch.bincount(outcomes, minlength=2**n)
    for found in (sample_counts(chances, shots, seeded()), drawn):
        chi_squared = ((found - shots * chances) ** 2 / (shots * chances)).sum()
        assert chi_squared < 2**n + 5 * 2 ** ((n + 1) / 2)


def test_no_wires_and_no_rows():
    assert sample_counts(torch.ones(3, 1), 7, seeded()).tolist() == [[7], [7], [7]]
    assert sample_counts(torch.ones(0, 4), 7, seeded()).shape == (0, 4)


WORD = st.text("IXYZ", min_size=3, max_size=3)


@given(st.lists(WORD, max_size=7), st.integers(0, 7))
def test_every_observable_is_measured_once_in_a_basis_of_its_own(words, place):
    observables = [pauli(word) for word in words]
    observables.insert(place, projector("01", (2, 0)))
    sets = measurements(observables)
    measured = sorted(position for one in sets for position in one.positions)
    assert measured == list(range(len(observables)))
    for one in sets:
        basis = dict(one.basis)
        for position in one.positions:
            observable = observables[position]
            word = getattr(observable, "word", "Z" * len(observable.wires))
            for wire, letter in zip(observable.wires, word, strict=True):
                assert letter in ("I", basis.get(wire))


def test_commuting_words_share_their_shots():
    words = (*z_each(3), pauli("ZZZ"), projector("01", (2, 0)), pauli("XX"), pauli("XIX"))
    assert [one.positions for one in measurements(words)] == [(0, 1, 2, 3, 4), (5, 6)]
    circuit = Circuit(3, CIRCUIT.operations, words)
    z0, z1, z2, zzz, _, xx, xix = estimate(
        circuit, normal(500, 3), normal(circuit.n_weights), 1, seeded()
    ).unbind(-1)
    assert torch.equal(z0 * z1 * z2, zzz)
    assert set(xx.tolist()) == set(xix.tolist()) == {-1.0, 1.0}


@pytest.mark.parametrize(
    "observables", [WORDS, probabilities((2, 0)), (pauli("III"), projector("1"))]
)
def test_many_shots_come_close_to_the_expectation_values(observables):
    circuit = Circuit(3, CIRCUIT.operations, observables)
    inputs, weights = normal(4, 2, 3), normal(2, circuit.n_weights, seed=1)
    exact = compile_circuit(circuit)(inputs, weights)
    found = estimate(circuit, inputs, weights, 1_000_000, seeded())
    assert found.shape == exact.shape == (4, 2, 2, len(observables))
    np.testing.assert_allclose(found, exact, atol=5e-3)


def test_the_error_falls_as_the_square_root_of_the_shots():
    inputs, weights = normal(3).expand(2000, 3), normal(CIRCUIT.n_weights, seed=1)
    exact = compile_circuit(CIRCUIT)(inputs[0], weights)
    for shots in (25, 400):
        errors = estimate(CIRCUIT, inputs, weights, shots, seeded()) - exact
        deviation = ((1 - exact**2) / shots).sqrt()
        np.testing.assert_allclose(errors.std(0), deviation, rtol=0.06)
        assert (errors.mean(0).abs() < 4 * deviation / 2000**0.5).all()


def test_certain_outcomes_have_no_error():
    bell = (Operation("H", (0,)), Operation("CNOT", (0, 1)))
    circuit = Circuit(2, bell, (pauli("ZZ"), pauli("XX"), pauli("YY"), projector("01")))
    found = estimate(circuit, torch.empty(5, 0), torch.empty(0), 3, seeded())
    assert found.tolist() == [[1, 1, -1, 0]] * 5


def test_amplitude_encoded_samples():
    circuit = Circuit(2, amplitude(2), z_each(2))
    found = estimate(circuit, torch.tensor([[0.0, 0, 3, 0]]), torch.empty(0), 10, seeded())
    assert found.tolist() == [[-1, 1]]


def test_chunks_do_not_change_the_estimate(monkeypatch):
    inputs, weights = normal(60, 3), normal(CIRCUIT.n_weights, seed=1)
    exact = compile_circuit(CIRCUIT)(inputs, weights)
    monkeypatch.setattr(sampling, "MAX_AMPLITUDES", 64)
    found = estimate(CIRCUIT, inputs, weights, 100_000, seeded())
    np.testing.assert_allclose(found, exact, atol=0.015)


def test_the_generator_decides_and_the_precision_is_the_weights():
    before = torch.get_rng_state()
    inputs, weights = normal(6, 3).float(), normal(CIRCUIT.n_weights).float()
    found = [estimate(CIRCUIT, inputs, weights, 10, seeded(seed)) for seed in (0, 0, 1)]
    assert [torch.equal(a, b) for a, b in pairwise(found)] == [True, False]
    assert found[0].dtype == torch.float32
    assert torch.equal(before, torch.get_rng_state())


@pytest.mark.parametrize("draw", [sample, sample_counts])
@pytest.mark.parametrize(
    ("chances", "shots", "message"),
    [
        (torch.full((4,), 0.25), 0, "shots are a positive integer, got 0"),
        (torch.ones(3) / 3, 1, r"shape \(3,\); their last axis is the 2\*\*n outcomes"),
        (torch.tensor([0.5, 0.6]), 1, "sum to 1 over the last axis; got .* sums up to 1.1"),
        (torch.tensor([-0.5, 1.5]), 1, "at least 0 .* got values from -0.5"),
        (torch.tensor([float("nan"), 1.0]), 1, "got values from nan"),
    ],
)
def test_what_is_no_distribution_is_refused(draw, chances, shots, message):
    with pytest.raises(CircuitError, match=message):
        draw(chances, shots, seeded())


def test_rounding_errors_are_no_negative_probabilities():
    assert sample_counts(torch.tensor([-1e-8, 1.0]), 9, seeded()).tolist() == [0, 9]


def test_too_many_outcomes_for_bitstrings(monkeypatch):
    monkeypatch.setattr(sampling, "MAX_OUTCOMES", 4)
    with pytest.raises(CircuitError, match=r"8 outcomes are more than the 4 .* use sample_counts"):
        sample(UNEVEN, 1, seeded())


def test_a_number_is_no_sample():
    with pytest.raises(CircuitError, match="inputs are a single number"):
        inspect.unwrap(sampling.by_rows)(lambda rows: rows, torch.tensor(0.5), 1)


@pytest.mark.parametrize(("inputs", "weights", "what"), [(4, 18, "inputs"), (3, 17, "weights")])
def test_wrong_widths_are_named(inputs, weights, what):
    with pytest.raises(CircuitError, match=f"{what} have shape .* their last axis"):
        estimate(CIRCUIT, normal(2, inputs), normal(weights), 10, seeded())
