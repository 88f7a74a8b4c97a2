"""Trees on what circuits say: scikit-learn's, in tensors, and rows that they have not seen."""

import numpy as np
import pytest
import torch
from sklearn.ensemble import RandomForestRegressor

from qmann_core.config import (
    ClassicalConfig,
    HybridConfig,
    MemoryConfig,
    QMANNConfig,
    QuantumConfig,
)
from qmann_core.data import Samples
from qmann_core.errors import ConfigError
from qmann_core.nn import Scale, build_network, regression_head
from qmann_core.nn.forest import Forest


def rows(n_outputs=1, n=150, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 5)).astype(np.float32)
    y = np.sin(2 * x[:, :1]) + x[:, 1 : 1 + n_outputs] ** 2 + 0.1 * rng.normal(size=(n, n_outputs))
    return torch.from_numpy(x), torch.from_numpy(y)


@pytest.mark.parametrize("n_outputs", [1, 2])
def test_trees_are_scikit_learns_and_load_as_they_were(n_outputs):
    (x, y), (new, _) = rows(n_outputs), rows(n=40, seed=1)
    forest = Forest(n_outputs)
    left_out = forest.fit(x, y)
    oracle = RandomForestRegressor(100, max_features=1 / 3, oob_score=True, random_state=0)
    oracle.fit(x.numpy(), y.numpy().squeeze())
    shape = (-1, n_outputs)
    np.testing.assert_allclose(left_out, oracle.oob_prediction_.reshape(shape), rtol=1e-6)
    np.testing.assert_allclose(
        forest(new), oracle.predict(new.numpy()).reshape(shape), rtol=1e-5, atol=1e-6
    )
    other = Forest(n_outputs)
    other.load_state_dict(forest.state_dict())
    assert torch.equal(other(new), forest(new))
    nodes = sum(tree.tree_.node_count for tree in oracle.estimators_)
    assert forest.n_solved == nodes * (1 + n_outputs)


def test_groups_and_later_rows_are_predicted_by_trees_that_have_not_seen_them():
    """Each target is its group's number, which no other group tells."""
    group = torch.arange(12).repeat_interleave(10)
    x = group[:, None] + torch.zeros(120, 3)
    y = group[:, None].double()
    forest = Forest(1)
    assert (forest.fit(x, y) - y).abs().max() < 0.5  # others of the group do
    assert (forest.fit(x, y, groups=group) - y).abs().min() > 0.5
    later = forest.fit(x, y, order="time", embargo=10)
    assert later[:30].isnan().all()
    assert ((y - later)[30:] > 1).all()


@pytest.mark.parametrize(
    ("changes", "head", "match"),
    [
        ({"hybrid": HybridConfig(quantum_ratio=0.5)}, regression_head, "hybrid.quantum_ratio with"),
        ({"hybrid": HybridConfig(circuit_steps=3)}, regression_head, "hybrid.circuit_steps with"),
        ({"quantum": QuantumConfig(kernel="fidelity")}, regression_head, "quantum.kernel with"),
        ({}, lambda _, s: Scale(s.regressors.shape[1], 1), "forest for QLIKE: expected a task"),
    ],
)
def test_what_trees_cannot_do_is_refused(changes, head, match):
    classical = ClassicalConfig(controller="quantum_kernel", readout="forest")
    config = QMANNConfig(classical=classical, memory=MemoryConfig(kind="none"))
    with pytest.raises(ConfigError, match=match):
        build_network(config.model_copy(update=changes), table(), head)


def table():
    x, y = rows()
    return Samples(x, y.float())


def test_a_network_answers_by_trees_on_what_circuits_say():
    classical = ClassicalConfig(controller="quantum_kernel", readout="forest")
    config = QMANNConfig(classical=classical, memory=MemoryConfig(kind="none"))
    torch.manual_seed(0)
    known = table()
    network = build_network(config, known, regression_head).eval()
    network.choose(known)
    with torch.no_grad():
        location = network(known.x, known.regressors)[:, 0]
        said = network.encode(known.x)
        trees = network.head.location.base(said)
    torch.testing.assert_close(location, network.head.mean + network.head.unit * trees)
    assert said.shape[1] == 3 * 8
    assert network.state_dict()["head.location.base.value"].shape[1] == 1
