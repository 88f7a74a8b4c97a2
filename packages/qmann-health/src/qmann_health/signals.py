"""Vital signs: a column of numbers, taken at a steady rate."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float
from pandas import DataFrame, Series

from qmann_core.data import (
    as_numbers,
    check_names,
    find_column,
    installed_file,
    list_names,
    name_source,
    need_column,
    read_table,
)
from qmann_core.errors import DataError

from .config import SignalConfig
from .recordings import heartbeats, is_recording, read_recording

_TIMES = ("time", "timestamp", "date", "datetime", "seconds", "t")
_MARKS = ("is_anomaly", "anomaly", "label")
_UNEVEN = 0.02  # of a step: clocks print few digits
_LEAST = {"samples": 200, "intervals": 16}  # windows that are learned from
_BEYOND = 10  # times rarer than one in as many samples as are normal: a tail is not trusted there
_PRESSURE = "datasets/data/KDD-TSAD_135/135_UCR_Anomaly_InternalBleeding16_TEST.csv"
_DEMOS = {
    False: ("aeon", _PRESSURE, "arterial pressure, KDD-TSAD 135", "value", None, 1200),
    True: ("sktime", "datasets/data/mitdb/mitdb.csv", "an ECG, MIT-BIH", "data", 360.0, 20),
}
"""By whether RR intervals are asked for: package, file, what it is, column, rate, normal."""


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
    beats: Float[np.ndarray, " beat"] | None = None
    """Where the values are RR intervals, when the heartbeats were in seconds, one more of them."""

    @property
    def edges(self) -> Float[np.ndarray, " edge"] | None:
        """When each sample or RR interval begins and the last ends, in seconds, where known."""
        if self.rate is None:
            return self.beats
        return np.asarray(np.arange(len(self.values) + 1) / self.rate)

    @property
    def counted(self) -> str:
        """What it is a series of."""
        return "samples" if self.beats is None else "intervals"

    def to_frame(self) -> DataFrame:
        """What was read."""
        told = {"signal": self.name, self.counted: len(self.values), "rate": self.rate}
        span = {"least": self.values.min(), "mean": self.values.mean(), "most": self.values.max()}
        return DataFrame([{**told, "normal": self.normal, **span}])


def read_signal(source: Any, application: SignalConfig) -> Signal:
    """Read a vital sign from a table or a recording; arterial pressure where there is no source.

    A recording is what `read_recording` takes. A table has a row for each sample and a column of
    numbers. A column called time, timestamp, date, datetime, seconds or t says the rate, of which
    numbers are seconds; one called is_anomaly, anomaly or label has 1 where an anomaly is known.
    Where RR intervals are asked for, it is an ECG, by default one with a premature beat.

    Raises:
        DataError: no rate; no such column, or several; gaps; a normal stretch that is too short,
            flat, or has anomalies.
    """
    usual = None
    if source is None:
        source, usual = _demo(application)
    signal = read_unknown(source, application)
    normal = application.normal or usual or signal.normal or len(signal.values) // 5
    return _checked(replace(signal, normal=normal), application)


def _demo(application: SignalConfig) -> tuple[Signal, int]:
    """A signal with one anomaly, and how much of it, or of its intervals, is normal."""
    package, path, about, column, rate, normal = _DEMOS[application.intervals]
    file = installed_file(package, path, about=about, install=f"--no-deps {package}")
    table = read_table(file).rename(columns={column: about.partition(",")[0]})
    signal = _signal(table, about, application)
    return replace(signal, rate=signal.rate or rate), normal


def read_unknown(source: Any, application: SignalConfig) -> Signal:
    """A signal of which all is watched, by a model that has learned what is normal."""
    if isinstance(source, Signal):
        signal = source
    elif is_recording(source):
        found = read_recording(source, application.column)
        told = np.zeros(len(found.values), bool), found.channel, found.source
        signal = Signal(found.values, application.rate or found.rate, 0, *told)
    else:
        signal = _in_time(source, application)
    if application.intervals and signal.beats is None:
        return _intervals(signal, application)
    return signal


def _intervals(signal: Signal, application: SignalConfig) -> Signal:
    """Seconds from each heartbeat of an ECG to the next, in its place.

    Raises:
        DataError: there are too few.
    """
    assert signal.rate is not None
    beats = heartbeats(signal.values, signal.rate, signal.source)
    if len(beats) < application.window + 2:
        raise DataError(
            f"{signal.source}: {len(beats)} heartbeats in {len(signal.values) / signal.rate:.0f} s "
            f"of {signal.name!r}. Expected {application.window + 2} or more: give a longer ECG, "
            "or a smaller window, as in preset=beats"
        )
    seconds = beats / signal.rate
    told = {"values": np.diff(seconds), "beats": seconds, "marked": signal.marked[beats[1:]]}
    return replace(signal, name="RR interval", rate=None, **told)


def _in_time(source: Any, application: SignalConfig) -> Signal:
    """A table with times, or whose rate is given."""
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
    counted, edges = signal.counted, signal.edges
    least, still = window + _LEAST[counted], window
    if signal.beats is not None:
        still = normal - 1  # a pacemaker's are all the same
    about = "" if edges is None else f" (about {least * edges[-1] / n:.0f} s)"
    if not least <= normal < n or signal.marked[:normal].any():
        raise DataError(
            f"{signal.source}: {normal} of {n} {counted} are taken for normal, of which "
            f"{signal.marked[:normal].sum()} are marked as an anomaly. Expected none of them, at "
            f"least {least} {counted}{about}, and some after them to watch: give normal="
        )
    (start, length), (later, gone) = _flat(signal.values[:normal]), _flat(signal.values[normal:])
    if length > still:
        raise DataError(
            f"{signal.source}: {signal.name} is flat for {length} samples from row {start}, within "
            "what is taken for normal. Expected a signal that moves: leave that stretch out"
        )
    rarity = 1 / (1 - application.level[0] / 100)
    notes = {
        "the data say no sampling rate: samples are counted, not seconds": edges is None,
        f"flat for {gone} samples from row {normal + later}: was the sensor off?": gone > still,
        f"one false alarm in {rarity:,.0f} {counted} is far beyond what {normal:,} normal "
        "ones can tell: trust the rate less, or learn from more": rarity > _BEYOND * normal,
    }
    return replace(signal, notes=tuple(text for text, holds in notes.items() if holds))


def _flat(values: Float[np.ndarray, " sample"]) -> tuple[int, int]:
    """Start and length of the longest run of one value."""
    ends = np.concatenate(([-1], np.flatnonzero(np.diff(values)), [len(values) - 1]))
    longest = int(np.argmax(np.diff(ends)))
    return int(ends[longest]) + 1, int(np.diff(ends)[longest])
