"""The head for several classes: its closed-form start, its loss, and what it refuses."""

import numpy as np
import pytest
import torch
from scipy import optimize
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss

from qmann_core.config import ClassicalConfig, HybridConfig, QMANNConfig, QuantumConfig
from qmann_core.data import Samples
from qmann_core.errors import DataError
from qmann_core.nn import build_network
from qmann_core.nn.tabular import Softmax, classification_head
from qmann_core.training import HybridTrainer


def samples(n_classes, n=150, *, dtype=torch.float64):
    """Rows of which two numbers say the class, by and large."""
    rng = np.random.default_rng(n_classes)
    x = rng.normal(size=(n, 4))
    centre = rng.normal(size=(n_classes, 2))
    near = -np.square(x[:, None, :2] - centre).sum(axis=2) + 0.5 * rng.gumbel(size=(n, n_classes))
    y = np.eye(n_classes)[near.argmax(axis=1)]
    x, y = (torch.from_numpy(part).to(dtype) for part in (x, y))
    return Samples(x.unsqueeze(1), y, regressors=x)


def fitted(n_classes):
    train = samples(n_classes)
    head = Softmax(3, 4, n_classes).double()
    head.fit(train)
    return head, train, head.start(train.regressors, leave_out=True)


def test_two_classes_start_at_the_logistic_regression_of_scikit_learn():
    """Of odds b1 - b0 + a (f1 - f0), with a penalty on a, b0 = -b1 and b1."""
    head, train, left_out = fitted(2)
    columns = np.column_stack((left_out[:, 1] - left_out[:, 0], np.full(len(train), 2**0.5)))
    oracle = LogisticRegression(C=100, fit_intercept=False, tol=1e-12, max_iter=10_000)
    oracle.fit(columns, train.y[:, 1])
    slope, intercept = oracle.coef_[0]
    assert head.slope.item() == pytest.approx(slope, rel=1e-4)
    expected = np.array([-1, 1]) * intercept / 2**0.5
    np.testing.assert_allclose(head.intercepts, expected, atol=1e-4)


@pytest.mark.parametrize("n_classes", [3, 5])
def test_it_starts_at_the_minimum_that_a_general_optimiser_finds(n_classes):
    head, train, left_out = fitted(n_classes)
    f, truth = left_out.numpy(), train.y.argmax(dim=1).numpy()

    def penalised(w):
        odds = w[0] * f + w[1:]
        p = np.exp(odds) / np.exp(odds).sum(axis=1, keepdims=True)
        return -np.log(p[np.arange(len(p)), truth]).sum() + 0.005 * np.square(w).sum()

    best = optimize.minimize(penalised, np.zeros(1 + n_classes), tol=1e-9)
    np.testing.assert_allclose([head.slope, *head.intercepts], best.x, rtol=1e-3, atol=1e-4)
    assert head.intercepts.sum().item() == pytest.approx(0, abs=1e-6)  # by the penalty


def test_untrained_it_leaves_rows_out_in_training_and_else_does_not():
    head, train, left_out = fitted(3)
    features = torch.randn(150, 3, dtype=torch.float64)
    for training, f in ((True, left_out), (False, head.start(train.regressors))):
        raw = head.train(training)(features, train.regressors)
        torch.testing.assert_close(raw, head.slope * f + head.intercepts)
        p = head.decode(raw)["probability"]
        torch.testing.assert_close(p.sum(dim=1), torch.ones(150, dtype=p.dtype))
        if training:
            residual = head.residual(train.regressors, train.y)
            torch.testing.assert_close(residual, train.y - p)
            # intercepts: as much of each class as there is, up to the penalty
            torch.testing.assert_close(p.mean(dim=0), train.y.mean(dim=0), atol=1e-3, rtol=0)


def test_the_loss_is_the_log_loss_of_scikit_learn_and_its_gradient_is_right():
    head, train, _ = fitted(3)
    head.train()
    torch.nn.init.normal_(head.readout.weight)
    features = torch.randn(150, 3, dtype=torch.float64, requires_grad=True)
    raw = head(features, train.regressors)
    p = head.decode(raw)["probability"].detach().numpy()
    expected = log_loss(train.y.argmax(dim=1), p)
    assert head.loss(raw, train.y, {}).item() == pytest.approx(expected, rel=1e-10)
    x, y = train.regressors[:20], train.y[:20]
    assert torch.autograd.gradcheck(lambda f: head.loss(head(f, x), y, {}), (features[:20],))


def test_a_network_learns_to_correct_thirty_two_rows():
    torch.manual_seed(0)
    train = samples(3, 32, dtype=torch.float32)
    config = QMANNConfig(
        quantum=QuantumConfig(n_qubits=2),
        classical=ClassicalConfig(controller="dense", hidden_size=8),
        hybrid=HybridConfig(learning_rate=0.03, batch_size=32),
    )
    network = build_network(config, train, classification_head, "hybrid")
    network.fit_statistics(train)
    history = HybridTrainer(config.hybrid, seed=0).fit(network, train, epochs=150)
    assert history.training[-1] < 0.5 * history.training[0]


def test_a_column_of_classes_is_binary_and_several_are_one_class_each():
    both = samples(2)
    column = Samples(both.x, both.y[:, 1:])
    assert classification_head(3, column).names == ("location", "scale")
    assert classification_head(3, both).names == ("probability",)


def test_a_class_that_is_not_there_is_refused():
    train = samples(3)
    train = train[~train.y[:, 1].bool().numpy()]
    counts = train.y.sum(dim=0).int().tolist()
    with pytest.raises(DataError, match=rf"classes of \[{counts[0]}, 0, {counts[2]}\] training ro"):
        Softmax(3, 4, 3).fit(train)
