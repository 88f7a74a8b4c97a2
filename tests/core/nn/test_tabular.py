"""Heads for tables: kernel ridge regression as the start, and the losses that training lowers."""

import numpy as np
import pytest
import torch
from scipy import stats
from sklearn.gaussian_process.kernels import Matern
from sklearn.kernel_ridge import KernelRidge as SklearnKernelRidge
from sklearn.linear_model import LogisticRegression

from qmann_core.config import ClassicalConfig, HybridConfig, QMANNConfig, QuantumConfig
from qmann_core.data import Samples
from qmann_core.errors import DataError
from qmann_core.nn import build_network
from qmann_core.nn.kernel_ridge import KernelRidge, _matern, _solve
from qmann_core.nn.tabular import (
    Classification,
    Regression,
    classification_head,
    fit_logistic,
    regression_head,
)
from qmann_core.training import HybridTrainer


def table(n=120, d=6, seed=0):
    """Rows with one constant column and one that does not matter."""
    rng = np.random.default_rng(seed)
    x = np.column_stack([np.ones(n), rng.normal(size=(n, d - 1))])
    y = np.sin(2 * x[:, 1]) + x[:, 2] + 0.1 * rng.normal(size=n)
    return torch.from_numpy(x), torch.from_numpy(y[:, None])


def samples(x, y):
    return Samples(
        x=x.unsqueeze(1),
        regressors=x,
        y=y,
        time=np.arange(len(x)),
        unit=np.zeros(len(x), dtype=np.int64),
        units=("rows",),
    )


def classes(n=120, d=6):
    x, y = table(n, d)
    return x, (y > y.median()).to(x.dtype)


def test_the_kernel_is_matern_three_halves():
    a, b = torch.randn(5, 3, dtype=torch.float64), torch.randn(7, 3, dtype=torch.float64)
    expected = Matern(nu=1.5)(a.numpy() / 3**0.5, b.numpy() / 3**0.5)
    np.testing.assert_allclose(_matern(a, b), expected, atol=1e-12)


def test_a_fit_is_kernel_ridge_regression_at_the_penalty_with_the_least_left_out_error():
    x, y = table(60)
    model = KernelRidge(6, 1).double()
    model.fit(x, y)
    scaled = model.scaling(x) * model.gain
    kernel = _matern(scaled, scaled).numpy()
    target = (y - y.mean()).numpy()
    errors = {}
    for penalty in 10.0 ** (np.arange(-10, 3) / 2) * np.linalg.eigvalsh(kernel).mean():
        oracle = SklearnKernelRidge(alpha=penalty, kernel="precomputed").fit(kernel, target)
        left = np.linalg.inv(kernel + penalty * np.eye(60))
        errors[np.mean((left @ target / np.diag(left)[:, None]) ** 2)] = oracle.predict(kernel)
    np.testing.assert_allclose(model(x) - y.mean(), errors[min(errors)], atol=1e-5)


def test_left_out_predictions_are_those_of_refits_without_the_row():
    x, y = table(40)
    kernel, rows = _matern(x, x), torch.arange(40)
    _, left_out, _ = _solve(kernel, rows, y)
    chosen = []
    for penalty in 10.0 ** (torch.arange(-10, 3) / 2) * torch.linalg.eigvalsh(kernel).mean():
        other = rows != 7
        inverse = torch.linalg.inv(kernel[other][:, other] + penalty * torch.eye(39).double())
        chosen.append((kernel[7, other] @ inverse @ y[other]).item())
    assert min(abs(left_out[7].item() - value) for value in chosen) < 1e-6


def test_leave_out_concerns_rows_of_the_fit_alone():
    x, y = (part.float() for part in table(80))
    model = KernelRidge(6, 1)
    expected = model.fit(x, y)
    torch.testing.assert_close(model(x, leave_out=True), expected, atol=1e-4, rtol=1e-4)
    new = table(20, seed=1)[0].float()
    torch.testing.assert_close(model(new, leave_out=True), model(new))


def test_regressors_that_say_nothing_leave_the_mean():
    y = table(20)[1]
    model = KernelRidge(2, 1).double()
    model.fit(torch.ones(20, 2, dtype=torch.float64), y)
    torch.testing.assert_close(model(torch.ones(1, 2, dtype=torch.float64)), y.mean().view(1, 1))


def test_relevance_finds_what_matters():
    x, y = table(300)
    model = KernelRidge(6, 1).double()
    model.fit(x, y)
    assert model.gain[0] == 0
    assert model.gain[1:3].min() > 2 * model.gain[3:].max()


def test_landmarks_are_an_even_sample_of_many_rows_and_nearly_as_good():
    x, y = table(400)
    new, truth = table(200, seed=1)
    errors = []
    for n in (400, 100):
        model = KernelRidge(6, 1, n_landmarks=n).double()
        model.fit(x, y)
        errors.append((model(new) - truth).square().mean().sqrt().item())
    assert errors[1] < 1.5 * errors[0]
    assert errors[0] < 0.5 * truth.std().item()


def test_more_regressors_than_rows_and_equal_rows():
    rng = np.random.default_rng(0)
    x = torch.from_numpy(rng.normal(size=(20, 50)).astype(np.float32))
    x, y = torch.cat((x, x)), torch.from_numpy(rng.normal(size=(40, 2)).astype(np.float32))
    head = Regression(3, 50, 2)
    head.fit(samples(x, y))
    assert torch.isfinite(head(torch.randn(40, 3), x)).all()
    assert torch.isfinite(head.residual(x, y)).all()


def test_an_untrained_regression_is_the_kernel_ridge_with_its_left_out_error():
    x, y = table()
    head = Regression(4, 6, 1).double().eval()
    head.fit(samples(x, y))
    decoded = head.decode(head(torch.randn(120, 4, dtype=x.dtype), x))
    torch.testing.assert_close(decoded["location"], head.start(x))
    error = (y - head.start(x, leave_out=True)).square().mean().sqrt()
    torch.testing.assert_close(decoded["scale"], error.expand(120, 1))
    head.train()
    trained_on = head.decode(head(torch.randn(120, 4, dtype=x.dtype), x))["location"]
    torch.testing.assert_close(trained_on, head.start(x, leave_out=True))


def test_regression_loss_is_the_normal_likelihood():
    raw = torch.tensor([[[0.3], [0.2]], [[-0.1], [-0.5]]], dtype=torch.float64)
    y = torch.tensor([[1.0], [-2.0]], dtype=torch.float64)
    law = stats.norm(raw[:, 0, 0].numpy(), raw[:, 1, 0].exp().numpy())
    expected = -law.logpdf(y[:, 0].numpy()).mean()
    assert Regression(2, 1, 1).loss(raw, y, {}).item() == pytest.approx(expected, rel=1e-12)


def test_logistic_fit_is_that_of_scikit_learn():
    x, y = classes()
    found = fit_logistic(x, y[:, 0], penalty=0.5)
    oracle = LogisticRegression(C=2.0, fit_intercept=False, tol=1e-10, max_iter=1000)
    oracle.fit(x.numpy(), y[:, 0].numpy())
    np.testing.assert_allclose(found, oracle.coef_[0], atol=1e-5)


def test_logistic_fit_of_separable_classes_is_finite():
    x = torch.tensor([[1.0, -1.0], [1.0, 1.0]])
    assert torch.isfinite(fit_logistic(x, torch.tensor([0.0, 1.0]), penalty=1e-2)).all()


def test_an_untrained_classification_is_calibrated_on_left_out_values():
    x, y = classes(300)
    head = Classification(4, 6).double().train()
    head.fit(samples(x, y))
    decoded = head.decode(head(torch.randn(300, 4, dtype=x.dtype), x))
    p = decoded["location"]
    assert p.mean().item() == pytest.approx(y.mean().item(), abs=1e-3)
    torch.testing.assert_close(decoded["scale"], (p * (1 - p)).sqrt())
    torch.testing.assert_close(head.residual(x, y), y - p)


def test_classification_loss_is_the_log_loss_and_its_scale_never_zero():
    head = Classification(2, 1)
    raw, y = torch.tensor([[2.0], [-1.0], [40.0]]), torch.tensor([[1.0], [1.0], [1.0]])
    p = 1 / (1 + np.exp(-raw.numpy().astype(np.float64)))
    assert head.loss(raw, y, {}).item() == pytest.approx(-np.log(p).mean(), rel=1e-5)
    assert (head.decode(raw)["scale"] > 0).all()


@pytest.mark.parametrize("head", [Regression(3, 4, 1), Classification(3, 4)], ids=["r", "c"])
def test_gradients_of_the_readout(head):
    head = head.double().train()
    x, y = classes(30, 4)
    head.fit(samples(x, y))
    features = torch.randn(30, 3, dtype=x.dtype, requires_grad=True)
    torch.nn.init.normal_(head.readout.weight)
    assert torch.autograd.gradcheck(lambda f: head.loss(head(f, x), y, {}), (features,))


@pytest.mark.parametrize(
    ("make", "data"), [(regression_head, table), (classification_head, classes)], ids=["r", "c"]
)
def test_networks_learn_to_correct_thirty_two_rows(make, data):
    torch.manual_seed(0)
    train = samples(*(part.float() for part in data(32)))
    config = QMANNConfig(
        quantum=QuantumConfig(n_qubits=3),
        classical=ClassicalConfig(controller="dense", hidden_size=16),
        hybrid=HybridConfig(learning_rate=0.03, batch_size=32),
    )
    network = build_network(config, train, make, "hybrid")
    network.fit_statistics(train)
    history = HybridTrainer(config.hybrid, seed=0).fit(network, train, epochs=300)
    assert history.training[-1] < history.training[0] - 0.5 * abs(history.training[0])


def test_a_constant_target_is_refused():
    x, y = table(20)
    with pytest.raises(DataError, match=r"target that is 3 in all 20 .*check the target column"):
        Regression(2, 6, 1).fit(samples(x, 0 * y + 3))


@pytest.mark.parametrize(
    ("target", "message"),
    [
        (lambda y: 0 * y + 1, r"one class only, 1, in 20 training rows: expected 0 and 1"),
        (lambda y: y + 1, r"classes 1, 2, in 20 .*check the target column"),
    ],
    ids=["one", "others"],
)
def test_classes_other_than_both_are_refused(target, message):
    x, y = classes(20)
    with pytest.raises(DataError, match=message):
        Classification(2, 6).fit(samples(x, target(y)))
