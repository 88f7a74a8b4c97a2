import pytest
from hypothesis import given
from hypothesis import strategies as st

from qmann_core.config import central_probabilities, load_config
from qmann_core.errors import ConfigError
from qmann_finance import FinanceSettings
from qmann_finance.risk import tail_probabilities


def test_central_intervals_of_a_worked_example():
    assert central_probabilities((95, 80)) == (0.025, 0.1, 0.5, 0.9, 0.975)
    assert central_probabilities((99.9,)) == (0.0005, 0.5, 0.9995)
    assert central_probabilities((80, 80.0)) == (0.1, 0.5, 0.9)


def test_tails_of_a_worked_example():
    assert tail_probabilities((95, 99)) == (0.01, 0.05)
    assert tail_probabilities((99, 99.0, 97.5)) == (0.01, 0.025)


@given(st.lists(st.integers(10, 999), min_size=1, unique=True))
def test_ends_are_as_far_apart_as_the_level_and_symmetric(tenths):
    probabilities = central_probabilities([t / 10 for t in tenths])
    n = len(tenths)
    assert len(probabilities) == 2 * n + 1
    assert list(probabilities) == sorted(probabilities)
    widths = [probabilities[-1 - k] - probabilities[k] for k in range(n)]
    assert widths == pytest.approx(sorted((t / 1000 for t in tenths), reverse=True), abs=2e-6)
    mirrored = [1 - p for p in reversed(probabilities)]
    assert probabilities == pytest.approx(mirrored, abs=2e-6)


def test_fractions_given_as_percent_are_refused():
    with pytest.raises(ConfigError, match=r"got level \(0\.8, 0\.95\): expected percent.*80, 95"):
        central_probabilities((0.8, 0.95))
    with pytest.raises(ConfigError, match=r"got level \(0\.95, 99\): expected percent.*95, 99"):
        tail_probabilities((0.95, 99))


@pytest.mark.parametrize("levels", [(0,), (100,), (-5,), (80, 101), (80, float("nan")), ()])
def test_levels_of_intervals_outside_the_range_are_refused(levels):
    with pytest.raises(ConfigError, match=r"got level \(.*\): expected values between 0 and 100"):
        central_probabilities(levels)


@pytest.mark.parametrize("levels", [(0,), (100,), (95, 101), (-0.5,), ()])
def test_levels_of_values_at_risk_outside_the_range_are_refused(levels):
    message = r"got level \(.*\): expected values between 0 and 100, both excl.*95, 99"
    with pytest.raises(ConfigError, match=message):
        tail_probabilities(levels)


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("horizon=0", r"application\.horizon: got 0\. Input should be greater than or equal to 1"),
        ("horizon=61", r"application\.horizon: got 61\. Input should be less than or equal to 60"),
        ("window=1", r"application\.window: got 1\. Input should be greater than or equal to 2"),
        ("test_days=10", r"application\.test_days: got 10\. Input .* greater than or equal to 50"),
        ("refit_every=0", r"application\.refit_every: got 0\."),
        ("min_rows=20", r"application\.min_rows: got 20\."),
        ("horizont=5", r"application\.horizont: no such key\. Did you mean 'horizon'\?"),
    ],
)
def test_what_is_out_of_range_or_unknown_is_refused(override, message):
    with pytest.raises(ConfigError, match=message):
        load_config(FinanceSettings(), overrides=(f"application.{override}",))
