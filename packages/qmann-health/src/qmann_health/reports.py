"""Reports: what is said of patients, how true probabilities were, and whom a patient is like."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from jaxtyping import Float
from pandas import DataFrame

from qmann_core.tasks import Prediction, Report, class_columns

from . import calibration

RESEARCH = "Research use, not a medical device."
_THRESHOLDS = np.round(np.linspace(0.01, 0.99, 99), 2)


@dataclass(frozen=True, kw_only=True)
class DiagnosisReport(Report):
    """The probability of an event for each patient.

    The table has the row, the probability, what it is decided to be at the threshold, and for each
    level the words that cannot be ruled out (a conformal set). Figures have a row for each model:
    Brier score, calibration slope and intercept, observed over expected events, sensitivity and
    specificity at the threshold, all out of sample. Evidence are the patients of the fit whose
    circuits' states are most like those of the patient (simulated), with their outcomes.
    """

    EVIDENCE = "Patients of the fit most like it, by the states of the circuits (simulated)"

    decisions: DataFrame = field(repr=False)
    """By threshold, the net benefit out of sample of the model, of treating all, and none."""

    @property
    def typical_error(self) -> str:
        """How often the decision at the threshold was right on patients held out, in words."""
        rows = self._own
        assert self.figures is not None
        threshold = float(self.figures["threshold"].iloc[0])
        right = ((rows["prediction"] >= threshold) == (rows["outcome"] > 0.5)).mean()
        return f"Right for {right:.0%} of {len(rows)} held-out patients, at {threshold:g}"

    def plot(self) -> Any:
        """Reliability and decision curve on the held-out patients."""
        from .plots import diagnosis_plot

        return diagnosis_plot(self.heading, self._own, self.decisions)

    @property
    def _own(self) -> DataFrame:
        return self.backtest[self.backtest["model"] == self.model]


def diagnosis_report(prediction: Prediction) -> DiagnosisReport:
    """Probabilities and sets, in the words of the table."""
    application = prediction.application
    other, event = application.words
    tested = prediction.fitted.backtest
    parts = {
        str(name): (rows["outcome"].to_numpy(float), rows["prediction"].to_numpy(float))
        for name, rows in tested.groupby("model", sort=False)
    }
    y, probability = parts[prediction.fitted.evaluation.model]
    threshold, asked = application.threshold, tuple[str, ...]()
    if application.sensitivity is not None:
        threshold, asked = _asked(y, probability, application)
    rows = [
        {"model": name, **calibration.figures(*part, threshold)} for name, part in parts.items()
    ]
    benefit = calibration.net_benefit
    common = prediction.common(
        f"Probability of {event}",
        lambda by: _table(by, (other, event), threshold),
        evidence=_evidence(prediction, (other, event)),
        notes=(RESEARCH, *asked, *prediction.records.notes),
    )
    return DiagnosisReport(
        **common,
        figures=DataFrame(rows),
        decisions=DataFrame(
            {
                "threshold": _THRESHOLDS,
                common["model"]: benefit(y, probability, _THRESHOLDS),
                "treat all": benefit(y, np.ones_like(y), _THRESHOLDS),
                "treat none": 0.0,
            }
        ),
    )


def _asked(
    y: Float[np.ndarray, " row"], probability: Float[np.ndarray, " row"], application: Any
) -> tuple[float, tuple[str, ...]]:
    """The threshold at which the sensitivity asked for is reached, and what it costs."""
    threshold = calibration.threshold_for(y, probability, application.sensitivity)
    sensitivity, specificity = calibration.decided(y, probability, threshold)
    wanted = application.specificity
    reached = "" if wanted is None or specificity >= wanted else f", less than the {wanted:g} asked"
    said = (
        f"out of sample, a sensitivity of {sensitivity:.3f} is reached at the threshold "
        f"{threshold:.4g}, with a specificity of {specificity:.3f}{reached}; the threshold was "
        "chosen on these patients"
    )
    return threshold, (said,)


def _table(prediction: Prediction, words: tuple[str, str], threshold: float) -> DataFrame:
    other, event = words
    columns = class_columns(prediction)
    told: Mapping[str, str] = {"0": other, "1": event, "0 or 1": f"{other} or {event}"}
    sets = {
        name: [told.get(each, each) for each in values]
        for name, values in columns.items()
        if name != "probability"
    }
    probability = columns["probability"]
    decision = np.where(probability >= threshold, event, other)
    rows = [int(label.removeprefix("row ")) for label in prediction.samples.label]  # type: ignore[union-attr]
    found = {"row": rows, "probability": probability, f"at {threshold:.3g}": decision}
    return DataFrame({**found, **sets})


def _evidence(prediction: Prediction, words: tuple[str, str]) -> DataFrame | None:
    found, asked = prediction.evidence, prediction.samples.label
    if found is None:
        return None
    assert found.label is not None
    assert asked is not None
    outcome = np.array(words, dtype=object)[(found.y[..., 0] > 0.5).astype(int)]
    return found.to_frame("patient", list(asked), {"case": found.label}, {"outcome": outcome})
