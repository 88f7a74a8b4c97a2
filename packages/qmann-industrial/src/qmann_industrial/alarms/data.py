"""Tables of sensors that are watched: what of them is normal, checked once."""

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from jaxtyping import Bool, Float
from pandas import DataFrame

from qmann_core.data import installed_file, list_names, read_table
from qmann_core.errors import DataError

from ..config import AlarmConfig
from ..faults.data import Readings, read_readings
from ..tep import tennessee_eastman

_ORDINARY = ("", "0", "0.0", "normal", "no", "false", "ok", "none", "nan")
_RUNS = 1460  # rows of the two normal runs of the demo
_ROWS = 5000  # of the demo without runs
FOLDS = 5  # in which each block is tested on once
_BEYOND = 5  # normal rows over the limit at least, or their number says little


@dataclass(frozen=True, eq=False)
class Watched:
    """Rows of sensors, of which the first are normal operation."""

    readings: Readings
    normal: int
    """How many rows are learned from; 0 where a model has learned."""
    marked: Bool[np.ndarray, " row"] | None = field(repr=False)
    """Which rows are marked as an anomaly; None where nobody says."""

    @property
    def values(self) -> Float[np.ndarray, "row sensor"]:
        """The readings, NaN where one is missing."""
        return self.readings.table.to_numpy(np.float64)

    def to_frame(self) -> DataFrame:
        """How many rows of each run are learned from, watched, and marked."""
        place = np.arange(len(self.readings.table))
        told = {"run": self.readings.run, "rows": 1, "learned from": place < self.normal}
        if self.marked is not None:
            told["marked"] = self.marked
        whole = DataFrame(told).groupby("run", sort=False, as_index=False).sum()
        return whole.assign(sensors=self.readings.table.shape[1])


def read_watched(source: Any, application: AlarmConfig, *, known: bool = True) -> Watched:
    """Read a table of sensors, a row for each instant, whose first rows are normal operation.

    Args:
        source: as `read_readings` takes it; Tennessee Eastman (simulated) when None.
        application: says which columns are what, and how many rows are normal.
        known: False: nothing is learned, all rows are watched.

    Raises:
        DataError: see `read_readings`; or no normal part, one in which an anomaly is marked, or one
            that is too short: the message says how long it must be.
    """
    if isinstance(source, Watched):
        return source if known else replace(source, normal=0)
    usual = None
    if source is None:
        source, name, usual = _demo(application)
        readings = replace(read_readings(source, application, known=False), source=name)
    else:
        readings = read_readings(source, application, known=False)
    marked = None
    if readings.state is not None:
        words = readings.state.astype("str").str.strip().str.lower()
        marked = ~words.isin(_ORDINARY).to_numpy()
    if not known:
        return Watched(readings, 0, marked)
    normal = application.normal or usual or _usual(len(readings.table), marked)
    _check(readings, normal, marked, application)
    part = readings.table.iloc[:normal]
    still = part.columns[(part.nunique() < 2).to_numpy()]
    if len(still):
        said = f"left out, as they never change in normal operation: {list_names(still)}"
        table = readings.table.drop(columns=still)
        readings = replace(readings, table=table, notes=(*readings.notes, said))
    if readings.table.empty:
        raise DataError(f"{readings.source}: no sensor changes in normal operation: add sensors")
    return Watched(readings, normal, marked)


def read_unknown(source: Any, application: AlarmConfig) -> Watched:
    """What a source holds, of which all is watched."""
    return read_watched(source, application, known=False)


def _demo(application: AlarmConfig) -> tuple[DataFrame, str, int]:
    """A table, its name, and how many rows are normal: of runs, or of rows by themselves."""
    if application.weight < 1:
        return tennessee_eastman(), "Tennessee Eastman (simulated)", _RUNS
    about = "NASA shuttle, Statlog"
    table = read_table(installed_file("river", "datasets/shuttle.csv.gz", about=about))
    first = np.flatnonzero(table["anomaly"] == 0)[:_ROWS]
    rest = np.setdiff1d(np.arange(len(table)), first)
    return table.iloc[np.concatenate((first, rest))], about, len(first)


def _usual(n: int, marked: Bool[np.ndarray, " row"] | None) -> int:
    return n // 2 if marked is None or not marked.any() else int(marked.argmax())


def _check(
    readings: Readings,
    normal: int,
    marked: Bool[np.ndarray, " row"] | None,
    application: AlarmConfig,
) -> None:
    n, n_sensors = readings.table.shape
    k, of = application.persist
    if not 1 <= k <= of:
        raise DataError(f"got persist={application.persist}: expected rows of rows, as 4,6")
    rate = 1 - application.level[0] / 100
    least = max(FOLDS * application.block, round(_BEYOND / rate), 2 * n_sensors)
    inside = 0 if marked is None else int(marked[:normal].sum())
    if inside or not least <= normal <= n:
        raise DataError(
            f"{readings.source}: {normal} of {n} rows are taken for normal operation, of which "
            f"{inside} are marked as an anomaly. Expected none of them, and at least {least}: "
            f"{FOLDS} blocks of {application.block}, {_BEYOND} false alarms at a rate of "
            f"{rate:.3g}, two for each of {n_sensors} sensors. Give normal=, a longer part, a "
            "smaller block, or a lower level"
        )
