"""Readouts against scikit-learn, statsmodels and SciPy, by brute force, and by laws."""

import copy
import pickle
from functools import partial

import numpy as np
import pytest
import torch
from scipy import optimize, stats
from sklearn.kernel_ridge import KernelRidge
from sklearn.linear_model import GammaRegressor, LogisticRegression, Ridge, RidgeCV
from sklearn.preprocessing import KernelCenterer
from statsmodels.duration.hazard_regression import PHReg
from torch.autograd import functional

from qmann_core import nn
from qmann_core.errors import ConfigError, DataError
from qmann_core.nn.readouts import solver

N, P = 150, 4
RNG = np.random.default_rng(0)
X = RNG.normal(size=(N, P)) @ RNG.normal(size=(P, P)) * [1, 10, 0.1, 3] + 5
Z = (X - X.mean(axis=0)) / X.std(axis=0)
SIGNAL = Z @ [0.5, -0.3, 0.2, 0.1]
TIME, CENSORED = RNG.exponential(size=N) * np.exp(-SIGNAL), 2 * RNG.exponential(size=N)
Y = {
    "squared": np.stack((SIGNAL + RNG.normal(size=N), SIGNAL**2), axis=1),
    "qlike": np.exp(SIGNAL)[:, None] * RNG.gamma(2, 0.5, size=(N, 2)),
    "logistic": 1.0 * (RNG.random((N, 1)) < 1 / (1 + np.exp(-2 * SIGNAL[:, None]))),
    "multinomial": np.eye(3)[np.digitize(SIGNAL + RNG.normal(size=N), [-0.5, 0.5])],
    "student": np.exp(SIGNAL)[:, None] * RNG.standard_t(5, size=(N, 2)),
    "cox": np.stack((np.ceil(8 * np.minimum(TIME, CENSORED)), TIME <= CENSORED), axis=1),
}
LOSSES = {
    "squared": nn.Squared(),
    "qlike": nn.QLIKE(),
    "logistic": nn.Logistic(),
    "multinomial": nn.Multinomial(),
    "student": nn.StudentScale(4.0),
    "cox": nn.Cox(),
}
WIDTH = {"squared": 2, "qlike": 2, "logistic": 1, "multinomial": 3, "student": 2, "cox": 1}
every = pytest.mark.parametrize("name", LOSSES)
to = torch.from_numpy
T = torch.tensor
f64 = partial(torch.tensor, dtype=torch.float64)


def problem(name):
    return LOSSES[name], to(X), to(Y[name])


def layer(name, **options):
    return nn.Readout(LOSSES[name], P, WIDTH[name], **options).double()


def close(found, expected, **tolerance):
    np.testing.assert_allclose(found, expected, **({"rtol": 0, "atol": 1e-7} | tolerance))


# Losses


@every
def test_derivatives_are_those_by_autograd_and_the_hessian_is_positive(name):
    loss, y, x = LOSSES[name], to(Y[name]), to(Z)
    if not loss.coupled:
        y = y[:, :1]
    width = len(loss.start(y))
    w = to(RNG.normal(size=P * width) / 2)
    value = lambda w: loss.value(x @ w.reshape(P, width), y)  # noqa: E731
    gradient, hessian = loss.derivatives(x @ w.reshape(P, width), y, x)
    close(gradient, functional.jacobian(value, w), atol=1e-12)
    close(hessian, functional.hessian(value, w), atol=1e-12)
    assert float(torch.linalg.eigvalsh(hessian)[0]) > -1e-12
    eta = x @ w.reshape(P, width)
    by_rows = functional.hessian(lambda eta: loss.value(eta, y), eta)
    curvature = torch.einsum("nanb->ab", by_rows)
    close(loss.curvature(eta, y), curvature, atol=1e-12)


@every
def test_the_start_is_the_best_constant(name):
    loss, y = LOSSES[name], to(Y[name])
    eta = loss.start(y).expand(N, -1).clone()
    slopes = functional.jacobian(lambda eta: loss.value(eta, y), eta).sum(dim=0)
    close(slopes, 0 * slopes, atol=1e-9)


def test_the_student_t_has_the_density_of_scipy_at_unit_variance():
    y, eta = Y["student"], RNG.normal(size=(N, 2))
    expected = -stats.t.logpdf(y, 4, scale=np.exp(eta) / 2**0.5).sum(axis=1).mean()
    assert float(LOSSES["student"].value(to(eta), to(y))) == pytest.approx(expected, rel=1e-12)


def test_a_partial_likelihood_by_hand_with_a_tie_and_a_row_censored_at_its_time():
    """At time 1 rows 0 and 1 die and row 2 leaves; row 3 dies at 2, row 4 at 3."""
    targets = f64([[1, 1], [1, 1], [1, 0], [2, 1], [3, 1]])
    a, b, c, d, e = h = [1.0, 2.0, 3.0, 4.0, 5.0]
    logs = np.log([a + b + c + d + e, (a + b) / 2 + c + d + e, d + e, e]).sum()
    expected = (logs - np.log(a * b * d * e)) / 5
    eta = f64(h).log().unsqueeze(1)
    assert float(nn.Cox().value(eta, targets)) == pytest.approx(expected, rel=1e-14)
    assert float(nn.Cox().value(eta + 800, targets)) == pytest.approx(expected, rel=1e-12)
    assert float(nn.Cox().value(eta, targets * f64([1, 0]))) == 0  # as in a part without events
    assert float(nn.Cox().value(-1000 * eta, targets)) == np.inf  # no step may lead there


# Solutions against others' libraries


def sklearns(name, penalty):
    """Intercept and weights on standardised features."""
    y, c = Y[name], 1 / (N * penalty)
    if name == "squared":
        found = Ridge(alpha=N * penalty).fit(Z, y)
        return found.intercept_, found.coef_.T
    if name == "qlike":
        gamma = GammaRegressor(alpha=penalty, tol=1e-12, max_iter=10_000, solver="newton-cholesky")
        found = [copy.copy(gamma).fit(Z, column) for column in y.T]
        return [one.intercept_ for one in found], np.stack([one.coef_ for one in found], axis=1)
    labels = y.argmax(axis=1) if y.shape[1] > 1 else y[:, 0]
    found = LogisticRegression(C=c, tol=1e-12, max_iter=100_000).fit(Z, labels)
    return found.intercept_ - found.intercept_.mean() * (y.shape[1] > 1), found.coef_.T


@pytest.mark.parametrize("penalty", [1e-3, 0.1, 3.0])
@pytest.mark.parametrize("name", ["squared", "qlike", "logistic", "multinomial"])
def test_solutions_are_scikit_learns(name, penalty):
    loss, x, y = problem(name)
    found, (intercept, weights) = nn.solve(loss, x, y, penalty=penalty), sklearns(name, penalty)
    close(found.weights, weights, atol=1e-6)
    close(found.intercept, intercept, atol=1e-6)
    close(found(x), intercept + Z @ weights, atol=1e-6)


def test_cox_is_statsmodels_and_its_penalty_holds_the_score():
    w, model = RNG.normal(size=P) / 3, PHReg(Y["cox"][:, 0], Z, Y["cox"][:, 1], ties="efron")
    loss, y, z = nn.Cox(), to(Y["cox"]), to(Z)
    gradient, hessian = loss.derivatives(z @ to(w)[:, None], y, z)
    close(loss.value(z @ to(w)[:, None], y), -model.loglike(w) / N, atol=1e-12)
    close(gradient, -model.score(w) / N, atol=1e-12)
    close(hessian, -model.hessian(w) / N, atol=1e-12)
    found = nn.solve(loss, to(X), y, penalty=1e-12).weights[:, 0]
    close(found, model.fit(tol=1e-12).params, atol=1e-6)
    found = nn.solve(loss, to(X), y, penalty=0.2).weights[:, 0].numpy()
    close(model.score(found) / N, 0.2 * found, atol=1e-8)


def test_cox_is_lifelines_with_its_penalizer():
    """CoxPHFitter(penalizer=.1) of lifelines 0.30.3, which is no dependency, on these rows."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(80, 3)) * [1, 2, 0.5]
    time = np.ceil(rng.exponential(size=80) * 8)
    targets = np.stack((time, rng.random(80) < 0.7), axis=1)
    found = nn.solve(nn.Cox(), to(x), to(targets), penalty=0.1 * 80 / 79)
    expected = [-0.0895815234, -0.0871353171, 0.1438908895]
    close(found.weights[:, 0] / found.deviation, expected, atol=1e-7)


def test_a_student_t_scale_is_that_of_a_general_optimiser():
    y = Y["student"][:, 0]

    def value(w):
        scale = np.exp(w[0] + Z @ w[1:]) / 2**0.5
        return -stats.t.logpdf(y, 4, scale=scale).mean() + 0.05 * np.square(w[1:]).sum() / 2

    best = optimize.minimize(value, np.zeros(P + 1), tol=1e-12, options={"gtol": 1e-9})
    found = nn.solve(LOSSES["student"], to(X), to(y[:, None]), penalty=0.05)
    close(torch.cat((found.intercept, found.weights[:, 0])), best.x, atol=1e-6)


def kernel(a, b):
    return np.exp(-np.square(a[:, None] - b).sum(axis=2) / 8)


def test_on_a_kernels_features_a_ridge_is_kernel_ridge_with_scikit_learns_weights():
    """As it is from the origin; with an intercept, which centres it, in a common unit."""
    train, new = Z[:100], Z[100:]
    among, across = kernel(train, train), kernel(new, train)
    features = nn.Nystroem().double()
    features.fit(to(among))
    x, y = features(to(among)), Y["squared"][:100]
    close(x @ x.mT, among, atol=1e-9)
    found = nn.solve(nn.Squared(), x, to(y), penalty=0.03, scaling="common")
    alpha = 100 * 0.03 * float(x.var(dim=0, correction=0).mean())
    centre = KernelCenterer().fit(among)
    dual = KernelRidge(alpha=alpha, kernel="precomputed")
    dual.fit(centre.transform(among), y - y.mean(axis=0))
    expected = y.mean(axis=0) + dual.predict(centre.transform(across))
    close(found(features(to(across))), expected, atol=1e-8)
    found = nn.solve(nn.Squared(), x, to(y), penalty=0.03, scaling="origin")
    alpha = 100 * 0.03 * float(x.square().mean())
    dual = KernelRidge(alpha=alpha, kernel="precomputed").fit(among, y)
    close(found(features(to(across))), dual.predict(across), atol=1e-8)


@every
def test_a_prior_is_the_scale_of_features(name):
    _, x, y = problem(name)
    scale, plain, weighed = (
        to(np.array([1.0, 0.5, 3.0, 0.0])),
        layer(name, scaling="common"),
        layer(name),
    )
    weighed.prior = scale
    plain.fit((x - x.mean(dim=0)) / x.std(dim=0, correction=0) * scale, y, penalties=[0.01])
    size = float(scale.square().mean())
    weighed.fit(x, y, penalties=[0.01 * size])
    z = (x - x.mean(dim=0)) / x.std(dim=0, correction=0) * scale
    close(weighed(x), plain(z).numpy(), atol=1e-6)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_equal_landmarks_are_no_obstacle_in_either_precision(dtype):
    rows = np.repeat(Z[:60], 3, axis=0)
    among = to(kernel(rows, rows)).to(dtype)
    features = nn.Nystroem().to(dtype)
    features.fit(among)
    found = features(among)
    close(found @ found.mT, among, atol=1e-4 if dtype == torch.float32 else 1e-9)


@pytest.mark.parametrize(
    ("among", "message"),
    [
        (T([[1.0, 2.0], [2.0, 1.0]]), "eigenvalues from -1 to 3: expected none below -7e-07"),
        (T([[1.0, 0.5], [0.4, 1.0]]), "differs from its transpose by 0.1"),
        (T([[1.0, torch.nan], [torch.nan, 1.0]]), "differs from its transpose by nan"),
    ],
)
def test_a_kernel_that_is_none_is_refused(among, message):
    with pytest.raises(DataError, match=message):
        nn.Nystroem().fit(among)


# Rows left out


def test_rows_left_out_are_ridgecvs_and_so_is_the_penalty():
    penalties = [1e-3, 1e-2, 1e-1, 1.0]
    oracle = RidgeCV(alphas=[N * p for p in penalties], store_cv_results=True).fit(Z, Y["squared"])
    readout = layer("squared")
    for k, penalty in enumerate(penalties):
        left_out = readout.fit(to(X), to(Y["squared"]), penalties=[penalty]).numpy()
        close((left_out - Y["squared"]) ** 2, oracle.cv_results_[:, :, k], atol=1e-10)
    left_out = readout.fit(to(X), to(Y["squared"]), penalties=penalties)
    assert N * float(readout.penalty) == pytest.approx(oracle.alpha_)
    close(readout(to(X)), oracle.predict(Z), atol=1e-9)


@pytest.mark.parametrize("size", [1, 5])
@every
def test_rows_and_groups_left_out_are_those_of_fits_without_them(name, size, monkeypatch):
    """Exactly for squares, else to a twentieth of what leaving out changes, by root mean square."""
    loss, x, y = problem(name)
    groups = T(RNG.permutation(np.arange(N) // size))
    groups[groups == 3] = 2  # of uneven sizes
    readout = layer(name)
    found = readout.fit(x, y, groups=groups, penalties=[0.05])
    monkeypatch.setattr(solver, "_standard", lambda x, _: (x.mean(0), torch.ones_like(x[0])))
    expected, z = torch.empty_like(found), to(Z)
    for label in groups.unique():
        rest = groups != label
        fit = nn.solve(loss, z[rest], y[rest], penalty=0.05 * N / int(rest.sum()))
        centre = fit.mean if loss.intercept else 0.0
        expected[~rest] = fit.intercept + (z[~rest] - centre) @ fit.weights
    changed = float((readout(x) - expected).square().mean().sqrt())
    error = float((found - expected).square().mean().sqrt())
    assert error < (1e-12 if name == "squared" else 0.05 * changed)
    gained = float(loss.value(expected, y) - loss.value(readout(x), y))
    assert abs(float(loss.value(found, y) - loss.value(expected, y))) < 0.05 * gained


def test_parts_of_time_are_predicted_from_those_before_the_embargo():
    loss, x, y = problem("qlike")
    readout, penalties = layer("qlike"), [1e-2, 1e-1, 1.0, 10.0]
    found = readout.fit(x, y, order="time", embargo=7, penalties=penalties)
    edges, eta = [38, 75, 112, 150], {}
    for penalty in penalties:
        fits = [
            nn.solve(loss, x[: e - 7], y[: e - 7], penalty=penalty, noise=None) for e in edges[:3]
        ]
        eta[penalty] = torch.cat(
            [fit(x[begin:end]) for fit, begin, end in zip(fits, edges[:3], edges[1:], strict=True)]
        )
    best = min(penalties, key=lambda p: float(loss.value(eta[p], y[38:])))
    assert float(readout.penalty) == best
    assert torch.isnan(found[:38]).all()
    close(found[38:], eta[best], atol=1e-8)
    close(readout(x), nn.solve(loss, x, y, penalty=best)(x), atol=1e-8)


def test_degrees_of_freedom_are_chosen_with_the_penalty():
    rng = np.random.default_rng(1)
    x = to(rng.normal(size=(2000, 2)))
    heavy, light = (to(rng.standard_t(nu, size=(2000, 1))) for nu in (3, 200))
    readout = nn.Readout(nn.StudentScale(), 2, 1)
    readout.fit(x, heavy)
    assert readout.loss.nu <= 4
    other = nn.Readout(nn.StudentScale(), 2, 1)
    other.load_state_dict(readout.state_dict())
    assert other.loss == readout.loss
    readout.fit(x, light)
    assert readout.loss.nu >= 15


# Laws


@every
def test_order_units_and_constants_change_nothing(name):
    loss, x, y = problem(name)
    plain = layer(name)
    left_out, expected = plain.fit(x, y), plain(x)
    order = to(RNG.permutation(N))
    readout = layer(name)
    close(readout.fit(x[order], y[order]), left_out[order], atol=1e-8)
    close(readout(x), expected, atol=1e-8)
    scaled = x * T([1e-6, -3.0, 1e4, 1.0]) + T([0.0, 7.0, 0.0, -2.0])
    readout.fit(scaled, y)
    close(readout(scaled), expected, atol=1e-6)
    wider = torch.cat((x, torch.full((N, 1), 0.1)), dim=1)
    found = nn.solve(loss, wider, y, penalty=float(plain.penalty))
    assert not found.weights[-1].any()
    moved = torch.cat((x, torch.ones(N, 1)), dim=1)
    close(found(moved), expected, atol=1e-8)


@every
def test_an_infinite_penalty_leaves_the_best_constant_and_a_start_only_saves_time(name):
    loss, x, y = problem(name)
    found = nn.solve(loss, x, y, penalty=1e12)
    close(found(x), loss.start(y).expand(N, -1), atol=1e-7)
    elsewhere = nn.solve(loss, 2 * x[:90] - 1, y[:90], penalty=0.3)
    begun = nn.solve(loss, x, y, penalty=0.1, start=elsewhere)
    close(begun(x), nn.solve(loss, x, y, penalty=0.1)(x), atol=1e-8)


@every
def test_solving_again_keeps_the_penalty_and_is_the_solution(name):
    (loss, x, y), readout = problem(name), layer(name)
    readout.fit(2 * x[:90] - 1, y[:90], penalties=[0.02, 0.3])
    kept = float(readout.penalty)
    readout.solve(x, y)
    assert float(readout.penalty) == kept
    close(readout(x), nn.solve(loss, x, y, penalty=kept)(x), atol=1e-8)


def noisy(deviation, rows=Z):
    """Each row moved along every axis both ways: noise of exactly this variance."""
    moves = np.concatenate((np.eye(P), -np.eye(P))) * P**0.5 * deviation
    return (rows[:, None] + moves).reshape(-1, P)


def test_noise_is_that_of_the_expected_normal_equations():
    deviation, y = np.array([0.5, 0.1, 1.0, 0.0]), Y["squared"]
    augmented = Ridge(alpha=0.1 * N * 2 * P).fit(noisy(deviation), np.repeat(y, 2 * P, axis=0))
    variance = to((deviation * X.std(axis=0)) ** 2)
    found = nn.solve(nn.Squared(), to(X), to(y), penalty=0.1, noise=variance)
    close(found.weights, augmented.coef_.T, atol=1e-10)
    readout = layer("squared")
    readout.fit(to(X), to(y), penalties=[0.05, 0.1], noise=variance)
    close(
        readout(to(X)),
        nn.solve(nn.Squared(), to(X), to(y), penalty=float(readout.penalty), noise=variance)(to(X)),
        atol=1e-10,
    )


@pytest.mark.parametrize(
    ("name", "within"),
    [("qlike", 0.001), ("logistic", 0.05), ("student", 0.05), ("multinomial", 0.1)],
)
def test_little_noise_moves_slopes_as_a_fit_to_noisy_copies(name, within, monkeypatch):
    """Of QLIKE, to second order; of others, with the curvature of the model without features."""
    deviation, (loss, _, y) = np.full(P, 0.1), problem(name)
    monkeypatch.setattr(solver, "_standard", lambda x, _: (x.mean(0), torch.ones_like(x[0])))
    fit = partial(nn.solve, loss, penalty=0.02)
    plain, found = fit(to(Z), y), fit(to(Z), y, noise=to(deviation**2))
    copies = fit(to(noisy(deviation)), y.repeat_interleave(2 * P, dim=0))
    moved = copies.weights - plain.weights
    assert float((found.weights - copies.weights).norm()) < within * float(moved.norm())


@every
def test_noise_costs_and_chooses_more_penalty(name):
    _, x, y = problem(name)
    variance = to(4 * X.var(axis=0))
    quiet, loud = layer(name), layer(name)
    quiet.fit(x, y)
    loud.fit(x, y, noise=variance)
    assert float(loud(x).std(dim=0).max()) < 0.6 * float(quiet(x).std(dim=0).max())


# The layer


@every
def test_a_readout_survives_copies_states_and_single_precision(name):
    loss, x, y = problem(name)
    readout = layer(name)
    readout.fit(x, y)
    expected = readout(x.reshape(3, -1, P)).reshape(N, -1)
    close(readout(x), expected, atol=1e-14)
    fresh = layer(name)
    fresh.load_state_dict(readout.state_dict())
    for twin in (copy.deepcopy(readout), pickle.loads(pickle.dumps(readout)), fresh):
        assert torch.equal(twin(x), readout(x))
    single = nn.Readout(loss, P, WIDTH[name])
    left_out = single.fit(x.float(), y.float())
    assert left_out.dtype == single(x.float()).dtype == torch.float32
    close(single(x.float()), expected, atol=1e-4)
    assert not list(readout.parameters())


# What is refused

ONE = torch.ones(6, 1)
BAD_TARGETS = [
    (nn.QLIKE(), 0 * ONE, "variance proxy that is zero everywhere"),
    (nn.QLIKE(), -ONE, "variance proxy down to -1: expected none below zero"),
    (nn.Logistic(), ONE, r"one class only, shares of class 1 are \[1.0\]"),
    (nn.Logistic(), 2 * ONE, "targets from 2 to 2: expected 0, 1 or probabilities"),
    (nn.Multinomial(), torch.eye(3)[[0, 1, 0, 1, 0, 1]], r"classes of \[3.0, 3.0, 0.0\] rows"),
    (nn.Multinomial(), torch.eye(2)[[0, 1] * 3] / 2, "do not add up to 1"),
    (nn.StudentScale(3.0), T([[0.0]] * 5 + [[1.0]]), "83% zeros among targets: expected less than"),
    (nn.Cox(), ONE, "1 columns of targets: expected time and event"),
    (nn.Cox(), torch.cat((ONE, 0 * ONE), dim=1), "no event in 6 rows"),
    (nn.Cox(), torch.cat((ONE, 2 * ONE), dim=1), "event flags other than 0 and 1"),
    (nn.Squared(), ONE / 0, "6 rows of targets that are not finite"),
]


@pytest.mark.parametrize(("loss", "targets", "message"), BAD_TARGETS)
def test_targets_without_a_minimum_are_refused(loss, targets, message):
    with pytest.raises(DataError, match=message):
        nn.solve(loss, torch.arange(12.0).reshape(6, 2), targets, penalty=1.0)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"penalties": [0.0, 1.0]}, ConfigError, r"penalty \(1.0, 0.0\): expected one or more, al"),
        ({"penalties": []}, ConfigError, r"penalty \(\): expected one or more"),
        ({"embargo": 3}, ConfigError, "embargo 3, order 'exchangeable'"),
        ({"groups": torch.zeros(N), "order": "time"}, ConfigError, "groups and order 'time'"),
        ({"groups": torch.zeros(N)}, DataError, "one group: expected two or more"),
        ({"groups": torch.zeros(3)}, DataError, f"3 labels of groups for {N} rows"),
        ({"order": "time", "embargo": 40}, DataError, f"{N} rows and an embargo of 40"),
        ({"noise": -torch.ones(P)}, DataError, r"noise of shape \(4,\) from -1 to -1"),
        ({"noise": torch.ones(2)}, DataError, r"noise of shape \(2,\)"),
    ],
)
def test_options_that_make_no_sense_are_refused(options, error, message):
    with pytest.raises(error, match=message):
        layer("logistic").fit(to(X), to(Y["logistic"]), **options)


def test_other_shapes_and_degrees_are_refused():
    with pytest.raises(DataError, match="got 2 outputs: expected 1, as of the layer"):
        nn.Readout(nn.Squared(), P, 1).fit(to(X), to(Y["squared"]))
    with pytest.raises(DataError, match="150 rows of features and 3 of targets"):
        nn.solve(nn.Squared(), to(X), torch.ones(3, 1), penalty=1.0)
    with pytest.raises(ConfigError, match="got nu 2: expected a finite number above 2"):
        nn.StudentScale(2.0)
    with pytest.raises(ConfigError, match="got no nu: give one above 2"):
        nn.solve(nn.StudentScale(), to(X), to(Y["student"]), penalty=1.0)
