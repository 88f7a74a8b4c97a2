import math

import numpy as np
import pytest
from arch import arch_model
from scipy import stats

from qmann_core.errors import ConfigError, DataError
from qmann_finance.garch import (
    GarchParameters,
    GarchPath,
    cumulative_quantiles,
    garch,
    garch_variance,
)
from qmann_finance.variance import daily_returns


@pytest.fixture(scope="module")
def returns(sp500):
    return daily_returns(sp500.frames["sp500"])


def _arch(returns, leverage, distribution):
    return arch_model(
        returns, mean="Constant", vol="GARCH", p=1, o=int(leverage), q=1, dist=distribution,
        rescale=False,
    )  # fmt: skip


@pytest.mark.parametrize("leverage", [False, True])
@pytest.mark.parametrize("distribution", ["normal", "t"])
def test_garch_equals_the_forecasts_of_arch(returns, leverage, distribution):
    train = 3772
    path = garch(returns, train=train, horizon=10, leverage=leverage, distribution=distribution)
    fitted = _arch(returns[:train], leverage, distribution).fit(disp="off")
    p = path.parameters
    own = [p.mu, p.omega, p.alpha, *([p.gamma] if leverage else []), p.beta]
    own += [p.nu] if distribution == "t" else []
    same = _arch(returns[:train], leverage, distribution).fix(own)
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
    path = garch(returns, train=20_000, horizon=1, leverage=True, distribution="t")
    for name, tolerance in [("alpha", 0.02), ("gamma", 0.03), ("beta", 0.03), ("nu", 0.6)]:
        assert getattr(path.parameters, name) == pytest.approx(true[name], abs=tolerance)
    variance = simulated["volatility"].to_numpy() ** 2
    assert np.corrcoef(path.variance[500:-1, 0], variance[501:])[0, 1] > 0.995


def test_forecasts_far_ahead_return_to_the_unconditional_variance():
    parameters = GarchParameters(mu=0.0, omega=0.1, alpha=0.05, gamma=0.1, beta=0.8, nu=math.inf)
    path = garch_variance(np.array([5.0, -5.0]), parameters, start=1.0, horizon=200)
    assert parameters.persistence == pytest.approx(0.9)
    np.testing.assert_allclose(path[:, -1], 0.1 / (1 - 0.9))
    first = 0.1 + 0.9 * 1.0
    second = 0.1 + 0.05 * 25 + 0.8 * first
    np.testing.assert_allclose(path[:, 0], [second, 0.1 + 0.15 * 25 + 0.8 * second])
    np.testing.assert_allclose(path[:, 1], 0.1 + 0.9 * path[:, 0])


def test_only_losses_below_the_mean_have_leverage():
    parameters = GarchParameters(mu=1.0, omega=0.0, alpha=0.1, gamma=0.2, beta=0.0, nu=math.inf)
    returns = np.array([3.0, 1.0, 0.5, -1.0])  # residuals 2, 0, -.5, -2
    path = garch_variance(returns, parameters, start=1.0, horizon=1)
    np.testing.assert_allclose(path[:, 0], [0.1 * 4, 0.0, 0.3 * 0.25, 0.3 * 4])


@pytest.mark.parametrize("leverage", [False, True])
def test_the_models_without_a_term_have_none(returns, leverage):
    path = garch(returns[:900], train=900, horizon=1, leverage=leverage, distribution="normal")
    assert (path.parameters.gamma != 0) == leverage
    assert path.parameters.nu == math.inf


def test_later_returns_do_not_change_earlier_forecasts(returns):
    options = {"train": 600, "horizon": 3, "leverage": True, "distribution": "normal"}
    returns = returns[:900].copy()
    before = garch(returns, **options).variance
    returns[750:] *= -7
    after = garch(returns, **options).variance
    np.testing.assert_array_equal(before[:750], after[:750])
    assert not np.allclose(before[750:], after[750:])


def test_returns_after_the_training_part_do_not_change_the_parameters(returns):
    options = {"train": 600, "horizon": 1, "leverage": True, "distribution": "t"}
    whole = garch(returns[:900], **options)
    assert whole.parameters == garch(returns[:600], **options).parameters
    assert whole.parameters != garch(returns[:900], **{**options, "train": 900}).parameters


def test_variance_has_the_units_of_the_returns(returns):
    options = {"train": 600, "horizon": 3, "leverage": True, "distribution": "normal"}
    path, small = garch(returns[:900], **options), garch(0.01 * returns[:900], **options)
    np.testing.assert_allclose(small.variance, 1e-4 * path.variance, rtol=1e-6)


def _flat_path(nu):
    parameters = GarchParameters(mu=0.5, omega=0.1, alpha=0.0, gamma=0.0, beta=0.9, nu=nu)
    return GarchPath(np.array([[4.0, 5.0, 7.0]]), parameters)


def test_cumulative_quantiles_of_the_normal():
    probabilities = np.array([0.025, 0.5, 0.9])
    quantiles = cumulative_quantiles(_flat_path(math.inf), probabilities)
    expected = np.sqrt([4.0, 9.0, 16.0])[:, None] * stats.norm.ppf(probabilities)
    np.testing.assert_allclose(quantiles[0], expected)


def test_cumulative_quantiles_of_students_t_have_the_variance_of_the_path():
    probabilities = (np.arange(200_000) + 0.5) / 200_000
    quantiles = cumulative_quantiles(_flat_path(8.0), probabilities)
    np.testing.assert_allclose(quantiles[0].var(axis=-1), [4.0, 9.0, 16.0], rtol=2e-3)


def test_parts_that_cannot_be_fitted_are_refused():
    options = {"horizon": 1, "leverage": False, "distribution": "normal"}
    with pytest.raises(ConfigError, match=r"between 2 and the 50 returns.*train=60"):
        garch(np.ones(50), train=60, **options)
    with pytest.raises(ConfigError, match=r"between 2 and the 50 returns.*train=1,"):
        garch(np.ones(50), train=1, **options)
    with pytest.raises(ConfigError, match="horizon=0"):
        garch(np.ones(50), train=20, **{**options, "horizon": 0})
    with pytest.raises(DataError, match="all equal: nothing to fit"):
        garch(np.zeros(50), train=20, **options)
