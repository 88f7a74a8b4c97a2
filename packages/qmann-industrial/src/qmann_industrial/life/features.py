"""Histories to samples: moving means of each sensor and the age, and the remaining life."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int64
from pandas import DataFrame

from qmann_core.data import Folds, Samples, grouped
from qmann_core.errors import ConfigError

from ..config import HistoryConfig
from ..histories import Histories, check_failures, load_histories, needed, with_running
from ..simulated import demo_histories


def read_histories(source: Any, application: HistoryConfig, *, known: bool = True) -> Histories:
    """What a source holds, as a run is configured; the demo where there is none."""
    if application.windows[0] < 1 or application.windows[0] >= application.windows[1]:
        raise ConfigError(
            f"got windows={application.windows}: expected rows of a short and of a longer mean, "
            "as 10,30"
        )
    if source is None:
        return demo_histories()
    words = {"unit": application.unit, "time": application.time, "failed": application.failed}
    found = load_histories(source, **words, running=not known)
    if not known:
        return found
    if application.running is not None:
        words["failed"] = None
        found = with_running(found, load_histories(application.running, **words, running=True))
    return found


def read_running(source: Any, application: HistoryConfig) -> Histories:
    """What a source holds of machines that are still running."""
    return read_histories(source, application, known=False)


def settle(histories: Histories, application: HistoryConfig) -> dict[str, Any]:
    """What the machines of the fit decide of the settings: which sensors, and whether any is real.

    Raises:
        DataError: too few machines failed.
    """
    check_failures(histories)
    if application.sensors:
        return {}
    return {"sensors": histories.sensors, "simulated": histories.simulated}


def means(frame: DataFrame, windows: tuple[int, int]) -> Float[np.ndarray, "row feature"]:
    """Of each sensor the mean over the last few rows, how far it is above two others; and the age.

    These are the mean over more rows, and that over all so far. Each uses nothing after its row;
    missing values have no say. Trees and kernels read differences better than the means themselves,
    as machines left out of C-MAPSS FD001 showed.
    """
    short, long = (frame.rolling(rows, min_periods=1).mean() for rows in windows)
    parts = (short, short - long, short - frame.expanding(1).mean())
    return np.column_stack([*(np.asarray(each) for each in parts), frame.index.to_numpy(float)])


def life_samples(histories: Histories, application: HistoryConfig) -> Samples:
    """Rows of machines that failed, and the last row of each that is running.

    Of many rows, one of each of some stretches of equal length is drawn; at even distances they
    would leave gaps between remaining lives. The target is the remaining life, at most
    the cap, and not known where a machine is running. Beside it stand the age, the remaining life
    without the cap, and which row of each machine is ``drawn``: one, as if it were the last.

    Raises:
        DataError: a sensor that the model reads is missing.
    """
    failed = histories.failed
    n_rows = sum(len(frame) for name, frame in histories.frames.items() if failed[name])
    share, rng = min(1.0, application.most / max(n_rows, 1)), _generator(application)
    places = {
        name: _drawn(rng, len(frame), share) if failed[name] else np.array([len(frame) - 1])
        for name, frame in histories.frames.items()
    }
    return _samples(histories, application, places)


def fleet_samples(histories: Histories, application: HistoryConfig) -> Samples:
    """Rows of all machines, with the time to the failure or, without one, to the last row.

    Each row is a landmark from which the machine is followed (van Houwelingen 2007,
    doi:10.1111/j.1467-9469.2006.00529.x), for twice the horizon at most: what comes later is
    censored, as is what comes after the last row of a machine that is running. That row is asked.

    Raises:
        DataError: a sensor that the model reads is missing.
    """
    n_rows = sum(map(len, histories.frames.values()))
    share, rng = min(1.0, application.most / n_rows), _generator(application)
    places = {}
    for name, frame in histories.frames.items():
        rows, last = _drawn(rng, len(frame) - 1, share), len(frame) - 1
        places[name] = rows if histories.failed[name] else np.append(rows, last)
    samples, most = _samples(histories, application, places), 2 * application.horizon
    ends = {name: float(frame.index[-1]) for name, frame in histories.frames.items()}
    names = np.array(samples.units)[samples.unit]
    left = np.array([ends[name] for name in names]) - samples.aux["age"].double().numpy()
    event = np.array([histories.failed[name] for name in names]) & (left <= most)
    y = np.where(left > 0, np.minimum(left, most), np.nan)
    horizon = np.full(len(y), application.horizon)
    told = {
        name: torch.from_numpy(a).float() for name, a in (("event", event), ("horizon", horizon))
    }
    return replace(
        samples,
        y=torch.from_numpy(y).float().unsqueeze(1),
        targets={"target": ("time to failure",)},
        aux={"age": samples.aux["age"], **told},
    )


def every_age(histories: Histories, application: HistoryConfig) -> Samples:
    """All rows of the machines that are running."""
    frames = histories.frames.items()
    places = {name: np.arange(len(f)) for name, f in frames if not histories.failed[name]}
    return _samples(histories, application, places)


def _generator(application: HistoryConfig) -> np.random.Generator:
    return np.random.default_rng(application.split_seed)


def _drawn(rng: np.random.Generator, n: int, share: float) -> Int64[np.ndarray, " row"]:
    n_drawn = max(1, round(share * n))
    places = (np.arange(n_drawn) + rng.random(n_drawn)) * n / n_drawn
    return np.unique(places.astype(np.int64))


def _samples(
    histories: Histories,
    application: HistoryConfig,
    places: Mapping[str, Int64[np.ndarray, " row"]],
) -> Samples:
    sensors, x, parts = application.sensors or histories.sensors, [], []
    rng = _generator(application)
    for number, (name, rows) in enumerate(places.items()):
        frame = needed(histories.frames[name], sensors, histories)
        x.append(means(frame, application.windows)[rows])
        age = frame.index.to_numpy(float)
        left = age[-1] - age[rows] if histories.failed[name] else np.full(len(rows), np.nan)
        drawn = np.arange(len(rows)) == rng.integers(len(rows))
        parts.append(np.column_stack((np.full(len(rows), number), rows, age[rows], left, drawn)))
    unit, row, age, left, drawn = np.concatenate(parts).T
    beside = {"age": age, "left": left, "drawn": drawn}
    return Samples(
        torch.from_numpy(np.concatenate(x)).float(),
        torch.from_numpy(np.minimum(left, application.cap)).float().unsqueeze(1),
        time=row.astype(np.int64),
        unit=unit.astype(np.int64),
        units=tuple(places),
        targets={"target": ("remaining life",)},
        aux={name: torch.from_numpy(values).float() for name, values in beside.items()},
    )


def unit_folds(samples: Samples, application: HistoryConfig) -> Folds:
    """One fold or all of a cross-validation between machines."""
    n = min(round(1 / application.test_fraction), len(np.unique(samples.unit)))
    folds = grouped(samples.unit, n, seed=application.split_seed)
    return Folds(folds.rows[:1], folds.kind) if application.split == "random" else folds
