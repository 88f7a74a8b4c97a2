"""The past days most like a given one: a quantum memory on its own, without a network."""

from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas import DataFrame

from qmann_core.data import nanoseconds, settled, whole
from qmann_core.errors import ConfigError, DataError
from qmann_core.memory import QMatrix
from qmann_core.tasks import Result

from .config import FinanceConfig
from .data import Prices, row_of_date
from .days import Days, paths_ahead, read_days
from .evidence import price_changes, sigmas_after
from .variance import daily_returns, ewma_variance, log_variance

_LARGEST = np.pi / 2  # angles that are further apart than pi would look alike again

_NOTE = (
    "Fidelities of windows encoded as angles, simulated; only what was known on the day is recalled"
)


def similar_days(
    prices: Prices, application: FinanceConfig, *, date: str | None = None, k: int | str = 5
) -> Result:
    """The ``k`` days most like ``date``, for each series; see `qmann_finance.similar`.

    The table has unique_id, day, sigma %, and of each case: series, date, sigma then %, weight %,
    fidelity, sigma after %, and the change of the price in percent after some days. Sigmas are of a
    day: of exponential means of the squared returns, and what followed over the horizon or 21 days.
    """
    count = whole("k", k, most=10**6)
    days = read_days(prices, application, lambda frame: paths_ahead(frame, application.horizon))
    queries = [_row_of(days, number, name, date) for number, name in enumerate(prices.names)]
    level = _levels(prices, days)
    tables = [_recall(prices, days, level, query, count, application) for query in queries]
    day = np.datetime_as_string(days.time[queries].max(), unit="D")
    return Result(
        title=f"Days like {day} in {prices.source}, by the {application.window} days up to it",
        table=pd.concat(tables, ignore_index=True),
        notes=(_NOTE, *prices.notes),
    )


def _levels(prices: Prices, days: Days) -> NDArray[np.float64]:
    """Logarithm of the daily volatility in percent on each day, by RiskMetrics."""
    level = np.empty(len(days.time))
    for number, frame in enumerate(prices.frames.values()):
        rows = days.unit == number
        path = log_variance(ewma_variance(daily_returns(frame))) / 2
        level[rows] = path[frame.index[1:].get_indexer(pd.Index(days.time[rows]))]
    return level


def _recall(
    prices: Prices,
    days: Days,
    level: NDArray[np.float64],
    query: int,
    k: int,
    application: FinanceConfig,
) -> DataFrame:
    """The cases for one row of the days."""
    names = np.array(prices.names)
    over = settled(days.time, days.unit, application.horizon) <= nanoseconds(days.time)[query]
    known = np.flatnonzero(np.isfinite(days.y).all(axis=1) & over)
    if not len(known):
        day = np.datetime_as_string(days.time[query], unit="D")
        raise DataError(
            f"{names[days.unit[query]]}: nothing was known before {day}; choose a "
            "later date or give a longer history"
        )
    keys = _angles(days.x, level, known)
    memory = QMatrix(len(known), keys.shape[1], encoding="angle")
    memory.write(keys[known])
    recalled = memory.recall(keys[query], k=len(known), schedule="known")
    rows = known[recalled.addresses]
    chosen = _apart(days, rows, k, application.window)
    cases = rows[chosen]
    day, case = days.time[query], names[days.unit[cases]]
    past = replace(prices, frames={name: f.loc[:day] for name, f in prices.frames.items()})
    return DataFrame(
        {
            "unique_id": names[days.unit[query]],
            "day": day,
            "sigma %": np.exp(level[query]),
            "case": case,
            "date": days.time[cases],
            "sigma then %": np.exp(level[cases]),
            "weight %": 100 * recalled.weights[chosen],
            "fidelity": recalled.fidelities[chosen],
            **sigmas_after(past, case, days.time[cases], 1, application.horizon),
            **price_changes(days.y[cases]),
        }
    )


def _angles(
    x: NDArray[np.float64], level: NDArray[np.float64], known: NDArray[np.int64]
) -> NDArray[np.float32]:
    """Features standardised by the known rows, over sqrt(window) to turn little in all.

    As many wires as days are turned by the level: cases must be of the size of the day, too.
    """
    past, window = x[known], x.shape[1]
    standard = (x - past.mean(axis=(0, 1))) / past.std(axis=(0, 1)) / np.sqrt(window)
    size = np.tile((level - level[known].mean())[:, None], window)
    both = np.concatenate((standard.reshape(len(x), -1), size), axis=1)
    return np.asarray(both.clip(-_LARGEST, _LARGEST).astype(np.float32))


def _apart(days: Days, rows: NDArray[np.int64], k: int, window: int) -> list[int]:
    """Places of the first ``k`` rows whose windows do not overlap one chosen before."""
    chosen: list[int] = []
    for place, row in enumerate(rows):
        near = [
            abs(int(row) - int(rows[other])) < window and days.unit[row] == days.unit[rows[other]]
            for other in chosen
        ]
        if not any(near):
            chosen.append(place)
        if len(chosen) == k:
            break
    return chosen


def _row_of(days: Days, number: int, name: str, date: str | None) -> int:
    """The row of a series for a day, or for the last one before it that has a row."""
    rows = np.flatnonzero(days.unit == number)
    if date is None:
        return int(rows[-1])
    dates = pd.DatetimeIndex(days.time[rows])
    place = row_of_date(dates, date)
    if place is None:
        raise ConfigError(f"got date {date!r}: expected one such as 2008-10-10")
    if place < 0:
        raise DataError(
            f"{name}: no window ends on {date}; expected a date from "
            f"{dates[0]:%Y-%m-%d} to {dates[-1]:%Y-%m-%d}"
        )
    return int(rows[place])
