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
_STILL = 1e-6  # so that the logarithm of what does not move is finite


def settle(readings: Readings, _application: FaultConfig) -> dict[str, Any]:
    """What the data of the fit decide of the settings: sensors, and what faults are called."""
    if not readings.words:
        return {}
    return {"sensors": tuple(map(str, readings.table)), "words": readings.words}


def described(
    windows: Float[np.ndarray, "window row sensor"],
) -> Float[np.ndarray, "window feature"]:
    """Mean m and log(deviation + 1e-6 (1 + |m|)) of each sensor; of one row, the row itself.

    Missing readings do not count; NaN where all of a window are missing.
    """
    there = np.ma.masked_invalid(windows)
    mean = there.mean(axis=1)
    parts = [mean, np.ma.log(there.std(axis=1) + _STILL * (1 + np.abs(mean)))][: windows.shape[1]]
    return np.concatenate([part.filled(np.nan) for part in parts], axis=1)


def window_samples(readings: Readings, application: FaultConfig) -> Samples:
    """Windows of rows of one run and one fault, known ones first.

    A stretch of rows with the same fault is cut into blocks; windows do not reach across them. A
    unit is a run, if each fault has runs enough, or else a block.

    Raises:
        DataError: no stretch is as long as a window.
    """
    n_rows, step = application.window, application.step or max(1, application.window // 2)
    values, fault = readings.table.to_numpy(), readings.target.to_numpy()
    when = readings.when.astype("str").to_numpy()
    run, names = pd.factorize(readings.run)
    every = _blocks(run, np.nan_to_num(fault, nan=-1), application.block)
    parts = [part for part in every if len(part) >= n_rows]
    if not parts:
        raise DataError(
            f"{readings.source}: no stretch of a run and a fault has {n_rows} rows, one window: "
            "give more rows, or a smaller window"
        )
    x = np.concatenate([described(sliding(values[part], n_rows)[::step]) for part in parts])
    ends = [part[n_rows - 1 :: step] for part in parts]
    end, block = np.concatenate(ends), np.repeat(np.arange(len(ends)), [*map(len, ends)])
    classes = np.arange(len(application.words or readings.words))
    y = np.where(np.isnan(fault[end])[:, None], np.nan, fault[end][:, None] == classes)
    spans = zip(names[run[end]], when[end - n_rows + 1], when[end], strict=True)
    label = np.array([f"{name} {first} to {last}" for name, first, last in spans])
    samples = samples_in_order(x, y, label, arrangement=None, name="windows")
    order = np.argsort(np.isnan(fault[end]), kind="stable")
    unit = (run[end] if by_runs(readings) else block)[order]
    return replace(
        samples,
        targets={"class": application.words or readings.words},
        unit=unit,
        units=tuple(f"run or block {k}" for k in range(unit.max() + 1)),
    )


def by_runs(readings: Readings) -> bool:
    """Whether each fault has runs enough to learn from some, and test on others."""
    counts = _counts(pd.factorize(readings.run)[0], readings.target.to_numpy())
    return min(counts, default=0) >= _FEWEST


def fault_folds(samples: Samples, application: FaultConfig) -> Folds:
    """One fold between units, in whose parts every fault is as frequent as can be.

    Raises:
        DataError: a fault has too few units.
    """
    fault = samples.y.argmax(dim=1).numpy()
    counts = _counts(samples.unit, fault)
    if min(counts) < _FEWEST:
        name = samples.targets["class"][np.unique(fault)[np.argmin(counts)]]
        raise DataError(
            f"got {min(counts)} blocks or runs of {name!r}: expected {_FEWEST} of each fault, to "
            "learn from, to calibrate and to test on; give more rows, or a block below "
            f"{application.block} rows, or leave the fault out"
        )
    units, place = np.unique(samples.unit[::-1], return_index=True)
    drawn = np.random.default_rng(application.split_seed).permutation(len(units))
    ranked = drawn[np.argsort(fault[::-1][place[drawn]], kind="stable")]
    tested = np.zeros(len(units), dtype=bool)
    tested[ranked[:: round(1 / application.test_fraction)]] = True
    return given_folds(np.where(tested[np.searchsorted(units, samples.unit)], 0, -1))


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


def _counts(unit: Int[np.ndarray, " row"], fault: Num[np.ndarray, " row"]) -> list[int]:
    """Units of each fault."""
    known = np.unique(fault[np.isfinite(fault)])
    return [len(np.unique(unit[fault == k])) for k in known]
