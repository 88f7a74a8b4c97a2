"""Reports: what is said of patients, how true probabilities were, and whom a patient is like."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from jaxtyping import Float
from pandas import DataFrame, Series

from qmann_core.tasks import (
    Prediction,
    Report,
    adjusted_class,
    class_columns,
    class_evidence,
    class_sets,
    confusion,
)

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


@dataclass(frozen=True, kw_only=True)
class ClassesReport(Report):
    """The probability of each of several classes, for each patient or beat.

    The table has the row, P(class) of each, the most probable class, the one whose probability is
    the largest multiple of its share among all of the fit (adjusted), how many of the most similar
    cases are of the most probable one, and for each level the classes that cannot be ruled out (a
    conformal set). Evidence are these cases, by the states of the circuits (simulated).
    """

    EVIDENCE = "Cases of the fit most like it, by the states of the circuits (simulated)"

    confusion: DataFrame = field(repr=False)
    """Held-out cases by their class, a row each, and the most probable one, a column each."""

    def plot(self) -> Any:
        """Reliability of the probabilities of all classes, on what was held out."""
        from .plots import calibration_plot

        return calibration_plot(self.heading, self.backtest[self.backtest["model"] == self.model])


def beats_report(prediction: Prediction) -> ClassesReport:
    """Labels of beats, of a recording with the second of each."""
    beats = prediction.records
    return classes_report(prediction, f"Labels of beats in {beats.source}", "beat", beats.second)


def classes_report(
    prediction: Prediction, title: str, kind: str = "patient", second: Series | None = None
) -> ClassesReport:
    """Probabilities, both decisions and sets, in the words of the table.

    Args:
        prediction: of classes.
        title: of the report.
        kind: what a row is.
        second: of each row, when it is.
    """
    fitted = prediction.fitted
    rows = fitted.backtest[fitted.backtest["model"] == fitted.evaluation.model]
    common = prediction.common(
        title,
        lambda by: _classes_table(by, second),
        evidence=class_evidence(prediction, kind, "outcome"),
        notes=(RESEARCH, *prediction.records.notes),
    )
    return ClassesReport(**common, confusion=confusion(rows, "class"))


def _classes_table(prediction: Prediction, second: Series | None) -> DataFrame:
    words, probability = np.array(prediction.application.words), prediction.outputs["probability"]
    answer, rows = probability.argmax(axis=1), _rows(prediction)
    told: dict[str, Any] = {"row": rows}
    if second is not None:
        told["second"] = second.loc[rows].to_numpy()
    told |= {f"P({word})": p for word, p in zip(words, probability.T, strict=True)}
    told["most probable"] = words[answer]
    told["adjusted"] = words[adjusted_class(probability, prediction.application.shares)]
    if prediction.evidence is not None:
        weighs = prediction.evidence.weight > 0
        alike = weighs & (prediction.evidence.y.argmax(axis=-1) == answer[:, None])
        counts = zip(alike.sum(axis=1), weighs.sum(axis=1), strict=True)
        told["alike"] = [f"{same} of {cases}" for same, cases in counts]
    return DataFrame(told | class_sets(prediction, "classes"))


def _rows(prediction: Prediction) -> list[int]:
    assert prediction.samples.label is not None
    return [int(label.removeprefix("row ")) for label in prediction.samples.label]


def diagnosis_report(prediction: Prediction) -> DiagnosisReport | ClassesReport:
    """Probabilities and sets, in the words of the table."""
    application, model = prediction.application, prediction.fitted.evaluation.model
    if len(application.words) > 2:
        return classes_report(prediction, f"Probability of {' or '.join(application.words)}")
    parts = {
        str(name): (rows["outcome"].to_numpy(float), rows["prediction"].to_numpy(float))
        for name, rows in prediction.fitted.backtest.groupby("model", sort=False)
    }
    threshold, asked = _threshold(*parts[model], application)
    told = [{"model": name, **figures(*part, threshold)} for name, part in parts.items()]
    common = prediction.common(
        f"Probability of {application.words[1]}",
        lambda by: _table(by, threshold),
        evidence=class_evidence(prediction, "patient", "outcome"),
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
    table = DataFrame({"row": _rows(prediction), **class_columns(prediction)})
    decision = np.where(table["probability"] >= threshold, event, other)
    table.insert(2, f"at {threshold:.3g}", decision)
    return table.replace(dict.fromkeys(table.columns[3:], told))
