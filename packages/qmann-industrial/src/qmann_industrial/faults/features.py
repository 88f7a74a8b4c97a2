"""Tables of sensors to samples: a window of rows each, in blocks that folds do not part."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float, Int, Num

from qmann_core.data import Folds, Samples, given_folds, samples_in_order, sliding
from qmann_core.errors import DataError

from ..config import FaultConfig
from .data import Readings

_FEWEST = 4  # runs, or blocks, of a class: one to test on, one to calibrate on, two to learn from


def settle(readings: Readings, _application: FaultConfig) -> dict[str, Any]:
    """What the data of the fit decide of the settings: sensors, and what faults are called."""
    if not readings.words:
        return {}
    return {"sensors": tuple(map(str, readings.table)), "words": readings.words}


def described(
    windows: Float[np.ndarray, "window row sensor"],
) -> Float[np.ndarray, "window feature"]:
    """Mean and deviation of each sensor; of one row, the row itself.

    Missing readings do not count; NaN where all of a window are missing.
    """
    there = np.ma.masked_invalid(windows)
    parts = [there.mean(axis=1), there.std(axis=1)][: windows.shape[1]]
    return np.concatenate([part.filled(np.nan) for part in parts], axis=1)


def window_samples(readings: Readings, application: FaultConfig) -> Samples:
    """Windows of rows of one run and one fault, known ones first.

    A stretch of rows with the same fault is cut into blocks; windows do not reach across them. A
    unit is a run, if each fault has runs enough, or else a block.

    Raises:
        DataError: no stretch is as long as a window.
    """
    n_rows, step = application.window, application.step or max(1, application.window // 2)
    values, when, fault = (
        readings.table.to_numpy(),
        readings.when.astype("str").to_numpy(),
        _faults(readings),
    )
    run, names = pd.factorize(readings.run)
    x, ends, blocks = [], [], []
    for block, part in enumerate(_blocks(run, np.nan_to_num(fault, nan=-1), application.block)):
        if len(part) >= n_rows:
            last = part[n_rows - 1 :: step]
            x.append(described(sliding(values[part], n_rows)[::step]))
            ends.append(last)
            blocks.append(np.full(len(last), block))
    if not x:
        raise DataError(
            f"{readings.source}: no stretch of a run and a fault has {n_rows} rows, one window: "
            "give more rows, or a smaller window"
        )
    end, block = np.concatenate(ends), np.concatenate(blocks)
    classes = np.arange(len(application.words or readings.words))
    y = np.where(np.isnan(fault[end])[:, None], np.nan, fault[end][:, None] == classes)
    spans = zip(names[run[end]], when[end - n_rows + 1], when[end], strict=True)
    label = np.array([f"{name} {first} to {last}" for name, first, last in spans])
    samples = samples_in_order(np.concatenate(x), y, label, arrangement=None, name="windows")
    order = np.argsort(np.isnan(fault[end]), kind="stable")
    unit, units = run[end], names
    if not by_runs(readings):
        unit, units = block, np.array([f"block {k}" for k in range(block.max() + 1)])
    return replace(
        samples,
        targets={"class": application.words or readings.words},
        unit=unit[order],
        units=tuple(units),
        test=None if readings.test is None else readings.test[end][order],
    )


def by_runs(readings: Readings) -> bool:
    """Whether each fault has runs enough to learn from some, and test on others."""
    return min(_counts(pd.factorize(readings.run)[0], _faults(readings)), default=0) >= _FEWEST


def fault_folds(samples: Samples, application: FaultConfig) -> Folds:
    """Folds between units, in each of which every fault is as frequent as can be.

    One of them, unless all are asked for; or what a column split says.

    Raises:
        DataError: a fault has too few units.
    """
    if samples.test is not None and samples.test.any():
        return given_folds(np.where(samples.test, 0, -1))
    fault = samples.y.argmax(dim=1).numpy()
    counts = _counts(samples.unit, fault)
    if min(counts) < _FEWEST:
        name = samples.targets["class"][np.unique(fault)[np.argmin(counts)]]
        raise DataError(
            f"got {min(counts)} blocks or runs of {name!r}: expected {_FEWEST} of each fault, to "
            f"learn from, to calibrate and to test on; give more rows, or a block below "
            f"{application.block} rows, or leave the fault out"
        )
    units, place = np.unique(samples.unit, return_index=True)
    drawn = np.random.default_rng(application.split_seed).permutation(len(units))
    ranked = drawn[np.argsort(fault[place[drawn]], kind="stable")]
    n_folds = min(round(1 / application.test_fraction), len(units))
    number = np.empty(len(units), dtype=np.int64)
    number[ranked] = np.arange(len(units)) % n_folds
    folds = given_folds(number[np.searchsorted(units, samples.unit)])
    return folds if application.split == "folds" else Folds(folds.rows[:1], folds.kind)


def _blocks(
    run: Int[np.ndarray, " row"], fault: Float[np.ndarray, " row"], size: int
) -> list[Int[np.ndarray, " rows"]]:
    """Rows of each stretch of one run and fault, in parts of about a size where it is known."""
    change = np.flatnonzero((np.diff(run) != 0) | (np.diff(fault) != 0)) + 1
    return [
        part
        for stretch in np.split(np.arange(len(run)), change)
        for part in np.array_split(
            stretch, 1 if fault[stretch[0]] < 0 else max(1, round(len(stretch) / size))
        )
    ]


def _faults(readings: Readings) -> Float[np.ndarray, " row"]:
    """Of each row, NaN where it is to be predicted."""
    if readings.target is None:
        return np.full(len(readings.table), np.nan)
    return readings.target.to_numpy(float)


def _counts(unit: Int[np.ndarray, " row"], fault: Num[np.ndarray, " row"]) -> list[int]:
    """Units of each fault."""
    known = np.unique(fault[np.isfinite(fault)])
    return [len(np.unique(unit[fault == k])) for k in known]
