import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from qmann_core.errors import ConfigError, DataError
from qmann_core.evaluation.conformal import Calibration, adaptive_conformal, split_conformal

PROBABILITIES = np.array([0.025, 0.1, 0.5, 0.9, 0.975])


def _reference(scores, probabilities, delay, start, window, rate):
    """The definition, one number at a time."""
    n_times, n_targets = scores.shape
    issued = np.empty((n_times - start, n_targets, len(probabilities)))
    for j in range(n_targets):
        p = probabilities.copy()
        for t in range(start, n_times):
            i = t - delay[j]
            if i >= start:
                p = p + rate * (probabilities - (scores[i, j] <= issued[i - start, j]))
                p = np.clip(p, 0, 1)
            known = np.sort(scores[max(0, i + 1 - window) : i + 1, j])
            n = len(known)
            for k, q in enumerate(sorted(p)):
                rank = np.ceil((n + 1) * q - 1e-9) if q >= 0.5 else np.floor((n + 1) * q + 1e-9)
                issued[t - start, j, k] = known[int(min(max(rank, 1), n)) - 1]
    return issued


@pytest.mark.parametrize(("window", "rate"), [(50, 0.005), (7, 0.2), (1000, 0.0)])
def test_adaptive_quantiles_equal_the_definition(window, rate):
    scores = np.random.default_rng(0).standard_t(3, (400, 3))
    delay = np.array([1, 2, 5])
    issued, _ = adaptive_conformal(
        scores, PROBABILITIES, delay=delay, start=9, window=window, rate=rate
    )
    expected = _reference(scores, PROBABILITIES, delay, 9, window, rate)
    np.testing.assert_array_equal(issued, expected)


def test_ranks_are_rounded_outwards_and_clipped():
    scores = np.arange(1.0, 100.0)[:, None]  # the score of rank r is r
    probabilities = np.array([0.001, 0.1, 0.1049, 0.55, 0.555, 0.9999])
    quantiles = split_conformal(scores, probabilities)
    np.testing.assert_array_equal(quantiles, [[1, 10, 10, 55, 56, 99]])


def test_coverage_over_exchangeable_scores_follows_the_beta_law():
    # the level of uniform scores that a quantile covers is the quantile itself
    generator = np.random.default_rng(1)
    covered = np.concatenate(
        [split_conformal(generator.random((50, 40)), np.array([0.9])) for _ in range(50)]
    )
    rank = 46  # ceil(51 * .9)
    assert stats.kstest(covered[:, 0], stats.beta(rank, 51 - rank).cdf).pvalue > 0.01


def test_new_scores_below_the_quantile_follow_the_beta_binomial_law():
    generator = np.random.default_rng(2)
    scores, new = generator.standard_normal((30, 4000)), generator.standard_normal((20, 4000))
    counts = (new <= split_conformal(scores, np.array([0.8]))[:, 0]).sum(axis=0)
    law = stats.betabinom(20, 25, 6)  # rank ceil(31 * .8) = 25 of 30
    observed = np.bincount(counts, minlength=21)
    expected = 4000 * law.pmf(np.arange(21))
    few = expected < 5
    observed = np.append(observed[~few], observed[few].sum())
    expected = np.append(expected[~few], expected[few].sum())
    assert stats.chisquare(observed, expected).pvalue > 0.01


def _drifting(kind, generator, size):
    noise = generator.standard_normal(size)
    if kind == "jump":
        return noise * np.where(np.arange(size) < size // 2, 1.0, 4.0)
    if kind == "regimes":
        return noise * np.exp(np.sin(np.arange(size) / 150))
    return noise * np.exp(2 * np.arange(size) / size) + 3 * np.arange(size) / size


@pytest.mark.parametrize("kind", ["jump", "regimes", "drift"])
@pytest.mark.parametrize("delay", [1, 5])
def test_long_run_coverage_keeps_the_bound_whatever_the_scores_do(kind, delay):
    probabilities, rate, start = np.array([0.1, 0.9]), 0.02, 200
    scores = _drifting(kind, np.random.default_rng(3), 6000)[:, None]
    issued, _ = adaptive_conformal(
        scores, probabilities, delay=np.array([delay]), start=start, window=200, rate=rate
    )
    below = (scores[start:, None] <= issued).mean(axis=0)[0]
    bound = (np.maximum(probabilities, 1 - probabilities) + rate) / (rate * len(issued))
    assert np.all(np.abs(below - probabilities) <= bound)
    fixed = (scores[start:] <= split_conformal(scores[:start], probabilities)[0]).mean(axis=0)
    assert np.any(np.abs(fixed - probabilities) > bound)  # the law is not one that all obey


def test_coverage_error_is_how_far_the_probability_has_moved():
    probabilities, rate = np.array([0.3, 0.7]), 0.005
    scores = np.random.default_rng(4).standard_normal((3000, 2))
    issued, calibration = adaptive_conformal(
        scores, probabilities, delay=np.array([1, 3]), start=100, rate=rate
    )
    below = (scores[100:, :, None] <= issued).mean(axis=0)
    moved = (probabilities - calibration.adapted) / (rate * len(issued))
    np.testing.assert_allclose(below - probabilities, moved, atol=1e-12)


@given(st.integers(20, 79), st.integers(0, 2**31))
def test_future_scores_do_not_change_earlier_quantiles(origin, seed):
    delay = np.array([1, 2, 5])
    options = {"delay": delay, "start": 10, "window": 15, "rate": 0.05}
    generator = np.random.default_rng(seed)
    scores = generator.standard_normal((80, 3))
    other = np.where(
        np.arange(80)[:, None] + delay > origin, 10 * generator.standard_cauchy((80, 3)), scores
    )
    issued, _ = adaptive_conformal(scores, PROBABILITIES, **options)
    changed, _ = adaptive_conformal(other, PROBABILITIES, **options)
    np.testing.assert_array_equal(issued[: origin - 9], changed[: origin - 9])


@pytest.mark.parametrize("delay", [1, 4])
def test_a_score_counts_from_the_origin_at_which_it_is_known(delay):
    scores = np.zeros((40, 1))
    scores[20] = 1e6
    issued, _ = adaptive_conformal(
        scores, np.array([0.9]), delay=np.array([delay]), start=10, window=5, rate=0.0
    )
    reacts = 10 + np.flatnonzero(issued[:, 0, 0] > 0)
    assert reacts.tolist() == list(range(20 + delay, 25 + delay))


def test_the_calibration_is_the_state_for_the_next_origin():
    scores = np.random.default_rng(5).standard_t(4, (301, 2))
    options = {"delay": np.array([1, 1]), "start": 50, "window": 120, "rate": 0.01}
    issued, _ = adaptive_conformal(scores, PROBABILITIES, **options)
    _, calibration = adaptive_conformal(scores[:-1], PROBABILITIES, **options)
    np.testing.assert_array_equal(calibration.quantiles(PROBABILITIES), issued[-1])


def test_unknown_scores_at_the_end_are_neither_used_nor_needed():
    delay = np.array([1, 5])
    scores = np.random.default_rng(6).standard_normal((200, 2))
    unknown = np.where(np.arange(200)[:, None] + delay >= 200, np.nan, scores)
    issued, _ = adaptive_conformal(scores, PROBABILITIES, delay=delay, start=50)
    same, calibration = adaptive_conformal(unknown, PROBABILITIES, delay=delay, start=50)
    np.testing.assert_array_equal(issued, same)
    assert np.isfinite(calibration.scores).all()
    np.testing.assert_array_equal(calibration.scores[-1], [scores[198, 0], scores[194, 1]])


@given(st.integers(0, 2**31))
def test_quantiles_never_cross(seed):
    scores = np.random.default_rng(seed).standard_cauchy((120, 2)).cumsum(axis=0)
    issued, calibration = adaptive_conformal(
        scores, PROBABILITIES, delay=np.array([1, 3]), start=10, window=20, rate=0.3
    )
    assert np.all(np.diff(issued, axis=-1) >= 0)
    wanted = np.linspace(0.01, 0.99, 37)
    assert np.all(np.diff(calibration.quantiles(wanted), axis=-1) >= 0)


def test_without_adaptation_a_calibration_is_split_conformal():
    scores = np.random.default_rng(7).standard_normal((250, 3))
    calibration = Calibration(scores, np.array([0.1, 0.9]), np.tile([0.1, 0.9], (3, 1)))
    wanted = np.array([0.05, 0.1, 0.3, 0.77, 0.9, 0.99])
    np.testing.assert_array_equal(calibration.quantiles(wanted), split_conformal(scores, wanted))


def test_a_calibration_moves_other_probabilities_in_between():
    scores = np.arange(1.0, 1000.0)[:, None]  # the score of rank r is r
    calibration = Calibration(scores, np.array([0.2, 0.8]), np.array([[0.1, 0.9]]))
    quantiles = calibration.quantiles(np.array([0.1, 0.2, 0.35, 0.8, 0.9]))
    np.testing.assert_array_equal(quantiles, [[50, 100, 300, 900, 950]])


def test_pooled_targets_share_quantiles_that_hold_on_their_average():
    scores = np.random.default_rng(8).standard_t(4, (3000, 3)) * [0.5, 1.0, 2.0]
    options = {"delay": np.array([1, 2, 5]), "start": 200, "rate": 0.01, "pooled": True}
    issued, calibration = adaptive_conformal(scores, PROBABILITIES, **options)
    assert (issued == issued[:, :1]).all()
    below = (scores[200:, :, None] <= issued).mean(axis=(0, 1))
    bound = (np.maximum(PROBABILITIES, 1 - PROBABILITIES) + 0.01) / (0.01 * len(issued))
    assert np.all(np.abs(below - PROBABILITIES) <= bound)
    own, shared = (calibration.quantiles(PROBABILITIES, pooled=each) for each in (False, True))
    np.testing.assert_allclose(shared, np.tile(own.mean(axis=0), (3, 1)))


@pytest.mark.parametrize("bad", [[0.0, 0.5], [0.5, 0.5], [0.9, 0.1], [0.5, 1.0], [np.nan]])
def test_probabilities_that_are_none_are_refused(bad):
    with pytest.raises(ConfigError, match="must increase and lie between 0 and 1"):
        split_conformal(np.zeros((5, 1)), np.array(bad))


@pytest.mark.parametrize("scores", [np.zeros((0, 2)), np.array([[0.0], [np.inf]])])
def test_scores_that_are_none_are_refused(scores):
    with pytest.raises(DataError, match="at least one score, all finite"):
        split_conformal(scores, PROBABILITIES)


def test_a_gap_in_the_known_scores_is_refused():
    scores = np.zeros((50, 2))
    scores[17, 1] = np.nan
    with pytest.raises(DataError, match=r"1 scores .* first row 17 of target 1"):
        adaptive_conformal(scores, PROBABILITIES, delay=np.array([1, 5]), start=20)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"delay": np.array([0])}, "delay must be at least 1"),
        ({"start": 0}, r"start must be between the largest delay \(1\)"),
        ({"start": 30}, "last of 30 rows, got 30"),
        ({"window": 0}, "window must be at least 1"),
        ({"rate": -0.1}, r"rate in \[0, 1\)"),
    ],
)
def test_options_out_of_range_are_refused(options, message):
    with pytest.raises(ConfigError, match=message):
        adaptive_conformal(
            np.zeros((30, 1)), PROBABILITIES, **{"delay": np.array([1]), "start": 10, **options}
        )
