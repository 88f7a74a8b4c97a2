"""Alarms: the tail, what is merged, delays without point adjustment, and the demo."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from pandas import DataFrame

from qmann_core.data import held_out
from qmann_core.errors import ConfigError
from qmann_core.nn import build_network
from qmann_core.tasks import answer
from qmann_health import load, monitor
from qmann_health.alarms import (
    delays,
    limits,
    merged,
    score_alarms,
    second_difference,
    tail,
    windows,
)
from qmann_health.signals import read_signal
from qmann_health.tasks import MONITOR


def test_of_exponential_errors_the_limit_is_their_quantile():
    """Of 10^6, from which the quantile at one in 10^5 is known to some percent."""
    errors = np.random.default_rng(0).exponential(2.0, 10**6) * np.tile((-1, 1), 5 * 10**5)
    for rate in (1e-3, 1e-5):
        (limit,) = limits({"tail": tail(errors)[None]}, 1 - rate)
        assert limit == pytest.approx(-2 * np.log(rate), rel=0.01)


def test_of_normal_errors_fewer_are_beyond_than_promised():
    rng = np.random.default_rng(1)
    (limit,) = limits({"tail": tail(rng.normal(size=1000))[None]}, 1 - 1e-4)
    assert (np.abs(rng.normal(size=10**6)) > limit).mean() < 1e-4


def test_alarms_merge_within_a_gap_and_delays_count_no_sample_twice():
    over = np.isin(np.arange(60), (3, 5, 20, 30, 31, 50))
    assert merged(over, 4).tolist() == [[3, 5], [20, 20], [30, 31], [50, 50]]
    assert merged(over, 10).tolist() == [[3, 5], [20, 31], [50, 50]]
    assert merged(np.zeros(5, bool), 3).shape == (0, 2)
    marked = np.isin(np.arange(60), (18, 19, 28, 29, 40, 41))
    np.testing.assert_array_equal(delays(over, marked, 4), [2, 2, np.nan])


def test_figures_are_counted_from_errors():
    """Of a signal that jumps at a marked sample and, unmarked, later."""
    signal = read_signal(None, MONITOR.preset("standard").application)
    samples = windows(signal, MONITOR.preset("standard").application)
    test = samples[samples.test]
    location = test.y.numpy().copy()
    location[[100, 2989, 2990]] += 9  # samples 1300, 4189 and 4190
    outputs = {"location": location, "tail": np.tile((1.0, 0.1), (len(location), 1))}
    found = score_alarms(outputs, test, test, (0.9999,))
    expected = {"alarms": 2, "false alarms": 1, "found %": 100, "delay": 2}
    assert {name: found[name] for name in expected} == expected
    assert found["absolute error"].sum() == pytest.approx(27)


def test_second_difference_is_a_straight_line_on():
    application = MONITOR.preset("standard").application
    signal = read_signal(None, application)
    samples = windows(signal, application)
    found = second_difference(None, samples, held_out(samples, None), None)
    error = signal.values[32:] - found["location"][:, 0]
    np.testing.assert_allclose(error, np.diff(signal.values, 2)[30:], atol=2e-5)
    np.testing.assert_allclose(found["tail"][0], tail(error[: 1200 - 32]))


def test_limits_come_from_errors_on_rows_that_were_left_out():
    config = MONITOR.preset("fast")
    samples = windows(read_signal(None, config.application), config.application)
    train = samples[~samples.test]
    torch.manual_seed(0)
    network = build_network(config, train, MONITOR.head)
    network.choose(train)
    told = network.told(train)
    head = network.head
    with torch.no_grad():
        fitted_errors = (train.y - head(told.regressors[:, :0], told.regressors)).numpy()
    assert head.tail.sum() > tail(fitted_errors[len(train) // 4 :, 0]).sum()


@pytest.fixture(scope="module")
def report():
    """Of the demo around the anomaly, whose first sample is then the 1287th."""
    config = MONITOR.preset("fast")
    signal = read_signal(None, config.application)
    values, marked = signal.values[2900:4400], signal.marked[2900:4400]
    return answer(MONITOR, replace(signal, values=values, marked=marked), config)


def test_the_bleeding_is_found_at_once_and_nothing_else_is_called_one(report):
    (alarm,) = report.table.to_dict("records")
    assert 0 <= alarm["delay"] <= 5
    assert alarm["marked"]
    assert 1287 <= alarm["onset"] <= alarm["end"] <= 1298 + 32
    assert report.trace["row"].tolist() == list(range(1200, 1500))
    peak = report.trace.set_index("row").loc[alarm["onset"] : alarm["end"]]["height"].max()
    assert peak == alarm["height"]
    assert report.notes[0] == "Research use, not a medical device."


def test_every_model_finds_it_and_circuits_carry_all_of_the_hybrid(report):
    scores = report.evaluation.scores
    assert list(scores) == ["hybrid", "classical", "autoregression", "second difference"]
    assert all(each["delay"] <= 5 for each in scores.values())
    assert report.evaluation.circuits["hybrid"].share >= 0.95
    assert len(report.predictions["model"].unique()) == 4
    assert len(report.plot().axes) == 2


def test_a_trained_model_watches_another_signal_at_another_level(report, tmp_path):
    report.save(tmp_path / "model")
    values = read_signal(None, MONITOR.preset("fast").application).values[4300:4700].copy()
    values[200] += 30
    file = tmp_path / "new.csv"
    DataFrame({"t": np.arange(400) / 100, "pressure": values}).to_csv(file, index=False)
    found = load(tmp_path / "model").predict(file)
    (alarm,) = found.table.to_dict("records")
    assert (alarm["onset"], alarm["onset s"]) == (200, pytest.approx(2.0))
    assert alarm["lasts s"] == pytest.approx(alarm["samples"] / 100)
    assert "marked" not in found.table
    more = load(tmp_path / "model").predict(file, level=(90,))
    assert len(more.table) > 1
    ratio = found.trace["height"] / more.trace["height"]
    assert ratio.std() < 1e-12 < 1 - ratio.iloc[0]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"false_alarms": 5}, r"application.level.*greater than or equal to 90"),
        ({"false_alarms": "often"}, r"got false_alarms='often': expected a number"),
        ({"window": 1}, r"application.window"),
        ({"rate": 0}, r"application.rate"),
    ],
)
def test_options_out_of_range_are_refused(given, message):
    with pytest.raises(ConfigError, match=message):
        monitor(**given)
