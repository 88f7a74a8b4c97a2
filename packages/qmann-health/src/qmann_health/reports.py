"""Reports: what is said of patients, how true probabilities were, and whom a patient is like."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from jaxtyping import Float
from pandas import DataFrame

from qmann_core.tasks import Prediction, Report, class_columns

from .calibration import decided, figures, net_benefit, threshold_for

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

    def plot(self) -> Any:
        """Reliability and decision curve on the held-out patients."""
        from .plots import diagnosis_plot

        rows = self.backtest[self.backtest["model"] == self.model]
        return diagnosis_plot(self.heading, rows, self.decisions)


def diagnosis_report(prediction: Prediction) -> DiagnosisReport:
    """Probabilities and sets, in the words of the table."""
    application, model = prediction.application, prediction.fitted.evaluation.model
    parts = {
        str(name): (rows["outcome"].to_numpy(float), rows["prediction"].to_numpy(float))
        for name, rows in prediction.fitted.backtest.groupby("model", sort=False)
    }
    threshold, asked = _threshold(*parts[model], application)
    told = [{"model": name, **figures(*part, threshold)} for name, part in parts.items()]
    common = prediction.common(
        f"Probability of {application.words[1]}",
        lambda by: _table(by, threshold),
        evidence=_evidence(prediction),
        notes=(RESEARCH, *asked, *prediction.records.notes),
    )
    y, benefit = parts[model][0], {"threshold": _THRESHOLDS}
    benefit[model] = net_benefit(*parts[model], _THRESHOLDS)
    benefit["treat all"] = net_benefit(y, np.ones_like(y), _THRESHOLDS)
    benefit["treat none"] = np.zeros_like(_THRESHOLDS)
    return DiagnosisReport(**common, figures=DataFrame(told), decisions=DataFrame(benefit))


def _threshold(
    y: Float[np.ndarray, " row"], probability: Float[np.ndarray, " row"], application: Any
) -> tuple[float, tuple[str, ...]]:
    """That of decisions, and where it is to have a sensitivity, what that costs."""
    if application.sensitivity is None:
        return application.threshold, ()
    threshold = threshold_for(y, probability, application.sensitivity)
    sensitivity, specificity = decided(y, probability, threshold)
    wanted = application.specificity or 0.0
    reached = "" if specificity >= wanted else f", less than the {wanted:g} asked for"
    said = (
        f"out of sample, a sensitivity of {sensitivity:.3f} is reached at the threshold "
        f"{threshold:.4g}, with a specificity of {specificity:.3f}{reached}; the threshold was "
        "chosen on these patients"
    )
    return threshold, (said,)


def _table(prediction: Prediction, threshold: float) -> DataFrame:
    other, event = prediction.application.words
    told = {"0": other, "1": event, "0 or 1": f"{other} or {event}"}
    columns, labels = class_columns(prediction), prediction.samples.label
    assert labels is not None
    table = DataFrame({"row": [int(label.removeprefix("row ")) for label in labels], **columns})
    decision = np.where(table["probability"] >= threshold, event, other)
    table.insert(2, f"at {threshold:.3g}", decision)
    return table.replace(dict.fromkeys(table.columns[3:], told))


def _evidence(prediction: Prediction) -> DataFrame | None:
    found, asked = prediction.evidence, prediction.samples.label
    if found is None:
        return None
    assert found.label is not None
    assert asked is not None
    outcome = np.array(prediction.application.words)[(found.y[..., 0] > 0.5).astype(int)]
    return found.to_frame("patient", asked.tolist(), {"case": found.label}, {"outcome": outcome})
