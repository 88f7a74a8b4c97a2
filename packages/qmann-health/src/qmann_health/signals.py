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
        source = installed_file("aeon", _DEMO, about=about, install="--no-deps aeon")
        found = _read(source, application.column, application.rate, timed=False)
        found = replace(found, name="arterial pressure", source="KDD-TSAD 135 (arterial pressure)")
        normal = application.normal or _DEMO_NORMAL
    else:
        found = _read(source, application.column, application.rate)
        normal = application.normal or len(found.values) // 5
    return _checked(replace(found, normal=normal), application)


def read_unknown(source: Any, application: SignalConfig) -> Signal:
    """A signal of which all is watched, by a model that has learned what is normal."""
    found = _read(source, application.column, application.rate)
    if len(found.values) <= application.window:
        raise DataError(
            f"{found.source}: {len(found.values)} samples. Expected more than the "
            f"{application.window} from which the next one is predicted: give a longer signal"
        )
    return found


def _read(source: Any, column: str | None, rate: float | None, *, timed: bool = True) -> Signal:
    where, table = name_source(source), read_table(source)
    time, mark = find_column(table.columns, _TIMES), find_column(table.columns, _MARKS)
    chosen = need_column(table.columns, column, where=where) if column else None
    if chosen is None:
        others = table.drop(columns=[name for name in (time, mark) if name is not None])
        numbers = [name for name in others if as_numbers(others[name]).notna().any()]
        if len(numbers) != 1:
            raise DataError(
                f"{where}: {len(numbers)} columns of numbers among {list_names(table.columns)}. "
                "Expected one signal: name its column, as column='pressure'"
            )
        chosen = numbers[0]
    values = as_numbers(table[chosen]).to_numpy()
    bad = np.flatnonzero(~np.isfinite(values))
    if len(bad):
        raise DataError(
            f"{where}: {len(bad)} of {len(values)} samples of {chosen!r} are no finite numbers, "
            f"the first in row {bad[0]}. Expected none: cut the signal there, since a gap that is "
            "filled looks like an alarm or hides one"
        )
    notes = []
    if rate is None and timed:
        rate = _rate(table[time], where) if time is not None else None
        if rate is None:
            raise DataError(
                f"{where}: no sampling rate. Expected one, to say when and for how long: give "
                "rate=250 (samples per second), or a column time"
            )
        notes.append(f"{rate:g} samples per second, as the column {str(time)!r} says")
    marked = np.zeros(len(values), dtype=bool) if mark is None else as_numbers(table[mark]) == 1
    return Signal(values, rate, 0, np.asarray(marked), str(chosen), where, tuple(notes))


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
    if not window + _LEAST <= normal < n:
        raise DataError(
            f"{signal.source}: {normal} of {n} samples are taken for normal. Expected at least "
            f"{window + _LEAST} of them, and some after them to watch: give a longer signal, or "
            "normal="
        )
    if signal.marked[:normal].any():
        raise DataError(
            f"{signal.source}: {signal.marked[:normal].sum()} of the first {normal} samples, which "
            "are taken for normal, are marked as an anomaly. Expected none: give normal="
        )
    start, length = _flat(signal.values[:normal])
    if length > window:
        raise DataError(
            f"{signal.source}: {signal.name} is flat for {length} samples from row {start}, within "
            "what is taken for normal. Expected a signal that moves: leave that stretch out"
        )
    notes = list(signal.notes)
    if signal.rate is None:
        notes.append("the data say no sampling rate: samples are counted, not seconds")
    start, length = _flat(signal.values[normal:])
    if length > window:
        notes.append(f"flat for {length} samples from row {normal + start}: was the sensor off?")
    rarity = 1 / (1 - application.level[0] / 100)
    if rarity > _BEYOND * normal:
        said = f"one false alarm in {rarity:,.0f} samples is far beyond what {normal:,} can tell"
        notes.append(f"{said}: trust the rate less, or learn from a longer normal stretch")
    return replace(signal, notes=tuple(notes))


def _flat(values: Float[np.ndarray, " sample"]) -> tuple[int, int]:
    """Start and length of the longest run of one value."""
    ends = np.concatenate(([-1], np.flatnonzero(np.diff(values)), [len(values) - 1]))
    longest = int(np.argmax(np.diff(ends)))
    return int(ends[longest]) + 1, int(np.diff(ends)[longest])
