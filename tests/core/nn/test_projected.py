"""Projected and fidelity kernels of what circuits say of weighted inputs."""

from functools import partial

import numpy as np
import pennylane as qml
import pytest
import torch
from sklearn.cross_decomposition import PLSRegression
from sklearn.gaussian_process.kernels import Matern as SklearnMatern

from qmann_core.errors import ConfigError
from qmann_core.nn import (
    Blend,
    FeatureCircuits,
    KernelFeatures,
    Projected,
    add_noise,
    fidelity,
    matern,
)
from qmann_core.nn.projected import least_squares_axes

STATES = [(24, 1.0, partial(fidelity, n_amplitudes=4))]


def rows(n=120, width=6, seed=0):
    """Rows with one constant column and two that matter."""
    x = np.random.default_rng(seed).normal(size=(n, width))
    x[:, 0] = 1
    y = np.sin(2 * x[:, 1]) + x[:, 2]
    return torch.from_numpy(x), torch.from_numpy(y[:, None])


def circuits(width=6, **options):
    return FeatureCircuits(width, 2, generator=torch.Generator().manual_seed(0), **options).double()


@pytest.mark.parametrize("n_landmarks", [200, 40])
def test_the_kernel_is_matern_three_halves_and_loads_as_it_was(n_landmarks):
    x, new = rows()[0], rows(7, seed=1)[0]
    features = KernelFeatures([(6, 1.0, matern)], n_landmarks).double()
    features.fit(x)
    other = KernelFeatures([(6, 1.0, matern)], n_landmarks).double()
    other.load_state_dict(features.state_dict())
    torch.testing.assert_close(other(new), features(new))
    chosen = features.landmarks
    assert len(chosen) == min(120, n_landmarks)
    expected = SklearnMatern(nu=1.5)(new.numpy(), chosen.numpy())
    np.testing.assert_allclose(features(new) @ features(chosen).mT, expected, atol=1e-6)


def test_parts_add_their_kernels_by_weight():
    x = rows()[0]
    both, first, second = (
        KernelFeatures([(4, 0.3, matern), (2, 0.7, matern)]),
        KernelFeatures([(4, 1.0, matern)]),
        KernelFeatures([(2, 1.0, matern)]),
    )
    for each, columns in ((both, x), (first, x[:, :4]), (second, x[:, 4:])):
        each.fit(columns)
    kernels = [
        each(columns) @ each(columns).mT
        for each, columns in ((first, x[:, :4]), (second, x[:, 4:]))
    ]
    torch.testing.assert_close(
        both(x) @ both(x).mT, 0.3 * kernels[0] + 0.7 * kernels[1], atol=1e-4, rtol=0
    )


def test_distances_are_exact_far_from_the_origin():
    """As expectation values of small angles are, in units of the bandwidth."""
    x, kernel = rows(40)[0], KernelFeatures([(6, 1.0, matern)]).double()
    kernel.fit(x + 100)
    expected = SklearnMatern(nu=1.5)(x.numpy())
    np.testing.assert_allclose(kernel(x + 100) @ kernel(x + 100).mT, expected, atol=1e-12)


@qml.qnode(qml.device("default.qubit", wires=6))
def three_blocks(angles, fixed):
    """Blocks of two wires, as one register."""
    for first in (0, 2, 4):
        coupling, *fields = fixed[first // 2]
        for wire in (0, 1):
            qml.Hadamard(first + wire)
            qml.RY(angles[first + wire], first + wire)
        qml.IsingZZ(coupling, (first, first + 1))
        for wire in (0, 1):
            qml.RX(fields[wire], first + wire)
            qml.RY(fields[2 + wire], first + wire)
            qml.RY(angles[first + wire], first + wire)
    return qml.state()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_fidelity_kernel_is_that_of_pennylanes_states_of_the_whole_register(dtype):
    x = rows(12)[0].to(dtype)
    features = circuits(states=True, bandwidth=0.4, coupling=1.0).to(dtype)
    kernel = KernelFeatures(STATES).to(dtype)
    kernel.fit(said := features(x))
    fixed = features.fixed.double().numpy()
    states = np.array([three_blocks(0.4 * row, fixed) for row in x.double().numpy()])
    expected = np.abs(states.conj() @ states.T) ** 2
    assert 0.01 < np.median(expected) < 0.99
    found = (kernel(said) @ kernel(said).mT).double().numpy()
    np.testing.assert_allclose(found, expected, atol=1e-6 if dtype == torch.float64 else 2e-5)
    values = kernel._kernel(said)
    np.testing.assert_allclose(values.double().numpy(), expected, atol=1e-6)
    torch.testing.assert_close(values, values.mT)
    assert torch.linalg.eigvalsh(values.double()).min() > (
        -1e-14 if dtype == torch.float64 else -1e-6
    )
    torch.testing.assert_close(kernel._kernel(3 * said), values)  # of any length


def test_a_fidelity_kernel_loads_as_it_was_and_thins_its_landmarks():
    x, features = rows(50)[0], circuits(states=True)
    kernel, other = KernelFeatures(STATES, 20).double(), KernelFeatures(STATES, 20).double()
    kernel.fit(features(x))
    other.load_state_dict(kernel.state_dict())
    assert other.landmarks.shape == (20, 24)
    torch.testing.assert_close(other(features(x)), kernel(features(x)), rtol=0, atol=0)


def test_entanglement_counts_in_fidelities_as_inputs_are_read_again():
    x = rows(20)[0]
    coupled, free = (circuits(states=True, bandwidth=0.5, coupling=c) for c in (1.0, 0.0))
    kernels = []
    for features in (coupled, free):
        kernel = KernelFeatures(STATES).double()
        kernel.fit(features(x))
        kernels.append(kernel._kernel(features(x)))
    assert (kernels[0] - kernels[1]).abs().max() > 0.01


def test_relevance_has_the_gradients_of_the_kernel():
    x, features = rows(5)[0], circuits(states=True, bandwidth=0.5)
    kernel = KernelFeatures(STATES).double()
    kernel.fit(features(x))
    new = rows(2, seed=1)[0].requires_grad_()
    assert torch.autograd.gradcheck(lambda inputs: kernel._kernel(features(inputs)), new)


def test_a_controller_of_states_compares_them():
    controller = Projected(6, 6, circuits(states=True)).double()
    assert controller.between.func is fidelity
    assert Projected(6, 6, circuits()).between is matern
    assert Projected(6, 6, None).between is matern  # the twin of either
    assert len(controller.settings) == 4  # equal tuning of the twin


@pytest.mark.parametrize("noisy", [True, False])
def test_fidelities_are_of_exact_states(noisy):
    features = circuits(states=True, shots=None if noisy else 100)
    if noisy:
        add_noise(features, 0.01)
    with pytest.raises(ConfigError, match=r"expected exact circuits, .* set quantum\.kernel"):
        features(rows(2)[0])


@pytest.mark.parametrize("quantum", [True, False])
def test_states_are_expectations_in_units_of_bandwidth_length_and_relevance(quantum):
    x, features = rows()[0].float(), circuits() if quantum else None
    controller = Projected(6, 6, features).double()
    controller.relevance.copy_(torch.arange(6) / 5)
    for bandwidth, length in controller.settings:
        controller.set(bandwidth, length)
        said = x.double() * torch.arange(6) / 5
        if features is not None:
            assert features.bandwidth.item() == pytest.approx(bandwidth)
            said = features(said) / bandwidth
        expected = said / (length * np.sqrt(55 / 25))
        torch.testing.assert_close(controller(x.double().unsqueeze(1))[:, 0], expected)
    assert len(controller.settings) == 4  # equal tuning of the twin


def test_weak_circuits_are_the_kernel_of_their_inputs():
    """Of small angles, <X>, <Y> and <Z> are linear and turned into each other: |f(a) - f(b)|."""
    x = rows(40)[0]
    weak, plain = Projected(6, 6, circuits(coupling=0.0)).double(), Projected(6, 6, None).double()
    weak.set(1e-4, 2.0)
    plain.set(1.0, 2.0)
    near, far = (torch.pdist(each(x.unsqueeze(1))[:, 0]) for each in (weak, plain))
    torch.testing.assert_close(near, far, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("features", [{}, {"states": True}, None])
def test_relevance_finds_what_matters_through_the_circuits(features):
    x, y = rows(600)
    controller = Projected(6, 6, None if features is None else circuits(**features)).double()
    controller.set(0.3, 2.0)
    with torch.no_grad():
        controller.learn(x.unsqueeze(1), y)
    assert controller.relevance[0] == 0
    assert controller.relevance[1:3].min() > 1.5 * controller.relevance[3:].max()
    assert controller.relevance.max() == 1


def test_relevance_for_many_targets_is_that_of_a_part_of_the_rows():
    x, y = rows()
    found = []
    for n_targets in (1, 400):  # of 120 rows, the latter has slopes at 81
        controller = Projected(6, 6, None).double()
        with torch.no_grad():
            controller.learn(x.unsqueeze(1), y.expand(-1, n_targets))
        found.append(controller.relevance)
    assert 0 < (found[1] - found[0]).abs().max() < 0.05


def test_rows_whose_angles_pass_a_quarter_turn_are_known():
    x = torch.zeros(3, 1, 2).double()
    x[1, 0, 1], x[2, 0, 0] = -1.6 / 0.6, 1.5 / 0.6
    controller = Projected(2, 2, circuits(2)).double()
    controller.set(0.6, 2.0)
    assert controller.turns_back(x).tolist() == [False, True, False]
    controller.see(x[1:])
    assert not controller.turns_back(x).any()  # as far as what was seen
    assert controller.turns_back(1.1 * x).tolist() == [False, True, True]
    twin = Projected(2, 2, None).double()
    assert not Blend(twin, twin, 0.5).turns_back(100 * x).any()


def test_inputs_that_say_nothing_leave_no_state():
    controller = Projected(2, 2, circuits(2)).double()
    with torch.no_grad():
        controller.learn(torch.ones(20, 1, 2).double(), rows(20)[1])
    assert torch.isfinite(controller(torch.ones(3, 1, 2).double())).all()


@pytest.mark.parametrize("n_targets", [1, 2])
def test_components_are_those_of_scikit_learn_and_end_where_nothing_varies(n_targets):
    x, y = rows()
    y = torch.cat((y, x[:, 3:4] - y), dim=1)[:, :n_targets]
    axes = least_squares_axes(x, y, 6)
    centred = x - x.mean(dim=0)
    oracle = PLSRegression(4, scale=False, tol=1e-12, max_iter=5000).fit(x.numpy(), y.numpy())
    expected = oracle.transform(x.numpy()) / oracle.x_scores_.std(axis=0, ddof=1)
    turned = (centred @ axes)[:, :4].numpy()
    np.testing.assert_allclose(np.abs(turned), np.abs(expected), atol=1e-6)
    assert (axes[:, 5] == 0).all()  # five of six inputs vary
    controller = Projected(6, 2, circuits(2)).double()
    with torch.no_grad():
        controller.learn(x.unsqueeze(1), y)
    axes = least_squares_axes(x, y / y.std(dim=0), 2)
    torch.testing.assert_close(controller.axes, axes)
    assert controller(x.unsqueeze(1)).shape == (120, 1, controller.n_states)
