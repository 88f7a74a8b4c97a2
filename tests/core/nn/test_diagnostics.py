"""Gradient variance: closed forms, barren plateaus, and what initialisations do about them."""

import inspect

import numpy as np
import pytest
import torch

from qmann_core.circuits import (
    Circuit,
    Operation,
    Weight,
    angle,
    compose,
    pauli,
    strongly_entangling,
    z_each,
)
from qmann_core.errors import CircuitError
from qmann_core.nn import diagnostics
from qmann_core.nn.diagnostics import gradient_variance
from qmann_core.nn.mirrored import mirrored


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def each_ry(n):
    return tuple(Operation("RY", (wire,), (Weight(wire),)) for wire in range(n))


def deep(n, n_layers=8):
    """Global Z on every wire of a circuit deep enough to be close to a 2-design."""
    return Circuit(n, strongly_entangling(n, n_layers), (pauli("Z" * n),))


@pytest.mark.parametrize("n", [1, 2, 3])
def test_the_product_of_cosines_has_variance_two_to_the_minus_n(n):
    statistics = gradient_variance(
        Circuit(n, each_ry(n), (pauli("Z" * n),)), generator=seeded(), samples=20_000
    )
    np.testing.assert_allclose(statistics.variance, np.full((1, n), 2.0**-n), rtol=0.05)
    np.testing.assert_allclose(statistics.mean, np.zeros((1, n)), atol=0.03)
    assert statistics.samples == 20_000


def test_every_observable_has_its_own_row_and_every_weight_its_column():
    statistics = gradient_variance(
        Circuit(2, each_ry(2), z_each(2)), generator=seeded(), samples=20_000
    )
    np.testing.assert_allclose(statistics.variance, np.eye(2) / 2, atol=0.02)


@pytest.mark.parametrize("n", [2, 3, 4])
def test_two_designs_on_both_sides_give_the_haar_value(n):
    statistics = gradient_variance(deep(n), generator=seeded(), samples=1500)
    middle = statistics.variance[0].reshape(8, n, 3)[4, :, 1]  # the RY of the fifth layer
    d = 2**n
    assert middle.mean() == pytest.approx(d**2 / (2 * (d**2 - 1) * (d + 1)), rel=0.1)


def test_the_plateau_deepens_exponentially_with_the_wires():
    variances = [
        gradient_variance(deep(n), generator=seeded(), samples=200).variance[0].median()
        for n in (2, 4, 6)
    ]
    slope = np.polyfit([2, 4, 6], np.log2(variances), 1)[0]
    assert slope == pytest.approx(-1, abs=0.2)


@pytest.mark.parametrize("initialise", ["small_angles", "identity_blocks"])
def test_the_other_initialisations_avoid_the_plateau(initialise):
    block = mirrored(strongly_entangling(6, 2))
    circuit = Circuit(6, compose(angle(6), block, block), z_each(6, 1))
    inputs = torch.full((6,), 0.8)
    largest = {
        name: gradient_variance(
            circuit, generator=seeded(), initialise=name, inputs=inputs, samples=100
        ).mean_square.max()
        for name in ("uniform", initialise)
    }
    assert largest[initialise] > 5 * largest["uniform"]


def test_parts_give_what_one_call_gives(monkeypatch):
    circuit = Circuit(3, strongly_entangling(3, 2), z_each(3))
    whole = gradient_variance(circuit, generator=seeded(), samples=50)
    monkeypatch.setattr(diagnostics, "MAX_AMPLITUDES", 200)
    parts = gradient_variance(circuit, generator=seeded(), samples=50)
    torch.testing.assert_close(whole.variance, parts.variance)
    torch.testing.assert_close(whole.mean, parts.mean)
    torch.testing.assert_close(whole.mean_square, parts.mean_square)


@pytest.mark.parametrize(
    ("circuit", "options", "message"),
    [
        (Circuit(1, angle(1), z_each(1)), {}, "has no weights"),
        (deep(2), {"samples": 1}, "at least 2 samples, got 1"),
        (
            Circuit(2, compose(angle(2), strongly_entangling(2, 1)), z_each(2)),
            {},
            "reads 2 inputs; pass one sample",
        ),
        (
            Circuit(2, compose(angle(2), strongly_entangling(2, 1)), z_each(2)),
            {"inputs": torch.zeros(3)},
            r"one sample of shape \(2,\), got \(3,\)",
        ),
    ],
)
def test_what_cannot_be_diagnosed_is_refused(circuit, options, message):
    with pytest.raises(CircuitError, match=message):
        gradient_variance(circuit, generator=seeded(), **options)


def test_an_unknown_initialisation_is_refused():
    with pytest.raises(CircuitError, match=r"unknown initialisation 'zeros'; use one of uni"):
        inspect.unwrap(gradient_variance)(deep(2), generator=seeded(), initialise="zeros")
