"""Values that may be zero: quantiles of the mixture by drawing from it, and what it is without."""

import numpy as np
import pytest
import torch
from sklearn.metrics import balanced_accuracy_score

from qmann_core.data import Samples
from qmann_core.nn import Regression, regression_head
from qmann_core.nn.solved import SolvedReadout
from qmann_materials.heads import ZeroOrNot, value_head
from qmann_materials.scores import probabilities_of, score_classes

N, WIDTH = 160, 6


def samples(zeros=0.5, n=N, seed=0, shift=3.0):
    """Rows whose second number says which of them are zero, and whose first the others."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, WIDTH)) / 4
    y = shift + 4 * x[:, [0]] + 0.1 * rng.normal(size=(n, 1))
    y = np.where(x[:, [1]] <= np.quantile(x[:, 1], zeros), 0, y) if zeros else y
    return Samples(torch.zeros(n, 1, 1), torch.from_numpy(y), regressors=torch.from_numpy(x))


def solved(head, train):
    for part in head.modules():
        if isinstance(part, SolvedReadout):
            part.read_kernel()
    head.double().fit(train)
    return head


def answers(head, rows):
    found = head.decode(head(rows.regressors[:, :0], rows.regressors))
    return {name: values.detach().numpy() for name, values in found.items()}


def raw(p, mean, scale):
    """Raw outputs of one row."""
    odds = np.log(p) - np.log1p(-p)
    return torch.tensor([[[mean], [np.log(scale)], [odds]]], dtype=torch.float64)


@pytest.fixture(scope="module")
def fitted():
    return solved(value_head(0, samples()), samples())


@pytest.mark.parametrize("p", [0.2, 0.5, 0.6, 0.8, 0.97])
@pytest.mark.parametrize(("mean", "scale"), [(3.0, 0.5), (1.0, 1.0), (0.3, 2.0)])
def test_median_and_deviation_are_those_of_draws(fitted, p, mean, scale):
    found = fitted.decode(raw(p, mean, scale))
    rng = np.random.default_rng(0)
    there = rng.random(400_000) < p
    drawn = np.where(there, rng.normal(mean, scale, size=there.size), 0)
    median = np.median(drawn.clip(0)) if p != 0.5 else 0
    assert float(found["location"]) == pytest.approx(median, abs=0.02)
    assert float(found["scale"]) == pytest.approx(drawn.std(), rel=0.01)


def test_a_certain_zero_has_a_small_scale_and_a_certain_value_its_own(fitted):
    zero, value = (fitted.decode(raw(p, 3.0, 0.5)) for p in (1e-12, 1 - 1e-9))
    assert (float(zero["location"]), float(zero["scale"])) == (0, pytest.approx(5e-4))
    assert float(value["location"]) == pytest.approx(3, abs=1e-6)
    assert float(value["scale"]) == pytest.approx(0.5, rel=1e-6)


@pytest.mark.parametrize(("zeros", "shift"), [(0.0, 3.0), (0.04, 3.0), (0.5, -3.0)])
def test_without_zeros_or_below_them_it_is_a_regression(zeros, shift):
    train, new = samples(zeros, shift=shift), samples(zeros, seed=1, shift=shift)
    head, plain = (solved(make(0, train), train) for make in (value_head, regression_head))
    assert type(plain) is Regression
    assert torch.equal(head.wanted(train), train.y)
    found, expected = answers(head, new), answers(plain, new)
    for name, values in expected.items():
        np.testing.assert_array_equal(found[name], values)
    quantiles = np.full((N, 1, 2), [-2.0, 2.0])
    np.testing.assert_array_equal(head.bound(found, quantiles), plain.bound(expected, quantiles))


def test_zeros_are_told_apart_and_nothing_is_below_them(fitted):
    train, new = samples(), samples(seed=1)
    assert fitted.stages == 2
    assert fitted.wanted(train).shape == (N, 2)
    assert torch.equal(fitted.wanted(train)[:, 1:], (train.y != 0).double())
    found, y = answers(fitted, new), new.y.numpy()
    assert np.mean((found["location"] == 0) == (y == 0)) > 0.85
    assert found["location"].min() == 0
    one = solved(regression_head(0, train), train)
    loss = fitted.loss(fitted(new.x[:, 0, :0], new.regressors), new.y, {})
    expected = np.square((y - found["location"]) / fitted.unit.numpy()).mean()
    assert float(loss.detach()) == pytest.approx(expected)
    ours, usual = (np.abs(y - answers(head, new)["location"]).mean() for head in (fitted, one))
    assert ours < 0.8 * usual
    ends = fitted.bound(found, np.full((N, 1, 2), [-3.0, 3.0]))
    assert ends.min() == 0
    assert np.all(ends[..., 0] <= ends[..., 1])


def test_its_loss_falls_with_what_can_be_told():
    train = samples()
    order = torch.randperm(N, generator=torch.Generator().manual_seed(0))
    shuffled = Samples(train.x, train.y[order], regressors=train.regressors)
    told, blind = (float(value_head(0, train).double().fit(t)) for t in (train, shuffled))
    assert told < blind - 0.3


def test_it_is_saved_and_loaded(fitted):
    other = ZeroOrNot(WIDTH, 1).double()
    for part in other.modules():
        if isinstance(part, SolvedReadout):
            part.read_kernel()
    other.load_state_dict(fitted.state_dict())
    found, expected = answers(other, samples(seed=2)), answers(fitted, samples(seed=2))
    for name, values in expected.items():
        np.testing.assert_array_equal(found[name], values)
    assert other.stages == 2


def test_probabilities_are_of_each_class():
    three = np.array([[0.5, 0.3, 0.2]])
    assert probabilities_of({"probability": three}).tolist() == three.tolist()
    assert probabilities_of({"location": np.array([[0.25]])}).tolist() == [[0.75, 0.25]]


@pytest.mark.parametrize("n_classes", [2, 3])
def test_balanced_accuracy_is_scikit_learns(n_classes):
    rng = np.random.default_rng(n_classes)
    y = rng.choice(
        n_classes, size=300, p=np.array([0.8, 0.15, 0.05])[:n_classes] / [0.95, 1][n_classes - 2]
    )
    probability = rng.dirichlet(4 * np.ones(n_classes), size=300) + 0.3 * np.eye(n_classes)[y]
    probability /= probability.sum(axis=1, keepdims=True)
    one_hot = np.eye(n_classes)[y]
    columns = one_hot[:, 1:] if n_classes == 2 else one_hot
    part = Samples(torch.zeros(300, 1), torch.from_numpy(columns))
    outputs = {"location": probability[:, 1:]} if n_classes == 2 else {"probability": probability}
    found = score_classes(outputs | {"quantiles": np.empty(0)}, part, part, ())
    picked = (probability / one_hot.mean(axis=0)).argmax(axis=1)
    expected = balanced_accuracy_score(y, picked)
    assert found["balanced accuracy"] == pytest.approx(expected)
