"""Splits: training never sees what a test sample's target already shows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from jaxtyping import Bool, Int, Int64, Shaped
from numpy.typing import NDArray

from ..errors import DataError


@dataclass(frozen=True)
class Fold:
    """Row numbers of one refit: what it may train on, and what it is tested on."""

    train: Int[np.ndarray, " row"]
    test: Int[np.ndarray, " tested"]


@dataclass(frozen=True)
class Folds:
    """All folds of an evaluation."""

    rows: tuple[Fold, ...]
    kind: Literal["expanding", "independent"] = "expanding"
    """Expanding: one walk, whose folds are in the order of the samples' time (or of their place),
    and whose models go on from fold to fold. Independent: every fold starts afresh, and a unit is
    trained on or tested on, never both."""

    def __iter__(self) -> Iterator[Fold]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, number: int) -> Fold:
        return self.rows[number]

    @property
    def walks(self) -> "tuple[Folds, ...]":
        """What one model goes along: all expanding folds, or a single independent one."""
        if self.kind == "expanding":
            return (self,)
        return tuple(Folds((fold,), self.kind) for fold in self.rows)

    def held_back(
        self,
        time: Shaped[np.ndarray, " row"],
        unit: Int[np.ndarray, " row"],
        *,
        fraction: float,
        embargo: int,
    ) -> tuple[Int[np.ndarray, " learned"], Int[np.ndarray, " validated"]]:
        """A training part as rows to learn from, and rows for early stopping and calibration.

        Of expanding folds these are the latest ones, see `tail`; of independent folds whole units,
        at least one, or rows where there is but one unit, evenly drawn by a fixed seed.

        Raises:
            DataError: one of the two parts would be empty.
        """
        if self.kind == "expanding":
            return tail(time, unit, fraction=fraction, embargo=embargo)
        among = unit if len(np.unique(unit)) > 1 else np.arange(len(unit))
        n_folds = min(round(1 / fraction), len(np.unique(among)))
        fold = _parted(among, n_folds, seed=0)[0]
        return fold.train, fold.test


def walk_forward(
    time: Shaped[np.ndarray, " sample"],
    unit: Int[np.ndarray, " sample"],
    *,
    test_size: int,
    refit_every: int,
    embargo: int,
) -> Folds:
    """Expanding-window folds over the last ``test_size`` dates, refitted every ``refit_every``.

    A sample may be trained on when its target, ``embargo`` rows further down in its own series, is
    known on the first test date.

    Args:
        time: origin of each sample; increasing within each series.
        unit: series of each sample.
        test_size: dates to test on, all series together.
        refit_every: dates between two folds.
        embargo: how many rows of a series its targets look ahead.

    Raises:
        DataError: no training sample would be left.
    """
    dates = np.unique(time)
    known_at = time_ahead(time, unit, embargo)
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
    return Folds(tuple(folds))


def grouped(
    group: Shaped[np.ndarray, " sample"], n_folds: int | None = None, *, seed: int = 0
) -> Folds:
    """Independent folds over groups, each of which is tested on once and as a whole.

    Args:
        group: of each sample, numbers or text: its unit, or what must not be parted.
        n_folds: how many; None leaves one group out at a time.
        seed: of which groups come together.

    Raises:
        DataError: fewer groups than folds, or than two.
    """
    return Folds(_parted(group, n_folds, seed=seed), "independent")


def given_folds(tested_in: Int[np.ndarray, " sample"]) -> Folds:
    """Independent folds as the data say.

    Args:
        tested_in: in which fold a sample is tested, from 0; -1 where in none, so that all train
            on it.

    Raises:
        DataError: a fold is tested on everything, or there is none.
    """
    numbers = np.unique(tested_in[tested_in >= 0])
    folds = tuple(
        Fold(np.flatnonzero(tested_in != k), np.flatnonzero(tested_in == k)) for k in numbers
    )
    if not folds or not all(len(fold.train) for fold in folds):
        raise DataError(
            f"got the folds {numbers.tolist()} of {len(tested_in)} samples: expected at least one, "
            "and samples outside of each to train on"
        )
    return Folds(folds, "independent")


def check_apart(folds: Folds, unit: Int[np.ndarray, " sample"], units: Sequence[str]) -> None:
    """Refuse independent folds that train and test on the same of several units.

    Raises:
        DataError: with the first such unit.
    """
    if folds.kind == "expanding" or len(units) < 2:
        return
    for fold in folds:
        shared = np.intersect1d(unit[fold.train], unit[fold.test])
        if len(shared):
            raise DataError(
                f"{units[shared[0]]} is trained on and tested on in one fold, and {len(shared) - 1}"
                " more units are: expected folds between units; see grouped(samples.unit)"
            )


def _parted(
    group: Shaped[np.ndarray, " sample"], n_folds: int | None, *, seed: int
) -> tuple[Fold, ...]:
    names, number = np.unique(group, return_inverse=True)
    n = len(names) if n_folds is None else n_folds
    if not 2 <= n <= len(names):
        raise DataError(
            f"got {n} folds of {len(names)} groups: expected at least two, and a group for each"
        )
    place = np.random.default_rng(seed).permutation(len(names)) % n
    fold = place[number]
    return tuple(Fold(np.flatnonzero(fold != k), np.flatnonzero(fold == k)) for k in range(n))


def tail(
    time: Shaped[np.ndarray, " sample"],
    unit: Int[np.ndarray, " sample"],
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
    earlier = np.flatnonzero(time_ahead(time, unit, embargo) <= first)
    later = np.flatnonzero(time >= first)
    if not len(earlier) or round(fraction * len(dates)) < 1:
        raise DataError(
            f"got {len(dates)} dates: too few to keep {fraction:.0%} of them for validation with "
            f"an embargo of {embargo}; give a longer history"
        )
    return earlier, later


def time_ahead(
    time: Shaped[np.ndarray, " sample"], unit: Int[np.ndarray, " sample"], steps: int
) -> Shaped[np.ndarray, " sample"]:
    """Time of the row ``steps`` further down in the same series; beyond its end, never."""
    result = np.full(time.shape, _never(time.dtype), dtype=time.dtype)
    for number in np.unique(unit):
        rows = np.flatnonzero(unit == number)
        result[rows[:-steps]] = time[rows[steps:]]
    return result


def settled(
    time: Shaped[np.ndarray, " sample"], unit: Int[np.ndarray, " sample"], steps: int
) -> Int64[np.ndarray, " sample"]:
    """From when on what is ``steps`` ahead is known, in nanoseconds; see `Samples.settled`."""
    ahead, own = time_ahead(time, unit, steps), nanoseconds(time)
    known_at = np.where(is_never(ahead), own.max(initial=0) + 1, nanoseconds(ahead))
    return np.asarray(np.maximum(known_at, own + 1))


def nanoseconds(time: Shaped[np.ndarray, " sample"]) -> Int64[np.ndarray, " sample"]:
    """Dates as nanoseconds; a counter as it is."""
    count: NDArray[np.int64] = time.astype("datetime64[ns]").astype(np.int64)
    return count


def is_never(time: Shaped[np.ndarray, " sample"]) -> Bool[np.ndarray, " sample"]:
    """Which times that `time_ahead` gave are beyond the end of their series."""
    never: NDArray[np.bool_] = (
        np.isnat(time) if time.dtype.kind == "M" else time == _never(time.dtype)
    )
    return never


def _never(dtype: np.dtype[Any]) -> Any:
    return np.datetime64("NaT") if dtype.kind == "M" else np.iinfo(dtype).max
