"""Maximum-likelihood amplitude estimation, against dense grids, its bound and its coverage."""

import numpy as np
import pytest

from qmann_core.errors import ConfigError, DataError
from qmann_core.memory.search import estimate, success_probability


def _deviation(powers, shots):
    """The Cramer-Rao bound of the angle."""
    return 1 / (2 * np.sqrt(shots * ((2.0 * np.array(powers) + 1) ** 2).sum()))


def _angle(p0):
    return np.arcsin(np.sqrt(p0))


@pytest.mark.parametrize("p0", [0.0, 3e-4, 0.02, 0.3, 0.77, 0.999, 1.0])
@pytest.mark.parametrize(("shots", "most"), [(7, 16), (100, 64), (1000, 5)])
def test_the_estimate_is_the_likeliest_of_a_dense_grid(p0, shots, most):
    result = estimate(p0, np.random.default_rng(int(1e4 * p0)), shots=shots, max_power=most)
    angles = np.linspace(0, np.pi / 2, 200_001)
    chance = success_probability(np.sin(angles) ** 2, np.array(result.powers)[:, None])
    hits, tiny = np.array(result.hits)[:, None], 1e-300
    likelihood = hits * np.log(chance + tiny) + (shots - hits) * np.log(1 - chance + tiny)
    likelihood = likelihood.sum(axis=0)
    best = angles[likelihood.argmax()]
    deviation = _deviation(result.powers, shots)
    assert abs(_angle(result.value) - best) < 0.02 * deviation + 1e-5


def test_powers_double_and_calls_are_counted():
    result = estimate(0.1, np.random.default_rng(0), shots=10, max_power=20)
    assert result.powers == (0, 1, 2, 4, 8, 16)
    assert result.oracle_calls == 10 * 31
    assert result.preparations == 10 * (2 * 31 + 6)
    plain = estimate(0.1, np.random.default_rng(0), shots=10, max_power=0)
    assert plain.powers == (0,)
    assert plain.value == pytest.approx(plain.hits[0] / 10, abs=1e-4)


def test_the_error_falls_with_the_calls_and_not_with_their_root():
    generator, spreads, calls = np.random.default_rng(6), [], []
    for most in (4, 16, 64, 256):
        runs = [estimate(0.2, generator, shots=200, max_power=most) for _ in range(150)]
        errors = np.array([_angle(run.value) for run in runs]) - _angle(0.2)
        spread = np.median(np.abs(errors)) / 0.6745  # now and then another peak is higher
        assert spread == pytest.approx(_deviation(runs[0].powers, 200), rel=0.25)
        spreads.append(spread)
        calls.append(runs[0].oracle_calls)
    slope = np.polyfit(np.log(calls), np.log(spreads), 1)[0]
    assert slope == pytest.approx(-1, abs=0.1)  # shots alone would give -1/2


def test_nothing_and_everything_are_recognised():
    generator = np.random.default_rng(0)
    assert estimate(0.0, generator).value == 0
    assert estimate(1.0, generator).value == pytest.approx(1)


def test_bad_options_are_refused():
    generator = np.random.default_rng(0)
    with pytest.raises(DataError, match="p0 must be a probability"):
        estimate(1.5, generator)
    with pytest.raises(ConfigError, match="got shots=0: expected a whole number from 1"):
        estimate(0.5, generator, shots=0)
    with pytest.raises(ConfigError, match="max_power must be at least 0, got -1"):
        estimate(0.5, generator, max_power=-1)
    with pytest.raises(ConfigError, match="at most 1024 times the shots, got 5000 with 2 shots"):
        estimate(0.5, generator, shots=2, max_power=5000)
