"""Tables of sensors with faults: what columns are, checked once."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from pandas import DataFrame, Index, RangeIndex, Series, factorize
from pandas.util import hash_pandas_object

from qmann_core.data import (
    Column,
    as_numbers,
    check_names,
    convert,
    describe_rows,
    find_column,
    list_names,
    name_source,
    need_column,
    read_noted,
    several_classes,
)
from qmann_core.errors import DataError

from ..config import AlarmConfig, FaultConfig
from ..tep import SENSORS, tennessee_eastman

_TARGETS = (
    *("fault", "fault class", "class", "label", "target", "state", "condition"),
    *("anomaly", "is anomaly"),
)
_RUNS = ("run", "unit", "batch", "machine", "asset", "experiment")
_TIMES = ("time", "timestamp", "datetime", "date", "cycle", "row")
_MOST = 50  # classes; more are names or measured
_DEMO = 40  # rows at the end of each run that are asked for
_LEFT_OUT = "fault 14"


@dataclass(frozen=True, eq=False)
class Readings:
    """Rows of sensors in the order of time, run after run, checked by `read_readings`."""

    source: str
    table: DataFrame = field(repr=False)
    """Numbers, a column for each sensor, by the row of the source, from 1."""
    run: Series = field(repr=False)
    """Name of the run that a row is of."""
    when: Series = field(repr=False)
    """Its time as it stands there; the number of the row where there is none."""
    target: Series = field(repr=False)
    """Which of the words the fault is, NaN where it is asked."""
    words: tuple[str, ...] = ()
    """What faults are called; normal operation is one of them."""
    state: Series | None = field(default=None, repr=False)
    """The column of faults as it stands there, where there is one."""
    notes: tuple[str, ...] = ()

    def to_frame(self) -> DataFrame:
        """How many rows of each run have which fault."""
        named = self.target.map(dict(enumerate(self.words))).fillna("to be predicted")
        told = DataFrame({"run": self.run, "fault": named, "rows": 1})
        whole = told.groupby(["run", "fault"], sort=False, as_index=False).sum()
        return whole.assign(sensors=self.table.shape[1])


def read_readings(
    source: Any, application: FaultConfig | AlarmConfig, *, known: bool = True
) -> Readings:
    """Read a table of sensors, a row for each instant.

    Columns called fault or class (which fault it is, empty where that is asked), run, unit or batch
    (which rows are of one run) and time, date or cycle (in order) are no sensors; all others with
    numbers are.

    Args:
        source: A CSV, Excel or Parquet file, a DataFrame, or Readings, which stay as they are.
        application: says which columns are what.
        known: False: whatever faults there are, every row is asked for.

    Raises:
        DataError: The source cannot be read, a column is missing or stands there twice, times of a
            run do not increase, there is no column of faults, or one class, or more than 50.
    """
    if isinstance(source, Readings):
        return source if known else replace(source, target=source.target.mask(source.target >= 0))
    if source is None:
        assert isinstance(application, FaultConfig)
        return demo_readings(application)
    table, notes = read_noted(source, text=(), lines=1)
    where, names = name_source(source), Index(table.columns.map(str))
    check_names(names, where)
    table = table.set_axis(RangeIndex(1, len(table) + 1), axis="index").set_axis(names, axis=1)
    target, run, time = aside(names, application, where, known=known)
    runs = Series(where, table.index) if run is None else table[run].astype("str")
    order = np.argsort(factorize(runs)[0], kind="stable")
    table, runs = table.iloc[order], runs.iloc[order]
    if time is not None:
        _check_order(table[time], runs, where)
    if known and target is None:
        raise DataError(
            f"{where}: no column of faults among {list_names(names)}. Expected one called fault or "
            "class, or its name, as target=NAME; tables without are for a saved model"
        )
    faults, words = Series(np.nan, table.index), tuple[str, ...]()
    if known:
        faults, words = several_classes(table[target], where, most=_MOST)
    columns, more = _sensors(
        table, (target, run, time), application, where, fitted=application.is_settled
    )
    same = runs.groupby(hash_pandas_object(columns, index=False)).transform("nunique") > 1
    if known and same.any():
        said = "rows stand in several runs, and may be both learned from and tested on"
        more = (*more, f"{same.sum()} {said}")
    return Readings(
        source=where,
        table=columns,
        run=runs,
        when=table.index.to_series() if time is None else table[time],
        target=faults,
        words=words,
        state=None if target is None else table[target],
        notes=(*notes, *more),
    )


def aside(
    names: Index, application: FaultConfig | AlarmConfig, where: str, *, known: bool
) -> tuple[Any, Any, Any]:
    """Columns that are no sensors: of faults, of runs and of times; None where there is none.

    Raises:
        DataError: one that was named is not there.
    """
    usual = (application.target,) if application.target else _TARGETS
    return (
        _place(names, application.target if known else None, usual, where),
        _place(names, application.run, _RUNS, where),
        _place(names, application.time, _TIMES, where),
    )


def read_unknown(source: Any, application: FaultConfig) -> Readings:
    """What a source holds that is to be predicted."""
    return read_readings(source, application, known=False)


def demo_readings(application: FaultConfig | AlarmConfig) -> Readings:
    """Tennessee Eastman (simulated), whose last rows of each run are asked for.

    Fault 14 is never labelled, and only its last rows are there: it is to be unknown. Rows that
    stand in two runs are there once.
    """
    table = tennessee_eastman().drop_duplicates([*SENSORS])
    place = table.groupby("run").cumcount(ascending=False)
    unknown = table["fault"] == _LEFT_OUT
    table["fault"] = table["fault"].mask(place < _DEMO)
    table = table[~unknown | (place < _DEMO)]
    found = read_readings(table, application)
    said = "Tennessee Eastman is simulated; of fault 14, which is asked for, nothing is learned"
    return replace(found, source="Tennessee Eastman", notes=(said, *found.notes))


def _place(names: Index, given: str | None, usual: Sequence[str], where: str) -> Any:
    return find_column(names, usual) if given is None else need_column(names, given, where=where)


def _check_order(values: Series, run: Series, where: str) -> None:
    when = as_numbers(values)
    if when.isna().all():
        when = convert(values, Column(str(values.name), "date"), where).astype("int64")
    back = (when.groupby(run).diff() <= 0).to_numpy()
    if back.any():
        raise DataError(
            f"{where}: {values.name!r} does not increase within a run at {back.sum()} rows: "
            f"{describe_rows(values.astype('str'), back)}. Expected each instant once, in order: "
            "sort, drop repeats, or name the column of runs, as run=NAME"
        )


def _sensors(
    table: DataFrame,
    aside: Sequence[Any],
    application: FaultConfig | AlarmConfig,
    where: str,
    *,
    fitted: bool,
) -> tuple[DataFrame, tuple[str, ...]]:
    """Sensors as numbers, and notes on cells that are none, and on what is not read."""
    asked = [need_column(table.columns, name, where=where) for name in application.sensors]
    chosen = table[asked or [name for name in table if name not in aside]]
    numbers = chosen.apply(as_numbers)
    numbers = numbers.where(np.isfinite(numbers))
    text, same = numbers.isna().mean() > 0.5, numbers.max() == numbers.min()
    out = {"mostly no numbers": text, "the same in every row": same & ~text}
    kept = numbers if fitted else numbers.loc[:, ~(text | same)]
    if kept.empty:
        raise DataError(f"{where}: no sensor. Expected columns of numbers that change")
    said = {} if fitted else {why: list(numbers.columns[bad]) for why, bad in out.items()}
    notes = [f"left out, {why}: {list_names(names)}" for why, names in said.items() if names]
    wrong = (chosen[kept.columns].notna() & kept.isna()).sum()
    cells = [f"{name} ({n})" for name, n in wrong[wrong > 0].items()]
    notes += [f"cells that are no numbers count as missing: {', '.join(cells)}"] if cells else []
    return kept, tuple(notes)
