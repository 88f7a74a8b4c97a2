"""Reports: what is predicted for molecules, in the order asked, with domain and evidence."""

from collections.abc import Callable
from typing import Any

import numpy as np
from pandas import DataFrame

from qmann_core.tasks import Prediction, Report, class_columns, own_first, value_columns

from .concentrations import SOLUBILITY, amounts, in_words
from .fingerprints import as_bits, fingerprints, tanimoto
from .pure import pure_concentration

Columns = dict[str, Any]
Describe = Callable[[Prediction, "_Asked"], Columns]


class PropertyReport(Report):
    """What is predicted for molecules.

    The table has row, name and smiles; the value with its unit, the same as mg/mL or nM where it is
    the logarithm of a concentration, and the ends of its intervals; or the probability of class 1
    and the classes that each level cannot rule out. Then what was measured, if the molecule is one
    that the model has learned from; whether it is inside or outside of the domain of known
    chemistry, and the Tanimoto similarity to the nearest known molecule; a note where a solubility
    is capped at what the pure substance holds; and error, why a row has no answer. Evidence are the
    known molecules most like it, itself first, by a quantum memory of fingerprints (simulated),
    with their measured values.
    """

    EVIDENCE = "Known molecules most like it, by a quantum memory of fingerprints (simulated)"

    @property
    def typical_error(self) -> str:
        """How far the model was off on molecules that were held out, in words."""
        figures, tested = self.metrics, f"on {self.evaluation.n_test} held-out molecules"
        if "MAE" not in figures:
            return f"Right for {figures['accuracy']:.0%} {tested}"
        application: Any = self.fitted.config.application
        off = in_words(figures["MAE"], application.unit)
        return f"Typically off by {off} {tested}"

    def plot(self) -> Any:
        """Drawings of the first molecules with their values."""
        from .plots import gallery

        return gallery(self.heading, self.table)


def value_report(prediction: Prediction) -> PropertyReport:
    """Values with intervals."""
    return _report(prediction, _values)


def class_report(prediction: Prediction) -> PropertyReport:
    """Probabilities and sets of classes."""
    return _report(prediction, lambda given, _: class_columns(given))


def _report(prediction: Prediction, columns: Describe) -> PropertyReport:
    asked = _Asked(prediction)
    common = prediction.common(
        prediction.fitted.summary,
        lambda by: _table(by, asked, columns),
        evidence=_evidence(prediction, asked),
        notes=asked.molecules.notes,
    )
    return PropertyReport(**common)


class _Asked:
    """Molecules beside those that the model has learned from."""

    def __init__(self, prediction: Prediction) -> None:
        known = prediction.fitted.known
        assert known is not None  # molecules have labels
        self.known, self.molecules = known, prediction.records
        counted = self.molecules.counted
        self.rows = counted[counted["target"].isna()]
        self.smiles: list[str] = self.rows["smiles"].tolist()
        self.keys, self.queries = fingerprints(known.label), fingerprints(self.smiles)
        self.likeness = tanimoto(self.queries, self.keys)
        place = {text: number for number, text in enumerate(known.label)}
        self.own = np.array([place.get(text, -1) for text in self.smiles])
        self.measured = np.where(self.own < 0, np.nan, known.y[self.own, 0])


def _table(prediction: Prediction, asked: _Asked, columns: Describe) -> DataFrame:
    nearest = asked.likeness.max(axis=1)
    said = {
        **columns(prediction, asked),
        "measured": asked.measured,
        "domain": np.where(nearest >= prediction.application.domain, "inside", "outside"),
        "nearest": nearest,
    }
    found = DataFrame(said, index=asked.rows["row"])
    every: DataFrame = asked.molecules.table
    every = every[every["target"].isna()]
    table = every[["row", "name", "smiles"]].join(found, on="row").assign(error=every["error"])
    texts = {name: "" for name in ("smiles", "unit", "domain", "note") if name in table}
    return table.fillna(texts).reset_index(drop=True)


def _values(prediction: Prediction, asked: _Asked) -> Columns:
    unit = prediction.application.unit
    columns = value_columns(prediction, unit)
    if unit == SOLUBILITY:
        columns = _capped(columns, asked)
    value = columns.pop("value")
    amount = amounts(value, unit, asked.smiles)
    return {"value": value, "unit": columns.pop("unit"), **amount, **columns}


def _capped(columns: Columns, asked: _Asked) -> Columns:
    """No more is dissolved than the pure substance holds of itself."""
    held = np.array([pure_concentration(text) for text in asked.smiles])
    ends, most = {name: end for name, end in columns.items() if name != "unit"}, np.log10(held)
    beyond = np.fmax.reduce([*ends.values(), asked.measured]) > most
    notes = [f"no more dissolves than the pure substance holds, {each:.3g} mol/L" for each in held]
    capped = {name: np.minimum(end, most) for name, end in ends.items()}
    return {**columns, **capped, "note": np.where(beyond, notes, "")}


def _evidence(prediction: Prediction, asked: _Asked) -> DataFrame:
    known = asked.known
    found = known.recall(as_bits(asked.keys), as_bits(asked.queries), prediction.n_cases)
    row = own_first(found.row, asked.own)
    followed = {
        "Tanimoto": np.take_along_axis(asked.likeness, row, axis=1),
        "measured": known.y[row, 0],
    }
    names = asked.rows["name"].where(asked.rows["name"].ne(""), asked.rows["smiles"])
    return found.to_frame("molecule", names.tolist(), {"case": known.label[row]}, followed)
