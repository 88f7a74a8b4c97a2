"""Reports on alarms: when they began and ended, how high they went, and which sensors did it."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from jaxtyping import Bool, Int
from pandas import DataFrame

from qmann_core.data import Samples
from qmann_core.tasks import Prediction, Report

from .data import Watched
from .head import along, along_each
from .scores import alarms

_SENSORS = 3  # named for each alarm
_SHOWN = 0.01  # of the distance, at least
ROWS = 20  # of its beginning, at most, by which sensors are found
MISSING = 0.5  # of the sensors: more is no data
NO_DATA = "no data"


@dataclass(frozen=True, kw_only=True)
class AnomalyReport(Report):
    """Alarms in the rows that are watched.

    The table has a row for each: its run; onset and end, the first and the last row over the limit,
    by their time or number; how many rows that are; height, the largest distance from normal
    operation over the limit; and the sensors that contributed most at its beginning, each with how
    much of the distance, by the model that answers, is gone once it is put back to its mean. A
    stretch in which more than half of the sensors are missing has a row of its own, "no data" in
    place of sensors: it is not taken for healthy. Where anomalies are marked, delay is how many
    rows after the mark an alarm began.
    """

    trace: DataFrame = field(repr=False)
    """Of each row: run, row (from 1), when, height over the limit, and whether there is an alarm;
    height is missing where there is no data."""

    def plot(self) -> Any:
        """The height of each run along its rows, with its alarms."""
        from .plots import alarms_plot

        return alarms_plot(self.heading, self.trace)


def anomaly_report(prediction: Prediction) -> AnomalyReport:
    """Alarms, their sensors, and the height of every row."""
    watched: Watched = prediction.records
    rate = 100 - prediction.application.level[0]
    k, of = prediction.application.persist
    meant = (
        f"{rate:g} % of the normal rows are meant to be over the limit, and {k} of {of} in a row "
        "raise an alarm; it says what differs from the normal part, not what is bad"
    )
    common = prediction.common(
        f"Alarms in {watched.readings.source}",
        _table,
        evidence=None,
        notes=(meant, *watched.readings.notes),
    )
    return AnomalyReport(trace=_trace(prediction), **common)


def _trace(prediction: Prediction) -> DataFrame:
    samples, watched = prediction.samples, prediction.records
    row = samples.aux["row"].numpy()
    height = np.exp((along(prediction.outputs, samples) - prediction.outputs["limit"][:, -1]) / 2)
    run = watched.readings.run.to_numpy()[row]
    alarm = np.zeros(len(row), bool)
    for first, _, last, rows in _found(prediction, height):
        alarm[rows[first : last + 1]] = True
    return DataFrame(
        {
            "run": run,
            "row": row + 1,
            "when": watched.readings.when.astype("str").to_numpy()[row],
            "height": np.where(_told(samples), height, np.nan),
            "alarm": alarm,
        }
    )


def _told(samples: Samples) -> Bool[np.ndarray, " row"]:
    """Rows in which at least half of the sensors say something."""
    missing = samples.aux["reading"].isnan().float().mean(dim=1).numpy()
    return np.asarray(missing <= MISSING)


def _found(prediction: Prediction, height: Any) -> list[tuple[int, int, int, Any]]:
    """First row, row that raised it and last row of each alarm, among those of its sequence."""
    over, found = (height > 1) & _told(prediction.samples), []
    for rows in along_each(prediction.samples.aux["sequence"].numpy()):
        stretches = alarms(over[rows], prediction.application.persist)
        found += [(*each, rows) for each in stretches.tolist()]
    return found


def _table(prediction: Prediction) -> DataFrame:
    samples, watched, trace = prediction.samples, prediction.records, _trace(prediction)
    height = trace["height"].to_numpy()
    stretches = _found(prediction, np.nan_to_num(height))
    groups = [rows[first : last + 1] for first, _, last, rows in stretches]
    behind = contributions(prediction, [rows[:ROWS] for rows in groups])
    found = [
        (rows, float(np.nanmax(height[rows])), named(sensors))
        for rows, sensors in zip(groups, behind, strict=True)
    ]
    missing = ~_told(samples)
    edge = np.flatnonzero(np.diff(missing.astype(int), prepend=0, append=0)).reshape(-1, 2)
    found += [(np.arange(a, b), np.nan, NO_DATA) for a, b in edge]
    found.sort(key=lambda each: int(each[0][0]))
    when, run = trace["when"].to_numpy(), trace["run"].to_numpy()
    table = DataFrame(
        {
            "alarm": np.arange(1, len(found) + 1),
            "run": [run[rows[0]] for rows, _, _ in found],
            "onset": [when[rows[0]] for rows, _, _ in found],
            "end": [when[rows[-1]] for rows, _, _ in found],
            "rows": [len(rows) for rows, _, _ in found],
            "height": [top for _, top, _ in found],
            "sensors": [names for _, _, names in found],
        }
    )
    if watched.marked is not None and watched.marked.any():
        table["delay"] = _delays(watched, trace["row"].to_numpy() - 1, found)
    return table


def named(sensors: Sequence[tuple[str, float]]) -> str:
    """The first of the `contributions` to one group of rows, in words."""
    shown = [f"{name} {share:.0%}" for name, share in sensors[:_SENSORS] if share >= _SHOWN]
    return ", ".join(shown)


def _delays(watched: Watched, row: Int[np.ndarray, " row"], found: Any) -> list[float]:
    """Rows from the mark to the onset, NaN of alarms that begin where nothing is marked."""
    marked = watched.marked
    assert marked is not None
    run = watched.readings.run.to_numpy()
    new = np.append(True, run[1:] != run[:-1]) | ~np.append(False, marked[:-1])
    begun = np.maximum.accumulate(np.where(marked & new, np.arange(len(marked)), -1))
    onset = [int(row[rows[0]]) for rows, _, _ in found]
    return [float(k - begun[k]) if marked[k] else np.nan for k in onset]


def contributions(
    prediction: Prediction, groups: Sequence[Int[np.ndarray, " row"]]
) -> list[list[tuple[str, float]]]:
    """Of each group of rows, sensors by how much of the distance is gone with one as it usually is.

    The share of a sensor is 1 - d'/d, with log d and log d' averaged over rows, and in d' its mean
    as that of normal operation.
    """
    if not groups:
        return []
    fitted, application = prediction.fitted, prediction.application
    names, rows = application.sensors, np.concatenate(groups)
    asked = prediction.samples[np.tile(rows, len(names) + 1)]
    x = asked.x.reshape(len(names) + 1, len(rows), len(names)).clone()
    for number, usual in enumerate(application.usual):
        x[number, :, number] = usual
    changed = replace(prediction, samples=replace(asked, x=x.reshape(asked.x.shape)))
    location = fitted.by(changed, fitted.evaluation.model).outputs["location"]
    starts = np.cumsum([0, *map(len, groups)])[:-1]
    total = np.add.reduceat(location.reshape(len(names) + 1, len(rows)), starts, axis=1)
    level = total / [len(group) for group in groups]
    shares = 1 - np.exp((level[:-1] - level[-1]) / 2)
    return [
        [(names[k], float(share[k])) for k in np.argsort(-share, kind="stable")]
        for share in shares.T
    ]
