"""Vital signs: a column of numbers, taken at a steady rate."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float
from pandas import DataFrame, Series

from qmann_core.data import (
    as_numbers,
    find_column,
    installed_file,
    list_names,
    name_source,
    need_column,
    read_table,
)
from qmann_core.errors import DataError

from .checks import check_names
from .config import SignalConfig

_TIMES = ("time", "timestamp", "date", "datetime", "seconds", "t")
_MARKS = ("is_anomaly", "anomaly", "label")
_UNEVEN = 0.02  # of a step: clocks print few digits
_LEAST = 200  # windows that are learned from
_BEYOND = 10  # times rarer than one in as many samples as are normal: a tail is not trusted there
_DEMO = "datasets/data/KDD-TSAD_135/135_UCR_Anomaly_InternalBleeding16_TEST.csv"
_DEMO_NORMAL = 1200  # samples of the training file, with which the test file begins


@dataclass(frozen=True)
class Signal:
    """A vital sign."""

    values: Float[np.ndarray, " sample"]
    rate: float | None
    """Samples per second; None where nobody knows, and samples are counted."""
    normal: int
    """Samples at the start that are taken for normal."""
    marked: Bool[np.ndarray, " sample"]
    """Which samples somebody marked as an anomaly."""
    name: str
    source: str
    notes: tuple[str, ...] = ()

    def to_frame(self) -> DataFrame:
        """What was read."""
        told = {"signal": self.name, "samples": len(self.values), "rate": self.rate}
        span = {"least": self.values.min(), "mean": self.values.mean(), "most": self.values.max()}
        return DataFrame([{**told, "normal": self.normal, **span}])


def read_signal(source: Any, application: SignalConfig) -> Signal:
    """Read a vital sign from a table; arterial pressure where there is no source.

    The table has a row for each sample and a column of numbers. A column called time, timestamp,
    date, datetime, seconds or t says the rate, of which numbers are seconds; one called is_anomaly,
    anomaly or label has 1 where an anomaly is known.

    Raises:
        DataError: no rate; no such column, or several; gaps; a normal stretch that is too short,
            flat, or has anomalies.
    """
    if source is None:
        about = "arterial pressure, KDD-TSAD 135"
        file = installed_file("aeon", _DEMO, about=about, install="--no-deps aeon")
        columns = {"value": "arterial pressure", "is_anomaly": "is_anomaly"}
        table = read_table(file)[list(columns)].rename(columns=columns)
        signal, usual = _signal(table, about, application), _DEMO_NORMAL
    else:
        signal = read_unknown(source, application)
        usual = signal.normal or len(signal.values) // 5
    return _checked(replace(signal, normal=application.normal or usual), application)


def read_unknown(source: Any, application: SignalConfig) -> Signal:
    """A signal of which all is watched, by a model that has learned what is normal."""
    if isinstance(source, Signal):
        return source
    where, table = name_source(source), read_table(source)
    signal = _signal(table, where, application)
    time = find_column(table.columns, _TIMES)
    if signal.rate is None and time is None:
        raise DataError(
            f"{where}: no sampling rate. Expected one, to say when and for how long: give "
            "rate=250 (samples per second), or a column time"
        )
    return signal if signal.rate else replace(signal, rate=_rate(table[time], where))


def _signal(table: DataFrame, where: str, application: SignalConfig) -> Signal:
    """What a table holds, but for its times.

    Raises:
        DataError: see `read_signal`.
    """
    check_names(table.columns, where)
    marks = find_column(table.columns, _MARKS)
    aside = [find_column(table.columns, _TIMES), marks]
    chosen = [name for name in table if as_numbers(table[name]).notna().any() and name not in aside]
    if application.column is not None:
        chosen = [need_column(table.columns, application.column, where=where)]
    if len(chosen) != 1:
        raise DataError(
            f"{where}: {len(chosen)} columns of numbers among {list_names(table.columns)}. "
            "Expected one signal: name its column, as column='pressure'"
        )
    values = as_numbers(table[chosen[0]]).to_numpy()
    bad = np.flatnonzero(~np.isfinite(values))
    if len(bad) or len(values) <= application.window:
        raise DataError(
            f"{where}: {len(bad)} of {len(values)} samples of {chosen[0]!r} are no finite numbers"
            f"{f', the first in row {bad[0]}' if len(bad) else ''}. Expected none, and more than "
            f"{application.window} samples: cut the signal at a gap, for one that is filled looks "
            "like an alarm or hides one"
        )
    marked = np.zeros(len(values), bool) if marks is None else as_numbers(table[marks]).eq(1)
    told = np.asarray(marked), str(chosen[0]), where
    return Signal(values, application.rate, 0, *told)


def _rate(times: Series, where: str) -> float:
    """Samples per second of evenly spaced times."""
    seconds = as_numbers(times)
    if seconds.isna().any():
        dates = pd.to_datetime(times, errors="coerce", format="mixed")
        seconds = (dates - dates.iloc[0]).dt.total_seconds()
    steps = seconds.diff().iloc[1:].to_numpy()
    step = float(np.median(steps)) if len(steps) else np.nan
    uneven = np.flatnonzero(~(np.abs(steps - step) <= _UNEVEN * step))
    if not step > 0 or len(uneven):
        row = uneven[0] + 1 if len(uneven) else 0
        raise DataError(
            f"{where}: times are not evenly spaced, first at row {row}. Expected one rate "
            "throughout: resample the signal, cut it at the gap, or give rate="
        )
    return 1 / step


def _checked(signal: Signal, application: SignalConfig) -> Signal:
    """The same, with what is to be said of it."""
    n, normal, window = len(signal.values), signal.normal, application.window
    if not window + _LEAST <= normal < n or signal.marked[:normal].any():
        raise DataError(
            f"{signal.source}: {normal} of {n} samples are taken for normal, of which "
            f"{signal.marked[:normal].sum()} are marked as an anomaly. Expected none of them, at "
            f"least {window + _LEAST} samples, and some after them to watch: give normal="
        )
    (start, length), (later, gone) = _flat(signal.values[:normal]), _flat(signal.values[normal:])
    if length > window:
        raise DataError(
            f"{signal.source}: {signal.name} is flat for {length} samples from row {start}, within "
            "what is taken for normal. Expected a signal that moves: leave that stretch out"
        )
    rarity = 1 / (1 - application.level[0] / 100)
    notes = {
        "the data say no sampling rate: samples are counted, not seconds": signal.rate is None,
        f"flat for {gone} samples from row {normal + later}: was the sensor off?": gone > window,
        f"one false alarm in {rarity:,.0f} samples is far beyond what {normal:,} normal samples "
        "can tell: trust the rate less, or learn from more": rarity > _BEYOND * normal,
    }
    return replace(signal, notes=tuple(text for text, holds in notes.items() if holds))


def _flat(values: Float[np.ndarray, " sample"]) -> tuple[int, int]:
    """Start and length of the longest run of one value."""
    ends = np.concatenate(([-1], np.flatnonzero(np.diff(values)), [len(values) - 1]))
    longest = int(np.argmax(np.diff(ends)))
    return int(ends[longest]) + 1, int(np.diff(ends)[longest])
