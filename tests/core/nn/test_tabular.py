"""Heads for tables: readouts whose rows are left out, and what they refuse."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy import optimize, stats
from scipy.special import softmax
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import Matern
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.metrics import log_loss

from qmann_core.data import Samples
from qmann_core.errors import ConfigError, DataError
from qmann_core.nn import classification_head, regression_head
from qmann_core.nn.projected import KernelFeatures, matern
from qmann_core.nn.readouts import Squared
from qmann_core.nn.solved import SolvedReadout
from qmann_core.nn.tabular import Classification, Regression, Softmax

N, WIDTH = 150, 6


def samples(n=N, *, n_classes=0, seed=0, **options):
    """Rows of which two numbers say the value, noisier with the third, or the class."""
    rng = np.random.default_rng(seed)
    x, noise = rng.normal(size=(n, WIDTH)), rng.normal(size=n)
    y = (x[:, 0] + 2 * x[:, 1] + np.exp(x[:, 2]) * noise)[:, None]
    if n_classes:
        edges = np.quantile(y, np.arange(1, max(n_classes, 2)) / max(n_classes, 2))
        y = np.eye(max(n_classes, 2))[np.searchsorted(edges, y[:, 0])]
        y = y[:, 1:] if n_classes == 1 else y
    x, y = torch.from_numpy(x), torch.from_numpy(y)
    return Samples(x.unsqueeze(1), y, regressors=x, **options)


def solved(head, train):
    for part in head.modules():
        if hasattr(part, "read_kernel"):
            part.read_kernel()
    head.double().fit(train)
    return head


def answers(head, rows):
    found = head.decode(head(rows.regressors[:, :0], rows.regressors))
    return {name: values.numpy() for name, values in found.items()}


def left_out(x, y):
    """By ridge regression from the origin, with scikit-learn's penalties and scores."""
    unit, penalties = np.square(x).mean(), 10.0 ** (np.arange(-8, 5) / 2)
    alphas = len(x) * penalties * unit
    ridge = RidgeCV(alphas=alphas, fit_intercept=False, store_cv_results=True).fit(x, y)
    errors = ridge.cv_results_[..., list(alphas).index(ridge.alpha_)]
    return ridge, np.sqrt(errors)


def test_location_and_errors_of_rows_left_out_are_scikit_learns():
    train, new = samples(), samples(50, seed=1)
    head = solved(regression_head(0, train), train)
    x, y = train.regressors.numpy(), train.y[:, 0].numpy()
    unit, mean = y.std(ddof=1), y.mean()
    ridge, errors = left_out(x, (y - mean) / unit)
    found = answers(head, new)
    expected = mean + unit * ridge.predict(new.regressors.numpy())
    np.testing.assert_allclose(found["location"][:, 0], expected, atol=1e-8)
    scale = answers(head, train)["scale"][:, 0]
    assert np.corrcoef(np.log(scale), x[:, 2])[0, 1] > 0.8  # by construction
    assert np.square(unit * errors / scale).mean() == pytest.approx(1, abs=0.15)
    law = stats.norm(found["location"], found["scale"]).logpdf(new.y.numpy()).mean()
    assert law > stats.norm(found["location"], unit * errors.std()).logpdf(new.y.numpy()).mean()


def test_what_nothing_known_is_near_is_doubted_as_by_a_gaussian_process():
    x = torch.randn(40, 3, generator=torch.Generator().manual_seed(0)).double()
    kernel = KernelFeatures(((3, 1.0, matern),)).double()
    kernel.fit(x[:30])
    readout = SolvedReadout(Squared(), 30, 1).double()
    readout.read_kernel()
    train = Samples(x[:30].unsqueeze(1), x[:30, :1], regressors=kernel(x[:30]))
    readout.fit(train, train.y)

    def variance(known, new):
        process = GaussianProcessRegressor(Matern(nu=1.5), alpha=1e-9, optimizer=None)
        return process.fit(known, np.zeros(len(known))).predict(new, return_std=True)[1] ** 2

    rows = x.numpy()
    alone = [variance(np.delete(rows[:30], k, axis=0), rows[[k]])[0] for k in range(30)]
    penalty = float(readout.base.penalty)  # which is alpha, as there are as many features as rows
    doubt, left_out = readout.doubt(kernel(x[30:])), readout.doubt_left_out(kernel(x[:30]))
    expected = 1 + variance(rows[:30], rows[30:]) / penalty
    np.testing.assert_allclose(doubt[:, 0], expected, rtol=1e-4)
    np.testing.assert_allclose(left_out[:, 0], 1 + np.array(alone) / penalty, rtol=1e-4)
    assert readout.doubt(torch.zeros(1, 30).double()).item() == pytest.approx(1 + 1 / penalty)


@pytest.mark.parametrize("n_classes", [1, 2, 3])
def test_odds_are_a_logistic_regression_on_what_left_out_rows_say(n_classes):
    train, new = samples(n_classes=n_classes), samples(400, n_classes=n_classes, seed=1)
    head = solved(classification_head(0, train), train)
    y = train.y.numpy()
    score = head.score.fit(train, train.y - train.y.mean(dim=0))[0].numpy()
    if n_classes == 1:
        z = (score - score.mean()) / score.std()
        oracle = LogisticRegression(C=1 / (N * float(head.odds.penalty)), tol=1e-9)
        share = oracle.fit(z, y[:, 0]).predict_proba(z)[:, 1]
        np.testing.assert_allclose(
            torch.sigmoid(head.odds(torch.from_numpy(score)))[:, 0], share, atol=1e-5
        )
    found = answers(head, new)
    p = found["location" if n_classes == 1 else "probability"]
    if n_classes == 1:
        np.testing.assert_allclose(found["scale"], np.sqrt(p * (1 - p)), atol=1e-12)
        p = np.hstack((1 - p, p))
    np.testing.assert_allclose(p.sum(axis=1), 1)
    truth = new.y.numpy()
    truth = truth[:, 0].astype(int) if n_classes == 1 else truth.argmax(axis=1)
    assert np.abs(p.mean(axis=0) - np.bincount(truth) / len(truth)).max() < 0.06
    assert log_loss(truth, p) < 0.75 * np.log(max(n_classes, 2))


def test_where_units_have_several_rows_one_slope_makes_scores_log_odds():
    unit = np.repeat(np.arange(30), 5)
    train = samples(n_classes=3, unit=unit, units=tuple(map(str, range(30))))
    head, y = solved(classification_head(0, train), train), train.y.numpy()
    share = y.mean(axis=0)
    score = head.score.fit(train, train.y - train.y.mean(dim=0))[0].numpy() + share
    truth = y.argmax(axis=1)
    loss = lambda slope: log_loss(truth, softmax(slope * score, axis=1))  # noqa: E731
    slope = float(head.odds.weights[0, 0])
    assert slope == pytest.approx(optimize.minimize_scalar(loss).x, rel=1e-3)
    raw = head(train.regressors[:, :0], train.regressors)
    expected = slope * (share + head.score(train.x[:, 0, :0], train.regressors).numpy())
    np.testing.assert_allclose(raw, expected, atol=1e-12)
    assert float(head.fit(train)) == pytest.approx(loss(slope))
    apart = replace(train, y=train.y[train.y.argmax(dim=1).argsort()])
    assert np.isfinite(
        answers(solved(classification_head(0, apart), apart), apart)["probability"]
    ).all()


def test_losses_are_what_they_are_named_after():
    raw, y = torch.randn(20, 2, 1).double(), torch.randn(20, 1).double()
    squares = (y - raw[:, 0]).square().mean()
    torch.testing.assert_close(Regression(WIDTH, 1).double().loss(raw, y, {}), squares)
    odds, truth = torch.randn(20, 3).double(), torch.eye(3).double()[torch.arange(20) % 3]
    expected = log_loss(truth.argmax(dim=1), odds.softmax(dim=1))
    assert Softmax(WIDTH, 3).loss(odds, truth, {}).item() == pytest.approx(expected)
    binary = Classification(WIDTH)
    raw, one = torch.tensor([[2.0], [-1.0], [40.0]]), torch.ones(3, 1)
    p = 1 / (1 + np.exp(-raw.numpy().astype(np.float64)))
    assert binary.loss(raw, one, {}).item() == pytest.approx(-np.log(p).mean(), rel=1e-5)
    assert (binary.decode(raw)["scale"] > 0).all()


def test_units_are_left_out_whole_and_time_is_predicted_ahead():
    unit = np.repeat(np.arange(5), 30)
    train = samples(unit=unit, units=tuple("abcde"))
    head = solved(Regression(WIDTH, 1), train)
    wanted = (train.y - head.mean) / head.unit
    found, loss = head.location.fit(train, wanted)
    other = torch.from_numpy(unit != 3)
    again = Regression(WIDTH, 1).double().location.base
    again.scaling = "origin"
    size = train.regressors.square().mean() / train.regressors[other].square().mean()
    penalty = float(head.location.base.penalty * size * N / other.sum())
    again.fit(train.regressors[other], wanted[other], penalties=(penalty,))
    torch.testing.assert_close(found[~other], again(train.regressors[~other]))
    assert loss == pytest.approx(float((wanted - found).square().mean() / 2))
    assert torch.isnan(Regression(WIDTH, 1).double().location.fit(train, wanted)[0]).any()


@pytest.mark.parametrize("n_classes", [0, 1, 3])
def test_one_perfect_feature_and_more_features_than_rows_are_no_obstacle(n_classes):
    train = samples(20, n_classes=n_classes)
    many = torch.cat((train.y, torch.randn(20, 40).double()), dim=1)
    train = Samples(many.unsqueeze(1), train.y, regressors=many)
    head = solved((classification_head if n_classes else regression_head)(0, train), train)
    assert all(np.isfinite(values).all() for values in answers(head, train).values())


def with_targets(y):
    return Samples(torch.zeros(20, 1, WIDTH), y, regressors=torch.randn(20, WIDTH))


@pytest.mark.parametrize(
    ("make", "y", "message"),
    [
        (regression_head, torch.full((20, 1), 3.0), r"target that is 3 in all 20 .*check the ta"),
        (classification_head, torch.ones(20, 1), "one class only, 1, in 20 training rows: expec"),
        (classification_head, 1 + torch.eye(2)[:1].T.repeat(10, 1), r"classes 1, 2, in 20 .*check"),
        (classification_head, torch.eye(3)[torch.arange(20) % 2], r"classes of \[10, 10, 0\] tra"),
    ],
)
def test_targets_that_say_nothing_are_refused(make, y, message):
    train = with_targets(y)
    with pytest.raises(DataError, match=message):
        make(0, train).fit(train)


@pytest.mark.parametrize("make", [regression_head, classification_head])
def test_a_controller_that_is_trained_is_refused(make):
    with pytest.raises(ConfigError, match="expected model=quantum_kernel, or reservoir for win"):
        make(3, with_targets(torch.ones(20, 1)))


@pytest.mark.parametrize("shift", [1e6, -1e9])
def test_a_common_part_of_all_targets_changes_nothing_else(shift):
    train, new = samples(), samples(20, seed=1)
    moved = replace(train, y=train.y + shift)
    heads = [regression_head(0, train), regression_head(0, train)]
    for head, rows in zip(heads, (train, moved), strict=True):
        head.fit(replace(rows, regressors=rows.regressors.float()))
    new = replace(new, regressors=new.regressors.float())
    found, other = (answers(head, new) for head in heads)
    np.testing.assert_allclose(other["location"] - shift, found["location"], atol=1e-4)
    np.testing.assert_allclose(other["scale"], found["scale"], rtol=1e-4)


def test_an_interval_ends_where_no_target_ever_came_near():
    """A wild target makes scores of 1e7, in scales of its own: the product says nothing."""
    train = samples()
    y = train.y.clone()
    y[5] = 1e6
    head = solved(regression_head(0, train), replace(train, y=y))
    outputs = answers(head, samples(20, seed=1))
    region = head.bound(outputs, np.tile([-2e7, 0.0, 2e7], (20, 1, 1)))
    span = float(y.max() - y.min())
    np.testing.assert_allclose(region[..., 0], float(y.min()) - span)
    np.testing.assert_allclose(region[..., 1], outputs["location"])
    np.testing.assert_allclose(region[..., 2], float(y.max()) + span)
