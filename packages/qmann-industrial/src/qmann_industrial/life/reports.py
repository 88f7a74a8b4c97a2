"""What is said of remaining lives."""

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from pandas import DataFrame

from qmann_core.config import quantile_names
from qmann_core.tasks import Prediction, Report

from ..simulated import SIMULATED
from .features import every_age
from .scores import within


@dataclass(frozen=True, kw_only=True)
class LifeReport(Report):
    """How long each machine that is running will last.

    The table has the machine, its age at the last row, the remaining life and intervals of it in
    the unit of the times. Lives beyond the cap are not told apart: the end of an interval that
    reaches it is open, empty in the table, and "or more" in words. Evidence are the machines and
    ages of the fit whose circuits' states are most like those of the machine (simulated), and how
    long these lasted from there.
    """

    EVIDENCE = "Machines of the fit most like it, by the states of the circuits (simulated)"

    curves: DataFrame = field(repr=False)
    """The same at every age of each machine, by the model without noise."""
    cap: float
    """Most remaining life that is told apart."""

    @property
    def typical_error(self) -> str:
        """How far the model was off on machines held out, in words."""
        error, n = self.metrics["RMSE"], self.evaluation.n_test
        return f"Root mean square error on {n} held-out rows: {error:.1f}, of at most {self.cap:g}"

    def plot(self) -> Any:
        """Remaining life by age of the first machines."""
        from .plots import curves_plot

        return curves_plot(self.heading, self.curves, self.cap)


def life_report(prediction: Prediction) -> LifeReport:
    """Remaining lives, at the last row of each machine and at all, with whom they are like."""
    application, fitted = prediction.application, prediction.fitted
    cap = application.cap
    ages = replace(prediction, samples=every_age(prediction.records, application))
    simulated = (SIMULATED,) if application.simulated else ()
    notes = (
        f"remaining lives of more than {cap:g} are not told apart: {cap:g} is that or more",
        *dict.fromkeys((*simulated, *prediction.records.notes)),
    )
    common = prediction.common(
        f"Remaining life, up to a cap of {cap:g}{', of simulated machines' * bool(simulated)}",
        lambda by: _table(by, cap),
        evidence=_evidence(prediction),
        notes=notes,
    )
    curves = _table(fitted.by(ages, fitted.evaluation.model), cap)
    return LifeReport(**common, curves=curves, cap=cap)


def _table(prediction: Prediction, cap: float) -> DataFrame:
    outputs = within(prediction.outputs, cap)
    names = quantile_names(prediction.probabilities)
    ends = dict(zip(names, outputs["quantiles"][:, 0].T, strict=True))
    low, high = ends[names[0]], ends[names[-1]]
    told = zip(low.round(), high.round(), high >= cap, strict=True)
    words = [f"{a:g} or more" if is_open else f"{a:g} to {b:g}" for a, b, is_open in told]
    ends = {
        name: np.where(end >= cap, np.nan, end) if name.startswith("hi") else end
        for name, end in ends.items()
        if name != "median"
    }
    columns = {**_rows(prediction), "remaining": outputs["location"][:, 0], **ends}
    return DataFrame({**columns, f"{names[0][3:]} % in words": words})


def _rows(prediction: Prediction) -> dict[str, Any]:
    samples = prediction.samples
    return {
        "unit": np.array(samples.units)[samples.unit],
        "age": samples.aux["age"].double().numpy(),
    }


def _evidence(prediction: Prediction) -> DataFrame | None:
    found, learned = prediction.evidence, prediction.fitted.learned
    if found is None:
        return None
    assert learned is not None
    age, left = (learned.aux[name].double().numpy()[found.row] for name in ("age", "left"))
    case = {"case": found.series, "at age": age}
    return found.to_frame("unit", _rows(prediction)["unit"], case, {"lasted": left})
