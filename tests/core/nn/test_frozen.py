"""The twin whose circuits are not trained: what stays, what is counted, what still learns."""

import numpy as np
import pytest
import torch

from qmann_core.base import classical_parameters, quantum_parameters
from qmann_core.config import ClassicalConfig, HybridConfig, MemoryConfig, QMANNConfig
from qmann_core.data import Samples
from qmann_core.nn import LocationScale, build_network
from qmann_core.training import HybridTrainer, seeded

N = 60


def config(controller="lstm", kind="none", **memory):
    return QMANNConfig(
        classical=ClassicalConfig(hidden_size=3, controller=controller),
        memory=MemoryConfig(kind=kind, capacity=20, n_qubits=3, **memory),
        hybrid=HybridConfig(epochs=2, batch_size=20),
    )


def samples():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(N, 4, 2)).astype(np.float32)
    return Samples(
        x=torch.from_numpy(x),
        regressors=torch.ones(N, 1),
        y=torch.from_numpy(np.tanh(2 * x[:, -1, :1]) + 0.1 * x[:, :1, 1]),
        time=np.datetime64("2020-01-01") + np.arange(N),
        unit=np.zeros(N, dtype=np.int64),
        units=("a",),
        lead=(1,),
    )


def built(settings, twin):
    data = samples()
    with seeded(3, torch.device("cpu")):
        network = build_network(settings, data, lambda n, _: LocationScale(n, 1, 1), twin)
    network.fit_statistics(data)
    return network


SETTINGS = {
    "lstm": config(),
    "gru": config("gru"),
    "dense": config("dense"),
    "memory": config(kind="quantum", read="threshold"),
}


@pytest.mark.parametrize("name", SETTINGS)
def test_it_starts_as_the_hybrid_and_counts_what_it_trains(name):
    hybrid, frozen = (built(SETTINGS[name], twin) for twin in (None, "frozen"))
    before = hybrid.state_dict()
    assert before.keys() == frozen.state_dict().keys()
    for key, value in frozen.state_dict().items():
        assert torch.equal(value, before[key])
    circuits = sum(weight.numel() for weight in quantum_parameters(hybrid))
    assert circuits > 0
    assert frozen.parameter_count() == hybrid.parameter_count() - circuits
    assert all(p.requires_grad for p in classical_parameters(frozen))
    assert all(p.requires_grad for p in hybrid.parameters())


@pytest.mark.parametrize("name", SETTINGS)
def test_training_moves_everything_but_the_circuits(name):
    frozen = built(SETTINGS[name], "frozen")
    circuits = [weight.detach().clone() for weight in quantum_parameters(frozen)]
    others = [weight.detach().clone() for weight in classical_parameters(frozen)]
    HybridTrainer(SETTINGS[name].hybrid, seed=0).fit(frozen, samples(), epochs=2)
    for before, after in zip(circuits, quantum_parameters(frozen), strict=True):
        assert torch.equal(before, after)
    moved = [
        not torch.equal(before, after)
        for before, after in zip(others, classical_parameters(frozen), strict=True)
    ]
    assert all(moved)


def test_the_rest_learns_beside_frozen_circuits():
    """Their output is a fixed feature map, which the classical layers around them use."""
    data = samples()
    settings = HybridConfig(epochs=40, batch_size=20, learning_rate=0.02)
    losses = {}
    for name in ("closed form", "frozen"):
        network = built(SETTINGS["dense"], "frozen")
        if name == "frozen":
            HybridTrainer(settings, seed=0).fit(network, data, epochs=40)
        with torch.no_grad():
            losses[name] = network.head.loss(network(data.x, data.regressors), data.y, {}).item()
    assert losses["frozen"] < losses["closed form"] - 0.5
