import math
from functools import cache

import arch.data.sp500
import numpy as np
import pytest
from arch import arch_model
from qmann_core.errors import ConfigError, DataError
from qmann_finance import baselines
from qmann_finance.baselines import GarchParameters, GarchPath
from scipy import stats

REFIT = 250


@cache
def _sp500():
    """Percent returns, Garman-Klass variances of their days, and the first test day."""
    table = arch.data.sp500.load()
    columns = [table[name].to_numpy(float) for name in ("Open", "High", "Low", "Close")]
    returns = 100 * np.diff(np.log(columns[3]))
    first = int((table.index[1:] < "2014-01-01").sum())
    return returns, baselines.garman_klass(*columns)[1:], first


def _walk_forward(forecast):
    """Mean QLIKE of one-day forecasts, refitted every 250 days on all days before.

    ``forecast(returns, train)`` gives the variance of the day after each origin.
    """
    returns, _, first = _sp500()
    losses = []
    for start in range(first, len(returns), REFIT):
        end = min(start + REFIT, len(returns))
        variance = forecast(returns[:end], start)[start - 1 : end - 1]
        losses.append(np.log(variance) + returns[start:end] ** 2 / variance)
    assert sum(map(len, losses)) == 1258
    return np.concatenate(losses).mean()


def _garch(leverage, distribution):
    return lambda returns, train: baselines.garch(
        returns, train=train, horizon=1, leverage=leverage, distribution=distribution
    ).variance[:, 0]


def _har(ranges, leverage):
    def forecast(returns, train):
        variance = _sp500()[1][: len(returns)] if ranges else returns**2
        regressors = baselines.har_regressors(variance, returns if leverage else None)
        following = np.append(returns[1:] ** 2, np.nan)
        return baselines.har_variance(regressors, following, train=train - 1)

    return forecast


# shared/reference/finance.md
PUBLISHED = {
    "GJR-GARCH-t": (_garch(True, "t"), 0.3478),
    "GJR-GARCH": (_garch(True, "normal"), 0.3496),
    "GARCH": (_garch(False, "normal"), 0.3895),
    "EWMA": (lambda returns, _: baselines.ewma_variance(returns), 0.4530),
    "22 days": (lambda returns, _: baselines.rolling_variance(returns), 0.5545),
    "range HAR with leverage": (_har(True, True), 0.3126),
    "range HAR": (_har(True, False), 0.3278),
    "HAR of squared returns": (_har(False, False), 0.4224),
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_qlike_on_the_sp500_is_reproduced(name):
    forecast, published = PUBLISHED[name]
    assert _walk_forward(forecast) == pytest.approx(published, rel=0.01)


def test_published_qlike_of_the_constant_fitted_once():
    first = _sp500()[2]
    loss = _walk_forward(lambda returns, _: baselines.constant_variance(returns, first))
    assert loss == pytest.approx(0.9405, rel=0.01)


def test_ewma_and_rolling_variance_of_a_worked_example():
    returns = np.array([2.0, -1.0, 3.0])
    np.testing.assert_allclose(baselines.ewma_variance(returns, 0.5), [4.0, 2.5, 5.75])
    np.testing.assert_allclose(baselines.rolling_variance(returns, 2), [4.0, 2.5, 5.0])
    np.testing.assert_allclose(baselines.constant_variance(returns, 2), [2.5, 2.5, 2.5])


FORECASTS = {
    "ewma": baselines.ewma_variance,
    "rolling": baselines.rolling_variance,
    "constant": lambda returns: baselines.constant_variance(returns, 600),
    "garch": lambda returns: (
        baselines.garch(
            returns, train=600, horizon=3, leverage=True, distribution="normal"
        ).variance
    ),
    "har": lambda returns: baselines.har_variance(
        baselines.har_regressors(returns**2, returns), np.append(returns[1:] ** 2, 0), train=599
    ),
}


@pytest.mark.parametrize("name", FORECASTS)
def test_later_returns_do_not_change_earlier_forecasts(name):
    returns = _sp500()[0][:900].copy()
    before = FORECASTS[name](returns)
    returns[750:] *= -7
    after = FORECASTS[name](returns)
    np.testing.assert_array_equal(before[:750], after[:750])
    assert name == "constant" or not np.allclose(before[750:], after[750:])


@pytest.mark.parametrize("name", ["ewma", "rolling", "constant", "garch"])
def test_variance_has_the_units_of_the_returns(name):
    returns = _sp500()[0][:900]
    np.testing.assert_allclose(
        FORECASTS[name](0.01 * returns), 1e-4 * FORECASTS[name](returns), rtol=1e-6
    )


def _arch(returns, leverage, distribution):
    return arch_model(
        returns, mean="Constant", vol="GARCH", p=1, o=int(leverage), q=1, dist=distribution,
        rescale=False,
    )  # fmt: skip


@pytest.mark.parametrize("leverage", [False, True])
@pytest.mark.parametrize("distribution", ["normal", "t"])
def test_garch_equals_the_forecasts_of_arch(leverage, distribution):
    returns, _, train = _sp500()
    path = baselines.garch(
        returns, train=train, horizon=10, leverage=leverage, distribution=distribution
    )
    fitted = _arch(returns[:train], leverage, distribution).fit(disp="off")
    p = path.parameters
    own = [p.mu, p.omega, p.alpha, *([p.gamma] if leverage else []), p.beta]
    own += [p.nu] if distribution == "t" else []
    same = _arch(returns[:train], leverage, distribution).fix(own)
    assert path.converged
    assert same.loglikelihood >= fitted.loglikelihood - 0.01
    np.testing.assert_allclose(same.conditional_volatility[1:] ** 2, path.variance[: train - 1, 0])
    later = (
        _arch(returns, leverage, distribution)
        .fix(own)
        .forecast(horizon=10, start=train, reindex=False)
    )  # starts from all returns, which no longer matters
    np.testing.assert_allclose(later.variance.to_numpy(), path.variance[train:], rtol=1e-6)


def test_recursion_recovers_the_parameters_of_simulated_returns():
    true = {"mu": 0.05, "omega": 0.05, "alpha": 0.05, "gamma": 0.1, "beta": 0.85, "nu": 6.0}
    model = _arch(None, True, "t")
    model.distribution = type(model.distribution)(seed=np.random.default_rng(0))
    simulated = model.simulate(list(true.values()), 20_000)
    returns = simulated["data"].to_numpy()
    path = baselines.garch(returns, train=20_000, horizon=1, leverage=True, distribution="t")
    for name, tolerance in [("alpha", 0.02), ("gamma", 0.03), ("beta", 0.03), ("nu", 0.6)]:
        assert getattr(path.parameters, name) == pytest.approx(true[name], abs=tolerance)
    variance = simulated["volatility"].to_numpy() ** 2
    assert np.corrcoef(path.variance[500:-1, 0], variance[501:])[0, 1] > 0.995


def test_forecasts_far_ahead_return_to_the_unconditional_variance():
    parameters = GarchParameters(mu=0.0, omega=0.1, alpha=0.05, gamma=0.1, beta=0.8, nu=math.inf)
    path = baselines.garch_variance(np.array([5.0, -5.0]), parameters, start=1.0, horizon=200)
    assert parameters.persistence == pytest.approx(0.9)
    np.testing.assert_allclose(path[:, -1], 0.1 / (1 - 0.9))
    first = 0.1 + 0.9 * 1.0
    second = 0.1 + 0.05 * 25 + 0.8 * first
    np.testing.assert_allclose(path[:, 0], [second, 0.1 + 0.15 * 25 + 0.8 * second])
    np.testing.assert_allclose(path[:, 1], 0.1 + 0.9 * path[:, 0])


def _flat_path(nu, mu=0.5):
    parameters = GarchParameters(mu=mu, omega=0.1, alpha=0.0, gamma=0.0, beta=0.9, nu=nu)
    return GarchPath(np.array([[4.0, 5.0, 7.0]]), parameters, True)


def test_cumulative_quantiles_of_the_normal():
    probabilities = np.array([0.025, 0.5, 0.9])
    quantiles = baselines.cumulative_quantiles(_flat_path(math.inf), probabilities)
    expected = np.sqrt([4.0, 9.0, 16.0])[:, None] * stats.norm.ppf(probabilities)
    np.testing.assert_allclose(quantiles[0], expected)
    moved = baselines.cumulative_quantiles(_flat_path(math.inf), probabilities, drift=True)
    np.testing.assert_allclose(moved[0], expected + 0.5 * np.array([[1], [2], [3]]))


def test_cumulative_quantiles_of_students_t_have_the_variance_of_the_path():
    probabilities = (np.arange(200_000) + 0.5) / 200_000
    quantiles = baselines.cumulative_quantiles(_flat_path(8.0), probabilities)
    np.testing.assert_allclose(quantiles[0].var(axis=-1), [4.0, 9.0, 16.0], rtol=2e-3)


def test_garman_klass_of_a_worked_example():
    day = [np.array([v]) for v in (100.0, 100 * math.exp(0.02), 100 * math.exp(-0.01), 101.0)]
    expected = 0.5 * 3.0**2 - (2 * math.log(2) - 1) * (100 * math.log(1.01)) ** 2
    assert baselines.garman_klass(*day)[0] == pytest.approx(expected)


def test_garman_klass_is_unbiased_and_more_precise_than_the_squared_return():
    steps = 0.02 * np.random.default_rng(1).standard_normal((2000, 2000))  # 2 percent^2/2500 each
    path = np.exp(np.concatenate([np.zeros((2000, 1)), steps.cumsum(axis=1)], axis=1) / 100)
    ranges = baselines.garman_klass(path[:, 0], path.max(axis=1), path.min(axis=1), path[:, -1])
    squares = (100 * np.log(path[:, -1])) ** 2
    assert ranges.mean() == pytest.approx(0.8, rel=0.05)
    assert squares.var() / ranges.var() == pytest.approx(7.4, rel=0.2)


def test_har_regressors_of_a_worked_example():
    variance = np.arange(1.0, 31.0)
    returns = np.where(np.arange(30) % 3, 1.0, -4.0)
    row = baselines.har_regressors(variance, returns)[27]  # returns ... -4, 1, 1, -4
    means = np.log([28.0, 26.0, 17.5])
    np.testing.assert_allclose(row, [1.0, *means, -4.0, -1.0, 4.0])
    np.testing.assert_allclose(baselines.har_regressors(variance)[27], row[:4])


def test_days_without_a_move_have_a_finite_log():
    assert np.isfinite(baselines.har_regressors(np.zeros(30))).all()


def test_har_finds_the_weights_that_made_the_data():
    generator = np.random.default_rng(2)
    regressors = np.column_stack([np.ones(20_000), generator.standard_normal((20_000, 2))])
    weights = np.array([0.3, 0.5, -0.2])
    proxy = np.exp(regressors @ weights) * generator.standard_normal(20_000) ** 2
    variance = baselines.har_variance(regressors, proxy, train=20_000)
    np.testing.assert_allclose(np.linalg.lstsq(regressors, np.log(variance))[0], weights, atol=0.04)


def test_parts_that_cannot_be_fitted_are_refused():
    options = {"horizon": 1, "leverage": False, "distribution": "normal"}
    with pytest.raises(ConfigError, match=r"between 2 and the 50 returns.*train=60"):
        baselines.garch(np.ones(50), train=60, **options)
    with pytest.raises(ConfigError, match="horizon=0"):
        baselines.garch(np.ones(50), train=20, **{**options, "horizon": 0})
    with pytest.raises(DataError, match="all equal: nothing to fit"):
        baselines.garch(np.zeros(50), train=20, **options)
