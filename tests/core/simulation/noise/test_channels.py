"""Channels against PennyLane's, closed forms, and what makes a map physical."""

import math
import pickle

import numpy as np
import pennylane as qml
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from qmann_core.errors import CircuitError
from qmann_core.simulation.noise.channels import (
    PauliChannel,
    ReadoutConfusion,
    Relaxation,
    amplitude_damping,
    bit_flip,
    depolarising,
    pauli_channel,
    phase_damping,
    phase_flip,
    thermal_relaxation,
)
from qmann_core.simulation.noise.rates import (
    number,
    pauli_words,
    transfer_matrix,
    word_matrix,
)

F64 = torch.float64
CHANNELS = {
    "depolarising": depolarising(0.13),
    "depolarising, uniform": depolarising(1.0),
    "two wires": depolarising(0.3, n_wires=2),
    "Pauli": pauli_channel(0.1, 0.2, 0.05),
    "correlated": PauliChannel(("XX", "IZ"), (0.1, 0.25)),
    "bit flip": bit_flip(0.2),
    "phase flip": phase_flip(0.3),
    "amplitude damping": amplitude_damping(0.4),
    "to |0>": amplitude_damping(1.0),
    "generalised": amplitude_damping(0.4, 0.3),
    "phase damping": phase_damping(0.35),
    "thermal, short T2": thermal_relaxation(100.0, 60.0, 20.0, 0.1),
    "thermal, long T2": thermal_relaxation(100.0, 180.0, 20.0, 0.1),
    "thermal, limit": thermal_relaxation(100.0, 200.0, 20.0),
    "dephasing": thermal_relaxation(math.inf, 60.0, 20.0),
    "nothing": depolarising(0.0),
}
CASES = pytest.mark.parametrize("channel", CHANNELS.values(), ids=CHANNELS)


def choi(channel):
    """``sum_PQ R[P, Q] P (x) Q^T / 2**n``, from the transfer matrix alone."""
    words = [word_matrix(word) for word in pauli_words(channel.n_wires)]
    transfer = channel.transfer(F64).numpy()
    terms = (
        transfer[i, j] * np.kron(left, right.T)
        for i, left in enumerate(words)
        for j, right in enumerate(words)
    )
    return sum(terms) / 2**channel.n_wires


@CASES
def test_preserves_the_trace(channel):
    kraus = channel.kraus(F64)
    total = (kraus.mH @ kraus).sum(0)
    torch.testing.assert_close(total, torch.eye(len(total), dtype=total.dtype))
    first_row = channel.transfer(F64)[0]
    torch.testing.assert_close(first_row, torch.eye(len(first_row), dtype=F64)[0])


@CASES
def test_transfer_matrix_is_that_of_the_kraus_operators(channel):
    torch.testing.assert_close(channel.transfer(F64), transfer_matrix(channel.kraus(F64)))


@CASES
def test_completely_positive(channel):
    assert np.linalg.eigvalsh(choi(channel)).min() > -1e-12


RATE = st.floats(0, 1)
TIME = st.floats(0.01, 100)


@given(RATE, RATE, RATE, TIME, RATE, TIME)
def test_any_rates_make_a_physical_channel(first, second, excited, t1, fraction, duration):
    relaxation = thermal_relaxation(t1, 2 * t1 * max(fraction, 0.01), duration, excited)
    half = pauli_channel(first * (1 - second) / 2, first * second, first * (1 - second) / 2)
    for channel in (relaxation, amplitude_damping(first, excited), phase_damping(second), half):
        assert np.linalg.eigvalsh(choi(channel)).min() > -1e-12
        torch.testing.assert_close(
            channel.transfer(F64), transfer_matrix(channel.kraus(F64)), atol=1e-12, rtol=0
        )


@pytest.mark.parametrize(
    ("channel", "theirs"),
    [
        (depolarising(0.13), qml.DepolarizingChannel(0.13, wires=0)),
        (bit_flip(0.2), qml.BitFlip(0.2, wires=0)),
        (phase_flip(0.2), qml.PhaseFlip(0.2, wires=0)),
        (PauliChannel(("XY",), (0.2,)), qml.PauliError("XY", 0.2, wires=[0, 1])),
        (amplitude_damping(0.4), qml.AmplitudeDamping(0.4, wires=0)),
        (amplitude_damping(0.4, 0.3), qml.GeneralizedAmplitudeDamping(0.4, 0.3, wires=0)),
        (phase_damping(0.4), qml.PhaseDamping(0.4, wires=0)),
        (
            thermal_relaxation(100.0, 60.0, 20.0, 0.1),
            qml.ThermalRelaxationError(0.1, 100.0, 60.0, 20.0, wires=0),
        ),
        (
            thermal_relaxation(100.0, 180.0, 20.0, 0.1),
            qml.ThermalRelaxationError(0.1, 100.0, 180.0, 20.0, wires=0),
        ),
    ],
)
def test_definitions_are_pennylanes(channel, theirs):
    kraus = torch.from_numpy(np.stack(theirs.kraus_matrices()).astype(complex))
    torch.testing.assert_close(transfer_matrix(channel.kraus(F64)), transfer_matrix(kraus))


def test_transfer_matrix_acts_on_pauli_vectors():
    kraus = CHANNELS["generalised"].kraus(F64)
    state = torch.tensor([[0.7, 0.2 - 0.1j], [0.2 + 0.1j, 0.3]], dtype=torch.complex128)
    words = torch.from_numpy(np.stack([word_matrix(letter) for letter in "IXYZ"]))
    before, after = (
        torch.einsum("pab,ba->p", words, rho).real
        for rho in (state, (kraus @ state @ kraus.mH).sum(0))
    )
    torch.testing.assert_close(transfer_matrix(kraus) @ before, after)


@pytest.mark.parametrize("t2", [30.0, 140.0])
def test_excitation_and_coherence_decay_exponentially(t2):
    transfer = thermal_relaxation(70.0, t2, 25.0).transfer(F64)
    excited = torch.tensor([1.0, 0.0, 0.0, -1.0], dtype=F64)
    plus = torch.tensor([1.0, 1.0, 0.0, 0.0], dtype=F64)
    population = (1 - (transfer @ excited)[3]) / 2
    assert population.item() == pytest.approx(math.exp(-25 / 70))
    assert (transfer @ plus)[1].item() == pytest.approx(math.exp(-25 / t2))


def test_relaxation_composes_in_time():
    times = (3.0, 8.0, 11.0)
    one, two, both = (thermal_relaxation(70.0, 90.0, t, 0.2).transfer(F64) for t in times)
    torch.testing.assert_close(two @ one, both)


@pytest.mark.parametrize(("n_wires", "mixing"), [(1, 3 / 4), (2, 15 / 16)])
def test_depolarising_shrinks_every_word_alike(n_wires, mixing):
    diagonal = depolarising(0.3, n_wires=n_wires).transfer(F64).diagonal()
    torch.testing.assert_close(diagonal[1:], torch.full_like(diagonal[1:], 1 - 0.3 / mixing))
    mixed = depolarising(mixing, n_wires=n_wires).transfer(F64)
    only_identity = torch.zeros_like(mixed)
    only_identity[0, 0] = 1.0
    torch.testing.assert_close(mixed, only_identity)


def rates(*values):
    return tuple(torch.tensor(value, dtype=F64, requires_grad=True) for value in values)


MAKERS = [
    (depolarising, (0.1,)),
    (lambda p: depolarising(p, n_wires=2), (0.1,)),
    (pauli_channel, (0.1, 0.2, 0.3)),
    (bit_flip, (0.2,)),
    (phase_flip, (0.2,)),
    (amplitude_damping, (0.2, 0.3)),
    (phase_damping, (0.2,)),
    (thermal_relaxation, (70.0, 50.0, 10.0, 0.1)),
]


@pytest.mark.parametrize(("make", "values"), MAKERS)
def test_derivatives_by_rates(make, values):
    assert torch.autograd.gradcheck(lambda *r: make(*r).transfer(F64), rates(*values))
    assert torch.autograd.gradcheck(lambda *r: make(*r).kraus(F64), rates(*values))


@pytest.mark.parametrize(
    ("make", "slope"),
    [(depolarising, -4.0), (bit_flip, -4.0), (amplitude_damping, -2.0), (phase_damping, -1.0)],
)
def test_derivatives_without_noise_are_finite(make, slope):
    (rate,) = rates(0.0)
    kraus, transfer = make(rate).kraus(F64), make(rate).transfer(F64)
    assert torch.autograd.grad(torch.view_as_real(kraus).sum(), rate)[0].isfinite()
    assert torch.autograd.grad(transfer.trace(), rate)[0].item() == pytest.approx(slope)


def test_single_precision():
    for channel in CHANNELS.values():
        assert channel.kraus().dtype == torch.complex64
        torch.testing.assert_close(channel.transfer(), channel.transfer(F64).float())
        torch.testing.assert_close(
            transfer_matrix(channel.kraus()), channel.transfer(), atol=1e-6, rtol=0
        )


def test_confusion_is_a_stochastic_matrix():
    matrix = ReadoutConfusion(0.02, 0.1).matrix(F64)
    expected = torch.tensor([[0.98, 0.1], [0.02, 0.9]], dtype=F64)
    torch.testing.assert_close(matrix, expected)


def test_channels_are_values():
    for channel in (*CHANNELS.values(), ReadoutConfusion(0.1, 0.2)):
        assert pickle.loads(pickle.dumps(channel)) == channel
    assert len({depolarising(0.1), depolarising(0.1), depolarising(0.2)}) == 2


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: depolarising(1.2), r"depolarising: p is a number between 0 and 1, got 1\.2"),
        (lambda: depolarising(math.nan), "between 0 and 1, got nan"),
        (lambda: depolarising(0.1, n_wires=3), "acts on 1 or 2 wires, got n_wires=3"),
        (lambda: bit_flip(-0.1), r"bit_flip: p is .* got -0\.1"),
        (lambda: phase_flip(2.0), "phase_flip: p is .* got 2"),
        (lambda: pauli_channel(0.5, -0.1, 0.1), r"the probability of Y is .* got -0\.1"),
        (lambda: pauli_channel(0.5, 0.4, 0.2), r"add up to at most 1, got 1\.1"),
        (lambda: amplitude_damping(1.5), "amplitude_damping: gamma is .* got 1.5"),
        (lambda: amplitude_damping(0.5, 1.5), "amplitude_damping: excited_population is"),
        (lambda: phase_damping(-1.0), "phase_damping: gamma is .* got -1"),
        (lambda: thermal_relaxation(50.0, 101.0, 1.0), r"t2 is at most 2 \* t1, .* t1=50, t2=101"),
        (lambda: thermal_relaxation(0.0, 1.0, 1.0), "t1 is a time above 0, got 0"),
        (lambda: thermal_relaxation(1.0, -1.0, 1.0), "t2 is a time above 0, got -1"),
        (lambda: thermal_relaxation(1.0, 1.0, -1.0), "duration is a finite time, at least 0, got"),
        (lambda: thermal_relaxation(1.0, 1.0, 1.0, 2.0), "thermal_relaxation: excited_population"),
        (lambda: Relaxation(0.5, 0.9), r"coherence\*\*2 is at most 1 - decay; got coherence=0\.9"),
        (lambda: Relaxation(-0.5, 0.9), r"decay is a number between 0 and 1, got -0\.5"),
        (lambda: PauliChannel((), ()), "words of one letter or words of two"),
        (lambda: PauliChannel(("X", "XX"), (0.1, 0.1)), "words of one letter or words of two"),
        (lambda: PauliChannel(("A",), (0.1,)), "words of one letter or words of two"),
        (lambda: PauliChannel(("I",), (0.1,)), "leaves out the identity"),
        (lambda: PauliChannel(("X", "X"), (0.1, 0.1)), "names each word once"),
        (lambda: PauliChannel(("X", "Y"), (0.1,)), "2 Pauli words need as many probabilities"),
        (lambda: ReadoutConfusion(1.1, 0.0), "p1_given_0 is a number between 0 and 1"),
        (lambda: ReadoutConfusion(0.0, -1.0), "p0_given_1 is a number between 0 and 1"),
        (lambda: bit_flip(torch.tensor(1.5)), r"bit_flip: p is .* got 1\.5"),
        (
            lambda: bit_flip(torch.tensor(0.1)).transfer(F64),
            r"a rate is torch\.float32 on cpu, but torch\.float64 on cpu is asked for",
        ),
    ],
)
def test_refused(make, message):
    with pytest.raises(CircuitError, match=message):
        make()


def test_rates_have_no_axes():
    with pytest.raises(CircuitError, match=r"p is a number or a tensor without axes, .* \(2,\)"):
        number("p", torch.ones(2))
