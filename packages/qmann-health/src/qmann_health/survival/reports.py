"""What is said of the survival of patients, and whom they are like."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from jaxtyping import Float
from pandas import DataFrame, concat

from qmann_core.evaluation import p_text
from qmann_core.survival import (
    Curve,
    band,
    change_of_hazards,
    kaplan_meier,
    survival_at,
    time_until,
)
from qmann_core.tasks import Prediction, Report

from ..reports import RESEARCH

_ROUNDING, _DOUBT = 1e-12, 0.05
_STEPS, _LIKE = 61, 50  # times of a curve; held-out patients of like risk
_LOOSE = (
    "lower bounds of times (at least) hold as often as they say however patients were censored, if "
    "new ones are like those held out; where many were censored early they are far too low"
)


@dataclass(frozen=True, kw_only=True)
class SurvivalReport(Report):
    """How long patients are expected to be without the event.

    The table has the row, the risk of the event by the horizon, the median time without it (empty
    where its curve does not fall to one half), and for each level a time that it is at least.
    Figures set the risk beside what was observed: the mean risk of the 50 held-out patients nearest
    in risk, which may be far off where few are extreme, and the interval of Kaplan-Meier's estimate
    among these. Evidence are the patients of the fit whose circuits'
    states are most like the patient's (simulated), with their times, and whether the event came.
    """

    EVIDENCE = "Patients of the fit most like it, by the states of the circuits (simulated)"

    curves: DataFrame = field(repr=False)
    """Of each patient, survival at times, and ends of the interval among patients of like risk."""
    horizon: float
    """When risks are told."""

    @property
    def typical_error(self) -> str:
        """How well patients held out were put in order, in words."""
        c, n = self.metrics.get("Harrell C", np.nan), self.evaluation.n_test
        return f"Of two of {n} held-out patients, right who has the event first: {c:.0%}"

    @property
    def every(self) -> Curve:
        """Kaplan-Meier's curve of the patients held out."""
        tested = self.backtest[self.backtest["model"] == self.model]
        return kaplan_meier(*tested[["outcome", "event"]].to_numpy(float).T)

    def plot(self) -> Any:
        """The curves of the first patients, with that of all held out."""
        from .plots import curves_plot

        return curves_plot(self.heading, self.curves, self.every, self.horizon)


def survival_report(prediction: Prediction) -> SurvivalReport:
    """Risks, curves and bounds, with whom patients are like."""
    application, tested = prediction.application, prediction.fitted.backtest
    horizon, level = application.horizon, max(application.level)
    held_out = tested[tested["model"] == prediction.fitted.evaluation.model]
    curves = _curves(prediction, held_out, horizon, level)
    told = curves[curves["time"] == horizon].reset_index(drop=True)
    low, high = f"lo-{level:g}", f"hi-{level:g}"
    risks = {
        "row": told["row"],
        f"risk by {horizon:g}": 1 - told["survival"],
        f"risk of {_LIKE} like it": told["like"],
        low: 1 - told[high],
        high: 1 - told[low],
    }
    common = prediction.common(
        f"Risk of the event by {horizon:g}",
        lambda by: _table(by, horizon),
        evidence=_evidence(prediction),
        notes=(RESEARCH, _proportional(held_out), _LOOSE, *prediction.records.notes),
    )
    return SurvivalReport(
        **common,
        figures=DataFrame(risks),
        curves=curves,
        horizon=horizon,
    )


def _proportional(held_out: DataFrame) -> str:
    """Whether held-out patients bear out that hazard ratios stay the same."""
    time, event, risk = (held_out[n].to_numpy(float) for n in ("outcome", "event", "prediction"))
    log_hazard = np.log(-np.log1p(-risk.clip(_ROUNDING, 1 - _ROUNDING)))
    trend, p = change_of_hazards(time, event, log_hazard)
    if np.isnan(p):
        return "held-out patients are too few to show whether hazards are proportional"
    if p >= _DOUBT:
        return f"held-out patients show no change of hazard ratios with time ({p_text(p)})"
    return (
        f"hazards are not proportional among held-out patients ({p_text(p)}): what tells high "
        f"risks from low {'fades' if trend < 0 else 'grows'} with time, so that curves are right "
        "on average rather than at each time"
    )


def _table(prediction: Prediction, horizon: float) -> DataFrame:
    outputs, n = prediction.outputs, len(prediction.samples)
    survival = survival_at(outputs, np.full((n, 1), horizon))[:, 0]
    median = time_until(outputs, np.full((n, 1), 0.5))[:, 0]
    reached = outputs["survival"][:, -1] <= 0.5
    bounds = zip(prediction.probabilities, outputs["at least"].T, strict=True)
    return DataFrame(
        {
            "row": _rows(prediction),
            f"risk by {horizon:g}": 1 - survival,
            "median time": np.where(reached, median, np.nan),
            **{f"at least {100 * level:g}": bound for level, bound in bounds},
        }
    )


def _rows(prediction: Prediction) -> list[int]:
    assert prediction.samples.label is not None
    return [int(label.removeprefix("row ")) for label in prediction.samples.label]


def _curves(prediction: Prediction, held_out: DataFrame, horizon: float, level: float) -> DataFrame:
    outputs, rows = prediction.outputs, _rows(prediction)
    time, event, risk = (held_out[n].to_numpy(float) for n in ("outcome", "event", "prediction"))
    at = np.union1d(np.linspace(0, outputs["times"].max(), _STEPS), horizon)
    survival = survival_at(outputs, np.tile(at, (len(rows), 1)))
    own: Float[np.ndarray, " row"] = 1 - survival[:, np.searchsorted(at, horizon)]
    parts = list[DataFrame]()
    for row, curve, mine in zip(rows, survival, own, strict=True):
        like = np.argsort(np.abs(risk - mine), kind="stable")[:_LIKE]
        low, high = band(time[like], event[like], level)
        ends = {f"lo-{level:g}": low.at(at), f"hi-{level:g}": high.at(at)}
        told = {"row": row, "time": at, "survival": curve, "like": risk[like].mean(), **ends}
        parts.append(DataFrame(told))
    return concat(parts, ignore_index=True)


def _evidence(prediction: Prediction) -> DataFrame | None:
    found, learned = prediction.evidence, prediction.fitted.learned
    if found is None:
        return None
    assert learned is not None
    assert found.label is not None
    assert prediction.samples.label is not None
    event = np.where(learned.aux["event"].numpy()[found.row] > 0, "event", "censored")
    followed = {"time": found.y[..., 0], "then": event}
    return found.to_frame(
        "patient", list(prediction.samples.label), {"case": found.label}, followed
    )
