"""What is said of a fleet: which machines will fail first, and what points to it."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from pandas import DataFrame

from qmann_core.survival import survival_at, time_until
from qmann_core.tasks import Prediction, Report

from ..simulated import SIMULATED

_SHOWN = 3  # sensors for each machine


@dataclass(frozen=True, kw_only=True)
class FleetReport(Report):
    """Machines that are running, ranked by the probability that they fail within the horizon.

    The table has the machine, its age, that probability, and for each level a time that it will
    last at least, of twice the horizon at most. Figures have the sensors, or the age, that make it
    largest: the probability were that one as usual, which is its mean over rows of the fit after
    which no failure came within the horizon, and by how much it would be smaller. Evidence are the
    machines and ages of the fit whose circuits' states are most like those of the machine
    (simulated), how long they were seen from there, and whether they failed then.
    """

    EVIDENCE = "Machines of the fit most like it, by the states of the circuits (simulated)"

    horizon: float
    """Within how long a failure counts, in the unit of the times."""

    def plot(self) -> Any:
        """The probabilities of the first machines."""
        from .plots import ranking_plot

        return ranking_plot(self.heading, self.table, self.horizon)


def fleet_report(prediction: Prediction) -> FleetReport:
    """The ranking, the sensors behind it, and whom machines are like."""
    application, horizon = prediction.application, prediction.application.horizon
    simulated = (SIMULATED,) if application.simulated else ()
    followed = (
        "probabilities are of a Cox model from each row on, with machines that are running as "
        f"censored; nothing is said beyond {2 * horizon:g}"
    )
    common = prediction.common(
        f"Failure within {horizon:g}{', of simulated machines' * bool(simulated)}",
        _ranked,
        evidence=_evidence(prediction),
        notes=(followed, *dict.fromkeys((*simulated, *prediction.records.notes))),
    )
    return FleetReport(**common, figures=_sensors(prediction), horizon=horizon)


def _risk(prediction: Prediction) -> Float[np.ndarray, " row"]:
    horizon = np.full((len(prediction.samples), 1), prediction.application.horizon)
    return np.asarray(1 - survival_at(prediction.outputs, horizon)[:, 0])


def _ranked(prediction: Prediction) -> DataFrame:
    samples, outputs = prediction.samples, prediction.outputs
    bounds = zip(prediction.probabilities, outputs["at least"].T, strict=True)
    median = time_until(outputs, np.full((len(samples), 1), 0.5))[:, 0]
    table = DataFrame(
        {
            "unit": np.array(samples.units)[samples.unit],
            "age": samples.aux["age"].double().numpy(),
            f"fails within {prediction.application.horizon:g}": _risk(prediction),
            "median": np.where(outputs["survival"][:, -1] <= 0.5, median, np.nan),
            **{f"at least {100 * level:g}": bound for level, bound in bounds},
        }
    )
    return table.sort_values(table.columns[2], ascending=False, kind="stable", ignore_index=True)


def _sensors(prediction: Prediction) -> DataFrame:
    """For each machine, by rank, what its probability would be with one sensor as usual."""
    samples, learned = prediction.samples, prediction.fitted.learned
    assert learned is not None
    usual = learned.x[learned.y[:, 0] > prediction.application.horizon].nanmean(dim=0)
    names, n_rows = [*prediction.application.sensors, "age"], len(samples)
    owner = np.append(np.arange(samples.x.shape[1] - 1) % (len(names) - 1), len(names) - 1)
    changed = samples.x.repeat(len(names), 1, 1)
    for number, part in enumerate(changed):
        columns = torch.from_numpy(np.flatnonzero(owner == number))
        part[:, columns] = usual[columns]
    rows = np.tile(np.arange(n_rows), len(names))
    asked = replace(samples[rows], x=changed.flatten(0, 1))
    fitted = prediction.fitted
    without = _risk(fitted.by(replace(prediction, samples=asked), fitted.evaluation.model))
    found, own = without.reshape(len(names), n_rows).T, _risk(prediction)
    told = [
        {
            "unit": samples.units[samples.unit[row]],
            "sensor": names[place],
            "were it as usual": found[row, place],
            "less": own[row] - found[row, place],
        }
        for row in np.argsort(-own, kind="stable")
        for place in np.argsort(found[row], kind="stable")[:_SHOWN]
    ]
    table = DataFrame(told)
    return table[table["less"] > 0].reset_index(drop=True)


def _evidence(prediction: Prediction) -> DataFrame | None:
    found, learned, samples = prediction.evidence, prediction.fitted.learned, prediction.samples
    if found is None:
        return None
    assert learned is not None
    age, event = (learned.aux[name].double().numpy()[found.row] for name in ("age", "event"))
    then = {"seen for": found.y[..., 0], "then": np.where(event > 0, "failed", "seen no longer")}
    case = {"case": found.series, "at age": age}
    names = np.array(samples.units)[samples.unit]
    return found.to_frame("unit", names.tolist(), case, then)
