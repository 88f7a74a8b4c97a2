"""Probabilities that are mitigated, and what makes probabilities of quasi-probabilities."""

import pytest
import torch
from refused import refused

from qmann_core.backends import backend
from qmann_core.circuits import Circuit, Operation, angle, compose, strongly_entangling, z_each
from qmann_core.errors import CircuitError
from qmann_core.mitigation import (
    MitigationPipeline,
    Readout,
    hellinger_fidelity,
    mitigated_probabilities,
    nearest_probabilities,
)
from qmann_core.simulation import NoiseModel, ReadoutConfusion, compile_circuit, depolarising

CIRCUIT = Circuit(3, compose(angle(3), strongly_entangling(3, 2)), z_each(1))
GENERATOR = torch.Generator().manual_seed(5)
X = torch.randn(2, 3, generator=GENERATOR, dtype=torch.float64)
W = torch.randn(CIRCUIT.n_weights, generator=GENERATOR, dtype=torch.float64)
IDEAL = compile_circuit(CIRCUIT).probabilities(X, W)
MISREAD = ReadoutConfusion(0.02, 0.05)
GATES = {"one_wire": (depolarising(0.002),), "two_wire": (depolarising(0.02, n_wires=2),)}


def probabilities(noise, **how):
    return mitigated_probabilities(backend("exact", noise=noise), CIRCUIT, X, W, **how)


def test_without_noise_and_with_misreading_undone_they_are_exact():
    nothing = MitigationPipeline([])
    torch.testing.assert_close(probabilities(None, pipeline=nothing), IDEAL)
    misread = NoiseModel(readout=(MISREAD,))
    torch.testing.assert_close(
        probabilities(misread, pipeline=MitigationPipeline([Readout()])), IDEAL
    )


def test_they_are_probabilities_and_nearer_than_raw_ones():
    noise = NoiseModel(**GATES, readout=(MISREAD,))
    raw = hellinger_fidelity(IDEAL, probabilities(noise, pipeline=MitigationPipeline([])))
    for shots in (None, 20_000):
        found = probabilities(noise, shots=shots)
        torch.testing.assert_close(found.sum(1), torch.ones(2).double())
        assert bool((found >= 0).all())
        assert bool((hellinger_fidelity(IDEAL, found) > raw).all())


def test_no_other_probabilities_are_nearer():
    quasi = 0.4 * torch.randn(50, 6, generator=GENERATOR) + 1 / 6
    quasi = quasi / quasi.sum(1, keepdim=True)
    found = nearest_probabilities(quasi)
    torch.testing.assert_close(found.sum(1), torch.ones(50))
    others = torch.distributions.Dirichlet(torch.ones(6)).sample((1000, 1))
    # at the nearest point of a convex set no other point lies on the side of what is projected
    assert float(((quasi - found) * (others - found)).sum(-1).max()) < 1e-6
    torch.testing.assert_close(nearest_probabilities(found), found)


@pytest.mark.parametrize(
    ("some", "others", "expected"),
    [((0.5, 0.5), (0.5, 0.5), 1.0), ((1.0, 0.0), (0.0, 1.0), 0.0), ((1.0, 0.0), (0.5, 0.5), 0.5)],
)
def test_hellinger_fidelity(some, others, expected):
    found = hellinger_fidelity(torch.tensor(some), torch.tensor(others))
    assert float(found) == pytest.approx(expected)


def test_too_many_wires():
    wide = Circuit(11, (Operation("H", (0,)),), z_each(1))
    with refused(CircuitError, "got 11 wires: expected at most 10"):
        mitigated_probabilities(backend("exact"), wide, X[:, :0], W[:0])
