"""Splits: training never sees what a test sample's target already shows."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Int, Shaped
from numpy.typing import NDArray

from ..errors import DataError


@dataclass(frozen=True)
class Fold:
    """Row numbers of one refit: what it may train on, and what it is tested on."""

    train: Int[np.ndarray, " row"]
    test: Int[np.ndarray, " tested"]


def walk_forward(
    time: Shaped[np.ndarray, " sample"],
    group: Int[np.ndarray, " sample"],
    *,
    test_size: int,
    refit_every: int,
    embargo: int,
) -> tuple[Fold, ...]:
    """Expanding-window folds over the last ``test_size`` dates, refitted every ``refit_every``.

    A sample may be trained on when its target, ``embargo`` rows further down in its own series, is
    known on the first test date.

    Args:
        time: origin of each sample; increasing within each series.
        group: series of each sample.
        test_size: dates to test on, all series together.
        refit_every: dates between two folds.
        embargo: how many rows of a series its targets look ahead.

    Raises:
        DataError: no training sample would be left.
    """
    dates = np.unique(time)
    known_at = time_ahead(time, group, embargo)
    folds = []
    for start in range(len(dates) - test_size, len(dates), refit_every):
        train = np.flatnonzero(known_at <= dates[max(start, 0)])
        if start < 1 or not len(train):
            raise DataError(
                f"got {len(dates)} dates, of which the last {test_size} are to test on, with "
                f"targets {embargo} ahead: nothing is left to train on; give a longer history or "
                "test on fewer"
            )
        first, last = dates[start], dates[min(start + refit_every, len(dates)) - 1]
        folds.append(Fold(train, np.flatnonzero((time >= first) & (time <= last))))
    return tuple(folds)


def tail(
    time: Shaped[np.ndarray, " sample"],
    group: Int[np.ndarray, " sample"],
    *,
    fraction: float,
    embargo: int,
) -> tuple[Int[np.ndarray, " earlier"], Int[np.ndarray, " later"]]:
    """Rows before, and rows of, the latest ``fraction`` of the dates, with the embargo between.

    Raises:
        DataError: one of the two parts would be empty.
    """
    dates = np.unique(time)
    first = dates[min(len(dates) - round(fraction * len(dates)), len(dates) - 1)]
    earlier = np.flatnonzero(time_ahead(time, group, embargo) <= first)
    later = np.flatnonzero(time >= first)
    if not len(earlier) or round(fraction * len(dates)) < 1:
        raise DataError(
            f"got {len(dates)} dates: too few to keep {fraction:.0%} of them for validation with "
            f"an embargo of {embargo}; give a longer history"
        )
    return earlier, later


def time_ahead(
    time: Shaped[np.ndarray, " sample"], group: Int[np.ndarray, " sample"], steps: int
) -> Shaped[np.ndarray, " sample"]:
    """Time of the row ``steps`` further down in the same series; beyond its end, never."""
    result = np.full(time.shape, _never(time.dtype), dtype=time.dtype)
    for number in np.unique(group):
        rows = np.flatnonzero(group == number)
        result[rows[:-steps]] = time[rows[steps:]]
    return result


def is_never(time: Shaped[np.ndarray, " sample"]) -> Bool[np.ndarray, " sample"]:
    """Which times that `time_ahead` gave are beyond the end of their series."""
    never: NDArray[np.bool_] = (
        np.isnat(time) if time.dtype.kind == "M" else time == _never(time.dtype)
    )
    return never


def _never(dtype: np.dtype[Any]) -> Any:
    return np.datetime64("NaT") if dtype.kind == "M" else np.iinfo(dtype).max
