"""Fixed circuits trained through the solve: gradients, what is learned, and what is put back."""

import copy
from dataclasses import replace

import numpy as np
import pytest
import torch

from qmann_core.data import Samples
from qmann_core.nn import (
    QMANN,
    FeatureCircuits,
    KernelFeatures,
    Projected,
    Reservoir,
    Scale,
    SolvedReadout,
    TanhFeatures,
    regression_head,
    tune,
)
from qmann_core.nn.scaling import Standardise

N = 240


def circuits(seed, n_inputs=2):
    generator = torch.Generator().manual_seed(seed)
    return FeatureCircuits(n_inputs, 2, bandwidth=1.0, coupling=2.0, generator=generator)


def samples(truth):
    """Windows of two steps; targets are about what circuits say of the last."""
    rng = torch.Generator().manual_seed(0)
    x = torch.randn(N, 2, 2, generator=rng, dtype=torch.float64)
    noise = torch.randn(N, 1, generator=rng, dtype=torch.float64)
    return Samples(x, truth.double()(x[:, -1])[:, -2:-1] + 0.05 * noise)


def kernel(features):
    """One that reads the last step."""
    controller = Projected(4, 4, features)
    controller.relevance.copy_(torch.tensor([0.0, 0, 1, 1]))
    head = regression_head(0, Samples(torch.zeros(2, 1), torch.zeros(2, 1)))
    network = QMANN(Standardise(2), controller, head, kernel=KernelFeatures(controller.parts))
    for part in network.modules():
        if isinstance(part, SolvedReadout):
            part.read_kernel()
    return network.double()


def reservoir(features):
    controller = Reservoir(features, radius=0.5, generator=torch.Generator().manual_seed(1))
    return QMANN(Standardise(2), controller, Scale(features.n_features, 1)).double()


NETWORKS = {
    "kernel": lambda: kernel(circuits(0, n_inputs=4)),
    "reservoir": lambda: reservoir(circuits(0)),
    "tanh": lambda: reservoir(TanhFeatures(2, 6, bandwidth=1.0)),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_the_gradient_is_that_through_the_solve(name):
    torch.manual_seed(0)
    network = NETWORKS[name]()
    known, features = samples(circuits(7)), network.controller.features
    (drawn, *_) = features.drawn
    with torch.no_grad():
        network.fit_statistics(known)  # a penalty
    start = getattr(features, drawn)
    rng = torch.Generator().manual_seed(2)
    way, step = torch.randn(start.shape, generator=rng, dtype=start.dtype), 1e-4

    def loss(shift):
        shift = torch.tensor(shift, dtype=torch.float64, requires_grad=True)
        setattr(features, drawn, start + shift * way)
        return network.solve(known), shift

    above, below = (float(loss(shift)[0].detach()) for shift in (step, -step))
    expected = (above - below) / (2 * step)
    (found,) = torch.autograd.grad(*loss(0.0))
    assert abs(expected) > 1e-5
    assert float(found) == pytest.approx(expected, rel=1e-3)


def held_out_loss(network, train, check):
    with torch.no_grad():
        network.fit_statistics(train)
        return float(network.head.loss(network(check.x, check.regressors), check.y, check.aux))


def test_planted_couplings_are_learned_and_what_does_not_help_is_put_back():
    part, data = np.arange(N) < 160, samples(circuits(7))
    for better in (True, False):
        network = reservoir(circuits(0))
        network.head = regression_head(0, Samples(torch.zeros(2, 6), torch.zeros(2, 1))).double()
        train, check = data[part], data[~part]
        check = check if better else replace(check, y=-check.y)  # as learned, the worse
        before, loss = copy.deepcopy(network), held_out_loss(network, train, check)
        assert tune(network, train, check, 30) is better
        assert not any(buffer.requires_grad for buffer in network.controller.buffers())
        after = held_out_loss(network, train, check)
        assert after < loss if better else after == loss
        for name in ("features.fixed", "feedback"):
            same = [each.controller.get_buffer(name) for each in (before, network)]
            assert torch.equal(*same) is not better
