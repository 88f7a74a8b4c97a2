import numpy as np
import pytest
from scipy import stats

from qmann_core.evaluation.conformal import Calibration, split_conformal
from qmann_core.evaluation.tails import Pareto, fit_pareto, least_probability, tail_quantiles


@pytest.mark.parametrize("shape", [-0.3, 0.0, 0.25])
def test_moments_find_the_law_that_excesses_have(shape):
    law = stats.genpareto(shape, scale=2.0)
    excesses = law.ppf((np.arange(1, 20_001) - 0.35) / 20_000)
    assert fit_pareto(excesses) == pytest.approx((shape, 2.0), abs=0.02)
    exceeded = np.array([0.9, 0.1, 1e-4])
    np.testing.assert_allclose(Pareto(shape, 2.0).quantiles(exceeded), law.isf(exceeded))


def test_moments_of_a_worked_example():
    # weights 1 - (i - .35) / 4 = .8375, .5875, .3375, .0875: b = (.5875 + .3375 + .35) / 4
    shape = 2 - 1.5 / (1.5 - 2 * 0.31875)
    found = fit_pareto(np.array([0.0, 1.0, 1.0, 4.0]))
    assert found == pytest.approx((shape, 1.5 * (1 - shape)))


@pytest.mark.parametrize("excesses", [np.zeros(12), np.ones(12), np.r_[np.zeros(11), 1e6]])
def test_excesses_that_no_law_has_give_a_finite_one(excesses):
    found = fit_pareto(excesses).quantiles(np.array([1e-4, 0.5]))
    assert np.isfinite(found).all()
    assert (found >= 0).all()


def test_one_crash_moves_a_quantile_little():
    """The score that splits the worst hundredth of 500 is the fifth: with a law it is all fifty."""
    scores = np.sort(stats.t(5).ppf((np.arange(500) + 0.5) / 500))
    crashed = np.r_[-12.0, scores[1:]]
    p = np.array([0.01])
    usual, after = (float(tail_quantiles(each, p, 0.1)[0]) for each in (scores, crashed))
    assert usual == pytest.approx(stats.t(5).ppf(0.01), abs=0.1)
    assert usual - 0.4 < after < usual


@pytest.mark.parametrize(
    ("n", "share", "least"), [(99, 0.0, 0.01), (99, 0.1, 0.01), (500, 0.1, 2e-4)]
)
def test_a_law_reaches_ten_times_as_far_where_there_are_scores_for_one(n, share, least):
    assert least_probability(n, share) == pytest.approx(least)


@pytest.mark.parametrize("n", [50, 120, 1000])
def test_quantiles_go_on_from_the_scores_without_a_step(n):
    scores = np.random.default_rng(n).standard_t(3, (n, 1))
    wanted = np.linspace(0.002, 0.998, 499)
    nominal = np.array([0.5])
    found = Calibration(scores, nominal, nominal[None]).quantiles(wanted, tail=0.1)[0]
    assert np.all(np.diff(found) >= 0)
    between = (wanted > 0.1) & (wanted < 0.9)
    plain = split_conformal(scores, wanted)[0]
    np.testing.assert_array_equal(found[between], plain[between])
    assert (found[0] == plain[0]) == (n == 50)  # too few for a tail: the scores themselves
    mirrored = Calibration(-scores, nominal, nominal[None]).quantiles(wanted, tail=0.1)[0]
    outside = (wanted < 0.09) | (wanted > 0.91)
    np.testing.assert_allclose(mirrored[::-1][outside], -found[outside])
