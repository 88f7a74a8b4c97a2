"""Probabilities that are mitigated, and what makes probabilities of quasi-probabilities."""

import sys

import pytest
import torch
from refused import refused

from qmann_core.backends import Counting, backend
from qmann_core.circuits import Circuit, Operation, angle, compose, strongly_entangling, z_each
from qmann_core.config import PriceConfig
from qmann_core.errors import CircuitError, ConfigError
from qmann_core.mitigation import (
    MitigationPipeline,
    Readout,
    hellinger_fidelity,
    mitigated_counts,
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


def ghz(n):
    return Circuit(
        n, (Operation("H", (0,)), *(Operation("CNOT", (k, k + 1)) for k in range(n - 1))), ()
    )


def misread(n):
    """Aer's own noise: wire k reads 1 for 0 in ``(1 + k) / 2 n`` of 10 %, 0 for 1 in 5 %."""
    from qiskit_aer.noise import NoiseModel as Noise
    from qiskit_aer.noise import ReadoutError

    noise = Noise()
    for wire in range(n):
        chance = 0.05 * (1 + wire) / n
        error = ReadoutError([[1 - chance, chance], [0.05, 0.95]])
        noise.add_readout_error(error, [wire])
    return backend("aer", noise=noise)


@pytest.mark.parametrize("n", [14, 20])
def test_counts_of_many_wires(n):
    shots, none, ends = 20_000, torch.zeros(1, 0), ("0" * n, "1" * n)
    raw = misread(n).sample(ghz(n), none, none[0], shots=shots)[0]
    assert sum(raw[bits] for bits in ends) < 0.7 * shots
    (found,) = mitigated_counts(misread(n), ghz(n), none, none[0], shots=shots)
    assert [found[bits] for bits in ends] == pytest.approx([0.5, 0.5], abs=0.05)
    assert sum(found.values()) == pytest.approx(1)
    assert min(found.values()) > 0


def test_counts_are_the_mitigated_probabilities_of_few_wires():
    noise = NoiseModel(readout=(ReadoutConfusion(0.02, 0.05), MISREAD, ReadoutConfusion(0.1, 0.01)))
    shots = 1_000_000
    found = mitigated_counts(backend("exact", noise=noise), CIRCUIT, X, W, shots=shots)
    for row, expected in zip(found, IDEAL, strict=True):
        read = [row.get(f"{k:03b}", 0.0) for k in range(8)]
        torch.testing.assert_close(torch.tensor(read), expected.float(), atol=6e-3, rtol=0)


@pytest.mark.parametrize("name", ["aer", "ibm:fake_manila"])
def test_counts_on_the_qubits_of_a_device(name):
    there = backend("aer", noise="fake_manila") if name == "aer" else backend(name)
    turned = Circuit(3, (Operation("X", (0,)), Operation("CNOT", (0, 2))), ())
    (found,) = mitigated_counts(there, turned, X[:1, :0], W[:0], shots=20_000)
    assert found["101"] > 0.97


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"shots": 40}, ConfigError, "got 40 shots: expected at least"),
        ({"inputs": X[:0]}, CircuitError, "got 0 rows"),
        ({"weights": W[:1]}, CircuitError, "weights"),
        ({"backend": NoiseModel(readout=(ReadoutConfusion(0.5, 0.5),))}, CircuitError, "inverted"),
    ],
)
def test_counts_that_cannot_be_mitigated(change, error, message):
    given = {"circuit": CIRCUIT, "inputs": X, "weights": W, "shots": 4000} | change
    with refused(error, message):
        mitigated_counts(backend("exact", noise=given.pop("backend", None)), **given)


def test_without_mthree_no_shot_is_spent(monkeypatch):
    monkeypatch.setitem(sys.modules, "mthree", None)
    there = Counting(of=backend("exact"), price=PriceConfig())
    with pytest.raises(ModuleNotFoundError, match=r"with pip install 'qmann-core\[mthree\]'"):
        mitigated_counts(there, CIRCUIT, X, W, shots=4000)
    assert there.total is None
