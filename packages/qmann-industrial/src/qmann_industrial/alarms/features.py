"""Rows of sensors to samples: normal ones, the same with faults injected, and those watched."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float, Int
from pandas import Series

from qmann_core.data import Folds, Samples, grouped, samples_in_order

from ..config import AlarmConfig
from .data import FOLDS, Watched
from .head import along_each

Rows = Float[np.ndarray, "row sensor"]
Reading = Float[np.ndarray, " sensor"]
Count = Int[np.ndarray, " sensor"]
Fault = Callable[[Rows, int, float, np.random.Generator], Float[np.ndarray, " row"]]

_LEARNED, _INJECTED = 10_000, 1_000  # rows at most, about, and rows with faults of each kind
_SIZE = 3.0  # of an injected fault, in deviations of the sensor in normal operation


def _step(rows: Rows, sensor: int, size: float, rng: np.random.Generator) -> Any:
    return rows[:, sensor] + rng.choice((-1, 1)) * size


def _drift(rows: Rows, sensor: int, size: float, rng: np.random.Generator) -> Any:
    return rows[:, sensor] + rng.choice((-1, 1)) * np.linspace(0, 2 * size, len(rows))


def _noise(rows: Rows, sensor: int, size: float, rng: np.random.Generator) -> Any:
    return rows[:, sensor] + size * rng.standard_normal(len(rows))


def _frozen(rows: Rows, sensor: int, _size: float, _rng: np.random.Generator) -> Any:
    return np.full(len(rows), rows[0, sensor])


FAULTS: dict[str, Fault] = {"step": _step, "drift": _drift, "noise": _noise, "frozen": _frozen}
"""Kinds of faults of one sensor: what it says in their place."""


def inject(kind: str, rows: Rows, sensor: int, size: float, rng: np.random.Generator) -> Rows:
    """The rows with a fault of one sensor from the first one on, of a size in its own unit."""
    changed = rows.copy()
    changed[:, sensor] = FAULTS[kind](rows, sensor, size, rng)
    return changed


def settle(watched: Watched, _application: AlarmConfig) -> dict[str, Any]:
    """What the data of the fit decide of the settings: sensors, and how they usually are."""
    if not watched.normal:
        return {}
    n, usual = watched.normal, _usual(watched)
    times = watched.readings.when.iloc[:n].map(instant)
    steps = times.groupby(watched.readings.run.iloc[:n]).diff()
    return {
        "sensors": tuple(map(str, usual.index)),
        "usual": tuple(usual.tolist()),
        "still": tuple(_longest(watched.values[:n]).tolist()),
        "step": float(np.nan_to_num(steps.median())),
    }


def instant(value: Any) -> float:
    """A number as it is, or an ISO 8601 date in seconds, UTC if it does not say; else NaN."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=value.tzinfo or UTC).timestamp()
    try:
        return float(value)
    except (TypeError, ValueError):
        pass
    try:
        return instant(datetime.fromisoformat(str(value).strip()))
    except ValueError:
        return np.nan


def stood(row: Reading, last: Reading, rows: Count) -> tuple[Reading, Count]:
    """The last reading of each sensor after one more row, and for how many rows it has been so.

    A missing reading changes neither.
    """
    there = ~np.isnan(row)
    rows = np.where(there, np.where(row == last, rows + 1, 1), rows)
    return np.where(there, row, last), rows


def weighted(rows: Rows, weight: float, start: Float[np.ndarray, " sensor"]) -> Rows:
    """Exponentially weighted means m_t = (1 - w) m_(t-1) + w x_t of sensors, m_0 given.

    Where a reading is missing, a mean stays as it was.
    """
    found, mean = np.empty_like(rows), start
    for place, step in enumerate(np.nan_to_num(weight * rows, nan=0.0)):
        mean = np.where(np.isnan(rows[place]), mean, (1 - weight) * mean + step)
        found[place] = mean
    return found


def watched_samples(watched: Watched, application: AlarmConfig) -> Samples:
    """A sample for each row: normal ones (target 0), faults in them (1), and rows to be watched.

    Each has the `weighted` means of the sensors. The normal part is cut into blocks, which are
    units; of more than 10,000 rows, blocks are taken evenly. In copies of blocks with 1,000 rows a
    random sensor has a step of three deviations, drifts by six, has as much noise as three, or is
    frozen. What is averaged along time is a ``sequence``.
    """
    values, n, weight = watched.values, watched.normal, application.weight
    run, runs = pd.factorize(watched.readings.run)
    usual, means = np.array(application.usual or _usual(watched)), np.empty_like(values)
    for rows in along_each(run):
        means[rows] = weighted(values[rows], weight, usual)
    blocks = _blocks(run[:n], application.block)
    parts = [(block, k, 0.0, values[block], means[block]) for k, block in enumerate(blocks)]
    deviation = watched.readings.table.iloc[:n].std().to_numpy()
    rng = np.random.default_rng(application.split_seed)
    for k in _evenly(len(blocks), _INJECTED, application.block):
        first = blocks[k][0]
        start = means[first - 1] if first and run[first - 1] == run[first] else usual
        for kind in FAULTS:
            sensor = int(rng.integers(len(deviation)))
            rows = inject(kind, values[blocks[k]], sensor, _SIZE * deviation[sensor], rng)
            parts.append((blocks[k], k, 1.0, rows, weighted(rows, weight, start)))
    rest = [n + rows for rows in along_each(run[n:])]
    parts += [(rows, len(blocks), np.nan, values[rows], means[rows]) for rows in rest]
    parts.sort(key=lambda part: part[1])  # halves of a fold have normal rows and faults alike
    place, unit, target, readings, x = zip(*parts, strict=True)
    sizes, row = [*map(len, place)], np.concatenate(place)
    when = watched.readings.when.astype("str").to_numpy()[row]
    label = np.array([f"{runs[k]} {time}" for k, time in zip(run[row], when, strict=True)])
    y = np.repeat(target, sizes)[:, None]
    samples = samples_in_order(np.concatenate(x), y, label, arrangement=None, name="rows")
    told = {
        "sequence": np.arange(len(row)) if weight == 1 else np.repeat(np.arange(len(parts)), sizes),
        "row": row,
        "reading": np.concatenate(readings).astype(np.float32),
    }
    return replace(
        samples,
        targets={"target": ("anomaly",)},
        unit=np.repeat(unit, sizes),
        units=(*(f"block {k + 1}" for k in range(len(blocks))), "watched"),
        aux={name: torch.from_numpy(column) for name, column in told.items()},
    )


def _usual(watched: Watched) -> Series:
    return watched.readings.table.iloc[: watched.normal].mean()


def block_folds(samples: Samples, application: AlarmConfig) -> Folds:
    """Each block is tested on once, with the faults in it."""
    return grouped(samples.unit, FOLDS, seed=application.split_seed)


def _longest(values: Rows) -> Count:
    last, rows = np.full(values.shape[1], np.nan), np.zeros(values.shape[1], int)
    most = rows
    for row in values:
        last, rows = stood(row, last, rows)
        most = np.maximum(most, rows)
    return most


def _blocks(run: Int[np.ndarray, " row"], size: int) -> list[Int[np.ndarray, " row"]]:
    """Rows of each run in parts of about a size, evenly chosen of many."""
    parts = [
        part
        for rows in along_each(run)
        for part in np.array_split(rows, max(1, round(len(rows) / size)))
    ]
    return [parts[k] for k in _evenly(len(parts), _LEARNED, size)]


def _evenly(n: int, rows: int, size: int) -> list[int]:
    """Of n blocks of a size, so many as have about these rows, and five or all at least."""
    found: list[int] = np.linspace(0, n - 1, min(n, max(FOLDS, rows // size))).astype(int).tolist()
    return found
