"""The past days most like a given one: a quantum memory on its own, without a network."""

from dataclasses import replace

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from pandas import DataFrame

from qmann_core.data import Samples, whole
from qmann_core.errors import ConfigError, DataError
from qmann_core.memory import QMatrix
from qmann_core.tasks import Result

from .config import FinanceConfig
from .data import Prices, row_of_date
from .evidence import price_changes, sigmas_after
from .features import price_paths
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
    samples = price_paths(prices, application)
    level = _levels(prices, samples)
    queries = [_row_of(samples, number, date) for number in range(len(samples.units))]
    tables = [
        _recall(prices, samples, level, query, count, application.window) for query in queries
    ]
    day = np.datetime_as_string(samples.time[queries].max(), unit="D")
    return Result(
        title=f"Days like {day} in {prices.source}, by the {application.window} days up to it",
        table=pd.concat(tables, ignore_index=True),
        notes=(_NOTE, *prices.notes),
    )


def _levels(prices: Prices, samples: Samples) -> NDArray[np.float64]:
    """Logarithm of each sample's daily volatility in percent, by RiskMetrics."""
    level = np.empty(len(samples))
    for group, name in enumerate(samples.units):
        frame, rows = prices.frames[name], samples.unit == group
        path = log_variance(ewma_variance(daily_returns(frame))) / 2
        level[rows] = path[frame.index[1:].get_indexer(pd.Index(samples.time[rows]))]
    return level


def _recall(
    prices: Prices,
    samples: Samples,
    level: NDArray[np.float64],
    query: int,
    k: int,
    window: int,
) -> DataFrame:
    """The cases for one row of the samples."""
    known = np.flatnonzero(samples.known & (samples.settled <= samples.origin[query]).numpy())
    if not len(known):
        day = np.datetime_as_string(samples.time[query], unit="D")
        raise DataError(
            f"{samples.units[samples.unit[query]]}: nothing was known before {day}; choose a "
            "later date or give a longer history"
        )
    keys = _angles(samples.x.double().numpy(), level, known)
    memory = QMatrix(len(known), keys.shape[1], encoding="angle")
    memory.write(keys[known])
    recalled = memory.recall(keys[query], k=len(known), schedule="known")
    rows = known[recalled.addresses]
    chosen = _apart(samples, rows, k, window)
    cases = rows[chosen]
    paths = samples.y[torch.from_numpy(cases)].double().numpy()
    names = np.array(samples.units)
    series, dates, days = names[samples.unit[cases]], samples.time[cases], paths.shape[1]
    day = samples.time[query]
    past = replace(prices, frames={name: f.loc[:day] for name, f in prices.frames.items()})
    after = sigmas_after(past, series, dates, 1, days)
    return DataFrame(
        {
            "unique_id": names[samples.unit[query]],
            "day": day,
            "sigma %": np.exp(level[query]),
            "case": series,
            "date": dates,
            "sigma then %": np.exp(level[cases]),
            "weight %": 100 * recalled.weights[chosen],
            "fidelity": recalled.fidelities[chosen],
            **after,
            **price_changes(paths),
        }
    )


def _angles(
    x: NDArray[np.float64], level: NDArray[np.float64], known: NDArray[np.int64]
) -> NDArray[np.float32]:
    """Features standardised by the known rows, over sqrt(window) to turn little in all.

    As many wires as days are turned by the level: cases must be of the size of the day, too.
    """
    past, days = x[known], x.shape[1]
    standard = (x - past.mean(axis=(0, 1))) / past.std(axis=(0, 1)) / np.sqrt(days)
    size = np.tile((level - level[known].mean())[:, None], days)
    both = np.concatenate((standard.reshape(len(x), -1), size), axis=1)
    return both.clip(-_LARGEST, _LARGEST).astype(np.float32)


def _apart(samples: Samples, rows: NDArray[np.int64], k: int, window: int) -> list[int]:
    """Places of the first ``k`` rows whose windows do not overlap one chosen before."""
    chosen: list[int] = []
    for place, row in enumerate(rows):
        near = [
            abs(int(row) - int(rows[other])) < window
            and samples.unit[row] == samples.unit[rows[other]]
            for other in chosen
        ]
        if not any(near):
            chosen.append(place)
        if len(chosen) == k:
            break
    return chosen


def _row_of(samples: Samples, group: int, date: str | None) -> int:
    """The row of a series for a day, or for the last one before it that has a row."""
    rows = np.flatnonzero(samples.unit == group)
    if date is None:
        return int(rows[-1])
    days = pd.DatetimeIndex(samples.time[rows])
    place = row_of_date(days, date)
    if place is None:
        raise ConfigError(f"got date {date!r}: expected one such as 2008-10-10")
    if place < 0:
        raise DataError(
            f"{samples.units[group]}: no window ends on {date}; expected a date from "
            f"{days[0]:%Y-%m-%d} to {days[-1]:%Y-%m-%d}"
        )
    return int(rows[place])
