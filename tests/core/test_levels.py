import pytest

from qmann_core.config import central_probabilities, check_levels, quantile_names
from qmann_core.errors import ConfigError


def test_names_of_the_ends_of_intervals():
    names = quantile_names(central_probabilities((80, 95.5)))
    assert names == ["lo-95.5", "lo-80", "median", "hi-80", "hi-95.5"]


def test_levels_out_of_range_are_refused():
    with pytest.raises(ConfigError, match=r"got level \(120,\): expected values between 0 and 100"):
        check_levels((120,), "95")
