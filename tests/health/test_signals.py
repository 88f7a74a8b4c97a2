"""Signals: what is read, how the rate is found, and what is refused."""

import numpy as np
import pandas as pd
import pytest

from qmann_core.errors import DataError
from qmann_health.config import SignalConfig
from qmann_health.signals import read_signal, read_unknown

N = 2000
WAVE = np.sin(np.arange(N) / 7) + np.random.default_rng(0).normal(size=N) / 50
BASE = pd.DataFrame({"time": np.arange(N) / 125, "pressure": WAVE})


def settings(**given):
    return SignalConfig.model_validate(given)


def test_demo_is_arterial_pressure_whose_test_file_begins_with_the_normal_one():
    signal = read_signal(None, settings())
    assert (len(signal.values), signal.normal, signal.rate) == (7501, 1200, None)
    assert np.flatnonzero(signal.marked).tolist() == list(range(4187, 4199))
    assert signal.to_frame().loc[0, "mean"] == pytest.approx(71.711218)
    assert signal.notes == ("the data say no sampling rate: samples are counted, not seconds",)


@pytest.mark.parametrize(
    "times",
    [
        np.arange(N) / 125,
        pd.date_range("2024-01-01", periods=N, freq="8ms"),
        pd.date_range("2024-01-01", periods=N, freq="8ms").astype(str),
        (np.arange(N) / 125).round(4),
    ],
    ids=["seconds", "dates", "text", "rounded"],
)
def test_rate_is_that_of_the_times(times, tmp_path):
    BASE.assign(time=times).to_csv(tmp_path / "a.csv", index=False)
    for source in (BASE.assign(time=times), tmp_path / "a.csv"):
        signal = read_signal(source, settings())
        assert signal.rate == pytest.approx(125)
        assert (signal.name, signal.normal, signal.marked.any()) == ("pressure", N // 5, False)


def test_a_rate_counts_before_times_and_a_series_has_no_other_column():
    assert read_signal(BASE, settings(rate=50)).rate == 50
    assert read_signal(BASE["pressure"], settings(rate=50, normal=900)).normal == 900
    two = BASE.assign(flow=1 - WAVE)
    assert read_signal(two, settings(column="flow")).values[0] == 1 - WAVE[0]


def test_what_is_doubtful_is_noted():
    flat = BASE.assign(pressure=np.where(np.arange(N) // 100 == 15, 0.0, WAVE))
    (note,) = read_signal(flat, settings(normal=1400)).notes
    assert note == "flat for 100 samples from row 1500: was the sensor off?"
    (note,) = read_signal(BASE, settings(level=(99.999,))).notes
    assert note.startswith("one false alarm in 100,000 samples is far beyond what 400 normal")


def broken(column="pressure", **at):
    """The wave with some rows replaced."""
    changed = BASE.copy()
    for row, value in at.items():
        changed.loc[int(row[1:]), column] = value
    return changed


@pytest.mark.parametrize(
    ("source", "given", "message"),
    [
        (BASE["pressure"], {}, r"no sampling rate. Expected .* give rate=250"),
        (BASE.assign(flow=WAVE), {}, r"2 columns of numbers .* column='pressure'"),
        (BASE[["time"]], {}, r"0 columns of numbers"),
        (BASE[["time", "pressure", "pressure"]], {}, r"'pressure' stands there twice"),
        (BASE, {"column": "ecg"}, r"no column 'ecg' among 'time', 'pressure'"),
        (broken(r7=np.nan, r9=np.inf), {}, r"2 of 2000 .* first in row 7. .* cut the signal"),
        (BASE.drop(index=5), {}, r"times are not evenly spaced, first at row 5"),
        (broken("time", r3=0.0), {}, r"times are not evenly spaced, first at row 3"),
        (BASE.assign(time=0.0), {}, r"times are not evenly spaced"),
        (BASE[:40], {}, r"8 of 40 samples are taken for normal"),
        (BASE, {"normal": N}, r"2000 of 2000 .* some after them to watch: give normal="),
        (BASE.assign(label=1), {}, r"of which 400 are marked as an anomaly"),
        (BASE.assign(pressure=70.0), {}, r"is flat for 400 samples from row 0"),
    ],
)
def test_what_cannot_be_watched_is_refused(source, given, message):
    with pytest.raises(DataError, match=message):
        read_signal(source, settings(**given))


def test_all_of_an_unknown_signal_is_watched():
    assert read_unknown(BASE[:100], settings(normal=50)).normal == 0
    with pytest.raises(DataError, match=r"0 of 20 samples .* more than 32"):
        read_unknown(BASE[:20], settings())
