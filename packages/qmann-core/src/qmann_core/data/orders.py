"""Splits of data without time: each is an order of the samples, whose end is tested on."""

from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import torch
from jaxtyping import Bool, Float, Int, Shaped

from ..errors import DataError
from .samples import Samples
from .splits import Fold, Folds

Split = Literal["random", "scaffold", "time", "given"]
"""At random; by groups of like samples, largest first; by date, oldest first; as the data say."""

LATER = 2**62  # the place of what is to be predicted: after whatever was trained on


@dataclass(frozen=True)
class Arrangement:
    """Samples in the order of a split."""

    order: Int[np.ndarray, " sample"]
    """Row numbers in that order."""
    test: Bool[np.ndarray, " sample"]
    """Which of them, in that order, are tested on: the last ones."""


def arrange(
    split: Split,
    n: int,
    *,
    test_fraction: float,
    seed: int,
    groups: Shaped[np.ndarray, " sample"] | None = None,
    time: Float[np.ndarray, " sample"] | None = None,
    given: Bool[np.ndarray, " sample"] | None = None,
) -> Arrangement:
    """Put ``n`` samples in the order of a split.

    The training part is at random where the split does not order it itself, so that its end, which
    early stopping validates on, is like the rest.

    Args:
        split: which one.
        n: samples.
        test_fraction: part to test on; a given split has its own.
        seed: of everything random.
        groups: for "scaffold": samples of a group stay together, the largest groups come first
            and so into training, of equal ones the last that appeared (as in DeepChem).
        time: for "time": the oldest first.
        given: for "given": which samples to test on.

    Raises:
        DataError: too few samples, or what the split goes by is not known.
    """
    shuffled = np.random.default_rng(seed).permutation(n)
    if split == "given":
        test = _known("given", given, "add a column split with train or test in each row")
        order = shuffled[np.argsort(test[shuffled], kind="stable")]
        n_test = int(test.sum())
    else:
        if split == "scaffold":
            order = _largest_first(_known("scaffold", groups, "give the groups"))
        elif split == "time":
            order = _oldest_first(_known("time", time, "give each row a year"))
        else:
            order = shuffled
        n_test = round(test_fraction * n)
    if not 0 < n_test < n:
        way = "correct the column split" if split == "given" else "give more rows"
        raise DataError(
            f"got {n} rows with a target, of which the split {split!r} puts {n_test} into the test "
            f"part. Expected some in both parts: {way}, or choose another split"
        )
    return Arrangement(order, np.arange(n) >= n - n_test)


def _largest_first(groups: Shaped[np.ndarray, " sample"]) -> Int[np.ndarray, " sample"]:
    _, first, group, count = np.unique(
        groups, return_index=True, return_inverse=True, return_counts=True
    )
    return np.lexsort((-first[group], -count[group]))


def _oldest_first(time: Float[np.ndarray, " sample"]) -> Int[np.ndarray, " sample"]:
    unknown = int(np.isnan(time).sum())
    if unknown:
        raise DataError(
            f"the split 'time' needs the year of every sample, {unknown} of {len(time)} have none: "
            "add a column year, or choose another split"
        )
    return np.argsort(time, kind="stable")


def _known(split: str, values: np.ndarray | None, action: str) -> np.ndarray:
    if values is None:
        raise DataError(f"the split {split!r} cannot be made: {action}, or choose another split")
    return values


def after_all(samples: Samples) -> Samples:
    """The samples at places after whatever was trained on: each may be answered from all of it."""
    place = LATER + np.arange(len(samples))
    return replace(samples, time=place.astype("datetime64[ns]") if samples.dated else place)


def held_out(samples: Samples, _application: Any) -> Folds:
    """One fold: train on all samples but those that the split tests on.

    Raises:
        DataError: nothing to train on or nothing to test on.
    """
    test = samples.test
    if test is None or test.all() or not test.any():
        found = "no split" if test is None else f"{len(test)} samples, {test.sum()} to test on"
        raise DataError(f"got {found}: expected some to train on and some to test on")
    return Folds((Fold(np.flatnonzero(~test), np.flatnonzero(test)),))


def samples_in_order(
    x: Float[np.ndarray, "sample feature"],
    y: Float[np.ndarray, "sample target"],
    label: Shaped[np.ndarray, " sample"],
    *,
    arrangement: Arrangement | None,
    name: str,
) -> Samples:
    """Samples of data without time: known ones as the split has arranged them, then the others.

    ``x`` is what the network reads and, with a constant, what the closed-form part does.

    Args:
        x: one row per sample.
        y: NaN where a target is to be predicted.
        label: text that names each sample.
        arrangement: of the rows whose targets are known; None if there are none.
        name: of all the samples together.
    """
    known = np.isfinite(y).all(axis=1)
    rows, test = np.flatnonzero(known), np.zeros(len(x), dtype=bool)
    if arrangement is not None:
        rows = rows[arrangement.order]
        test[: len(rows)] = arrangement.test
    rest = np.flatnonzero(~known)
    order = np.concatenate((rows, rest))
    return Samples(
        torch.from_numpy(x[order].astype(np.float32)).unsqueeze(1),
        torch.from_numpy(y[order].astype(np.float64)),
        time=np.concatenate((np.arange(len(rows)), LATER + np.arange(len(rest)))),
        units=(name,),
        label=label[order],
        test=test,
    )
