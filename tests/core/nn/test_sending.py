"""Every module computes and learns the same after a deep copy, a pickle, and a ``spawn``."""

import copy
import pickle

import numpy as np
import pytest
import torch
from sent import results, spawned

from qmann_core.circuits import Circuit, angle, compose, pauli, strongly_entangling, z_each
from qmann_core.config import ClassicalConfig, QMANNConfig, QuantumConfig
from qmann_core.data import Samples
from qmann_core.nn import (
    AttentionMechanism,
    ClassicalLSTM,
    Ensemble,
    LocationScale,
    QuantumLayer,
    QuantumLSTM,
    build_network,
)
from qmann_core.nn.classical import ClassicalGRU
from qmann_core.nn.quantum_gru import QuantumGRU

SMALL = QuantumConfig(n_qubits=3, n_layers=2)
CIRCUIT = Circuit(
    3, compose(angle(3), strongly_entangling(3, 2)), (*z_each(3), pauli("XY", (0, 2)))
)
DATA = Samples(
    x=torch.randn(8, 5, 2, generator=torch.Generator().manual_seed(0)),
    regressors=torch.ones(8, 1),
    y=torch.randn(8, 2, generator=torch.Generator().manual_seed(1)),
    time=np.datetime64("2020-01-01") + np.arange(8),
    unit=np.zeros(8, dtype=np.int64),
    units=("a",),
    lead=(1, 1),
)
X = DATA.x


def network(twin, controller="lstm", attention=False):
    def head(width, samples):
        return LocationScale(width, samples.regressors.shape[1], samples.y.shape[1])

    classical = ClassicalConfig(hidden_size=4, attention=attention, context_size=4)
    classical = classical.model_copy(update={"controller": controller})
    built = build_network(QMANNConfig(quantum=SMALL, classical=classical), DATA, head, twin)
    built.fit_statistics(DATA)
    return built


SKIP = DATA.regressors
MODULES = {
    "layer": (lambda: QuantumLayer(CIRCUIT), (X[:, :3, 0],)),
    "layer, gates": (lambda: QuantumLayer(CIRCUIT, n_gates=2), (X[:, :3, 0],)),
    "layer, gatewise": (lambda: QuantumLayer(CIRCUIT, strategy="gates"), (X[:, :3, 0],)),
    "layer, double": (lambda: QuantumLayer(CIRCUIT).double(), (X[:, :3, 0].double(),)),
    "lstm": (lambda: QuantumLSTM(2, 4, 2, batch_first=True, quantum=SMALL), (X,)),
    "chen": (
        lambda: QuantumLSTM(2, 1, batch_first=True, cell="chen_v0", quantum=SMALL),
        (X,),
    ),
    "gru": (lambda: QuantumGRU(2, 4, 2, batch_first=True, quantum=SMALL), (X,)),
    "classical lstm": (lambda: ClassicalLSTM(2, 4, embedding_size=3), (X,)),
    "classical gru": (lambda: ClassicalGRU(2, 4, embedding_size=3), (X,)),
    "attention": (lambda: AttentionMechanism(2, 4, n_heads=2), (X[:, 0], X)),
    "hybrid": (lambda: network(None), (X, SKIP)),
    "hybrid, attention": (lambda: network(None, attention=True), (X, SKIP)),
    "hybrid, gru": (lambda: network(None, "gru"), (X, SKIP)),
    "hybrid, dense": (lambda: network(None, "dense"), (X, SKIP)),
    "separable": (lambda: network("separable"), (X, SKIP)),
    "classical": (lambda: network("classical"), (X, SKIP)),
    "ensemble": (lambda: Ensemble([network(None), network(None)]), (X, SKIP)),
}


def on_its_way(make):
    """A module whose every parameter has a say."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        module = make()
        with torch.no_grad():
            for parameter in module.parameters():
                parameter += 0.2 * torch.randn_like(parameter)
    return module


@pytest.fixture(scope="module")
def process():
    with spawned() as pool:
        yield pool


@pytest.fixture(params=MODULES)
def used(request):
    """A module after a call and a backward pass, with its inputs and results."""
    make, inputs = MODULES[request.param]
    module = on_its_way(make)
    return module, inputs, results(module, inputs)


def assert_equal(found, expected):
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        np.testing.assert_array_equal(found[name], value, err_msg=name, strict=True)


def test_a_deep_copy_is_equal_and_apart(used):
    module, inputs, expected = used
    other = copy.deepcopy(module)
    assert_equal(results(other, inputs), expected)
    with torch.no_grad():
        for parameter in other.parameters():
            parameter.zero_()
    assert_equal(results(module, inputs), expected)


def test_a_pickle_is_equal(used):
    module, inputs, expected = used
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        sent = pickle.loads(pickle.dumps(module, protocol))
        assert type(sent) is type(module)
        assert_equal(results(sent, inputs), expected)


@pytest.mark.slow
def test_a_spawned_process_computes_the_same(used, process):
    module, inputs, expected = used
    assert_equal(process.submit(results, module, inputs).result(timeout=120), expected)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["layer", "lstm", "gru", "attention", "hybrid"])
def test_a_module_that_went_unused_and_returned_is_equal(name, process):
    make, inputs = MODULES[name]
    module = on_its_way(make)
    back = process.submit(copy.deepcopy, module).result(timeout=120)
    assert_equal(results(back, inputs), results(module, inputs))
