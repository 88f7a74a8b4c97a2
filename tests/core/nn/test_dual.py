"""Least squares by rows: brute force, eigenvalues, and the walk to the least loss."""

import numpy as np
import pytest
import torch
from pandas import Series

from qmann_core.config import KernelConfig, MemoryConfig, QMANNConfig, QuantumConfig
from qmann_core.data import Samples
from qmann_core.nn import KernelFeatures, Squared, build_network, matern, regression_head, solved
from qmann_core.nn.readouts import Readout, solver
from qmann_core.nn.readouts.dual import alone, dual

N, WIDTH = 24, 40
RNG = np.random.default_rng(0)
Z = RNG.normal(size=(N, WIDTH)) / np.arange(1, WIDTH + 1)
Y = np.column_stack((Z[:, 0] - Z[:, 1] + RNG.normal(size=N) / 9, RNG.normal(size=N)))
PENALTIES = tuple(10.0 ** (k / 2) for k in range(2, -13, -1))
LABELS = {
    "rows": np.arange(N),
    "groups": np.repeat(np.arange(11), [1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 4]),
}
to = torch.from_numpy


def ridge(z, y, penalty, n):
    return np.linalg.solve(z.T @ z / n + penalty * np.eye(z.shape[1]), z.T @ y / n)


def blocks(label):
    members = list(Series(np.arange(len(label))).groupby(label).groups.values())
    sizes = sorted({len(rows) for rows in members})
    return [torch.tensor([list(r) for r in members if len(r) == size]) for size in sizes]


@pytest.mark.parametrize("by", LABELS)
def test_weights_and_rows_left_out_are_those_of_fits_without_them(by):
    found = list(dual(to(Z), to(Y), PENALTIES, blocks(LABELS[by])))
    assert tuple(penalty for penalty, _, _ in found) == PENALTIES
    for penalty, weights, left_out in found:
        np.testing.assert_allclose(weights, ridge(Z, Y, penalty, N), rtol=0, atol=1e-9)
        for group in np.unique(LABELS[by]):
            out = LABELS[by] == group
            expected = Z[out] @ ridge(Z[~out], Y[~out], penalty, N)
            np.testing.assert_allclose(left_out[to(out)], expected, rtol=0, atol=1e-8)
    (only,) = dual(to(Z), to(Y), [0.1], (), near=3.0)
    assert only[2] is None


@pytest.mark.parametrize("by", LABELS)
def test_a_readout_is_the_same_by_rows_and_by_eigenvalues(by, monkeypatch):
    groups = None if by == "rows" else to(LABELS[by])
    found = []
    for many in (WIDTH, WIDTH - 1):
        monkeypatch.setattr(solver, "MANY", many)
        readout = Readout(Squared(), WIDTH, 2, scaling="origin").double()
        left_out = readout.fit(to(Z), to(Y), groups=groups)
        found.append((left_out, readout.penalty, readout(to(Z)), readout.weights))
    for eigenvalues, rows in zip(*found, strict=True):
        torch.testing.assert_close(rows, eigenvalues, rtol=0, atol=1e-9)
    monkeypatch.setattr(solver, "dual", lambda *_: pytest.fail("by rows"))
    for features, noise in ((to(Z[:, :9]), None), (to(Z), torch.ones(WIDTH))):
        readout = Readout(Squared(), features.shape[1], 2, scaling="origin").double()
        readout.fit(features, to(Y), noise=noise)  # what rows cannot say
    Readout(Squared(), WIDTH, 2).double().fit(to(Z), to(Y))


@pytest.mark.parametrize("near", [1e3, 1.0, 3e-2, 1e-4, 1e-9])
def test_the_walk_finds_the_least_loss_and_leaves_penalties_out(near):
    y = to(Y[:, :1])
    lost = {p: float((out - y).square().sum()) for p, _, out in every(y)}
    order = np.array([lost[p] for p in PENALTIES])
    least = int(order.argmin())
    assert np.all(np.diff(order[: least + 1]) < 0)  # unimodal
    assert np.all(np.diff(order[least:]) > 0)
    assert 0 < least < len(order) - 1
    walked = [p for p, _, _ in every(y, near=near)]
    assert len(set(walked)) == len(walked) < len(PENALTIES)
    assert min(walked, key=lost.get) == PENALTIES[least]
    start = np.abs(np.log(PENALTIES) - np.log(near)).argmin()
    assert walked[0] == PENALTIES[start]
    assert len(walked) <= abs(start - least) + 3


def every(y, near=None):
    return dual(to(Z), y, PENALTIES, blocks(LABELS["rows"]), near)


def test_a_fit_near_a_penalty_is_the_fit_that_tries_all(monkeypatch):
    monkeypatch.setattr(solver, "MANY", WIDTH - 1)
    fits = []
    for near in (None, 1.0):
        readout = Readout(Squared(), WIDTH, 1, scaling="origin").double()
        out = readout.fit(to(Z), to(Y[:, :1]), penalties=PENALTIES, near=near)
        fits.append((out, readout.penalty, readout.weights))
    for all_tried, walked in zip(*fits, strict=True):
        torch.testing.assert_close(walked, all_tried, rtol=0, atol=1e-12)


def test_what_none_of_the_others_says_is_the_variance_of_a_row_given_them():
    found = alone(to(Z).float(), 1e-3)
    gram = Z.astype(np.float32).astype(float)
    gram = gram @ gram.T + 1e-3 * np.eye(N)
    np.testing.assert_allclose(found, 1 / np.diag(np.linalg.inv(gram)), rtol=1e-9)
    for row in range(N):
        rest = np.delete(np.arange(N), row)
        known = gram[row, rest] @ np.linalg.solve(gram[np.ix_(rest, rest)], gram[rest, row])
        assert found[row] == pytest.approx(gram[row, row] - known, rel=1e-8)


def test_doubt_of_rows_left_out_is_the_same_on_either_way(monkeypatch):
    told = Samples(torch.zeros(N, 1), to(Y[:, :1]), regressors=to(Z / 4))
    found = []
    for many in (WIDTH, WIDTH - 1):
        monkeypatch.setattr(solved, "MANY", many)
        readout = solved.SolvedReadout(Squared(), WIDTH, 1).double()
        readout.read_kernel()
        readout.fit(told, told.y)
        found.append(readout.doubt_left_out(told.regressors))
    torch.testing.assert_close(found[1], found[0], rtol=1e-5, atol=1e-7)


def test_landmarks_are_all_rows_up_to_the_limit_and_a_sample_of_more(monkeypatch):
    monkeypatch.setattr("qmann_core.nn.projected.MANY", 10)
    x = to(RNG.normal(size=(30, 3)))
    for limit, kept in ((30, 30), (29, 10), (10, 10), (7, 7)):
        kernel = KernelFeatures([(3, 1.0, matern)], limit).double()
        kernel.fit(x)
        assert len(kernel.landmarks) == kept
        assert torch.equal(kernel.landmarks[[0, -1]], x[[0, -1]])
        gram = kernel(x) @ kernel(x).mT
        exact = torch.allclose(gram, kernel._kernel(x) if kept == 30 else matern(x, x), atol=1e-6)
        assert exact == (kept == 30)


def chosen(landmarks, n):
    rng = np.random.default_rng(1)
    x = rng.normal(size=(n, 1, 4)).astype(np.float32)
    y = np.sin(x[:, 0, :1]) + x[:, 0, 1:2] + 0.1 * rng.normal(size=(n, 1)).astype(np.float32)
    train = Samples(to(x), to(y))
    config = QMANNConfig(
        quantum=QuantumConfig(n_qubits=2, coupling=0.1),
        classical=KernelConfig(controller="quantum_kernel", landmarks=landmarks),
        memory=MemoryConfig(kind="none"),
    )
    torch.manual_seed(0)
    network = build_network(config, train, regression_head)
    return network.choose(train), network, train


def test_few_rows_are_chosen_on_alike_whatever_the_limit():
    (loss, usual, train), (same, large, _) = chosen(2048, 100), chosen(4000, 100)
    assert (large.rough, usual.rough) == (True, False)
    assert same == loss
    for name, tensor in usual.state_dict().items():
        assert torch.equal(large.state_dict()[name], tensor), name
    assert torch.equal(*(each(train.x, train.regressors) for each in (usual, large)))


def test_more_rows_are_all_solved_on_after_choices_on_a_part(monkeypatch):
    monkeypatch.setattr("qmann_core.nn.network._ROUGH", 60)
    loss, network, train = chosen(4000, 200)
    assert len(network.kernel.landmarks) == len(train)
    usual = chosen(2048, 200)
    assert loss == pytest.approx(usual[0], rel=0.2)
    bandwidth = network.controller.features.bandwidth
    assert any(torch.isclose(bandwidth, torch.tensor(s[0])) for s in network.controller.settings)
