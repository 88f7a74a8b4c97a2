"""Splits in time: training never sees what a test sample's target already shows."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Int, Shaped

from ..errors import DataError


@dataclass(frozen=True)
class Fold:
    """Row numbers of one refit: what it may train on, and what it is tested on."""

    train: Int[np.ndarray, " row"]
    test: Int[np.ndarray, " tested"]


def walk_forward(
    time: Shaped[np.ndarray, " sample"], *, test_size: int, refit_every: int, embargo: int
) -> tuple[Fold, ...]:
    """Expanding-window folds over the last ``test_size`` dates, refitted every ``refit_every``.

    A training sample's target must be known before the first test date: the last ``embargo - 1``
    dates before it are left out, where ``embargo`` is how many steps targets look ahead.

    Raises:
        DataError: no training date would be left.
    """
    dates = np.unique(time)
    first = len(dates) - test_size
    if first - (embargo - 1) < 1:
        raise DataError(
            f"got {len(dates)} dates: expected more than {test_size + embargo - 1}, since the last "
            f"{test_size} are for testing; give a longer history or a smaller test_size"
        )
    folds = []
    for start in range(first, len(dates), refit_every):
        end = min(start + refit_every, len(dates))
        seen = time < dates[start - embargo + 1]
        tested = (time >= dates[start]) & (time <= dates[end - 1])
        folds.append(Fold(np.flatnonzero(seen), np.flatnonzero(tested)))
    return tuple(folds)


def tail(
    time: Shaped[np.ndarray, " sample"], *, fraction: float, embargo: int
) -> tuple[Int[np.ndarray, " earlier"], Int[np.ndarray, " later"]]:
    """Rows before, and rows of, the latest ``fraction`` of the dates, with the embargo between.

    Raises:
        DataError: one of the two parts would be empty.
    """
    dates = np.unique(time)
    start = len(dates) - round(fraction * len(dates))
    if not embargo <= start < len(dates):
        raise DataError(
            f"got {len(dates)} dates: too few to keep {fraction:.0%} of them for validation with "
            f"an embargo of {embargo}; give a longer history"
        )
    return np.flatnonzero(time < dates[start - embargo + 1]), np.flatnonzero(time >= dates[start])
