"""Reports: what is predicted for molecules, in the order asked, with domain and evidence."""

from collections.abc import Callable
from typing import Any

import numpy as np
from pandas import DataFrame

from qmann_core.tasks import Evidence, Prediction, Report, class_columns, value_columns

from .data import Molecules
from .fingerprints import as_bits, fingerprints, tanimoto


class PropertyReport(Report):
    """What is predicted for molecules.

    The table has row, name and smiles; the value with its unit and the ends of its intervals, or
    the probability of class 1 and the classes that each level cannot rule out; whether the molecule
    is inside or outside of the domain of known chemistry, and the Tanimoto similarity to the
    nearest known molecule; and error, why a row has no answer. Evidence are the known molecules
    most like it, by a quantum memory of fingerprints (simulated), with their measured values.
    """

    EVIDENCE = "Known molecules most like it, by a quantum memory of fingerprints (simulated)"

    def plot(self) -> Any:
        """Drawings of the first molecules with their values."""
        from .plots import gallery

        return gallery(self.heading, self.table)


def value_report(prediction: Prediction) -> PropertyReport:
    """Values with intervals."""
    return _report(prediction, lambda by: value_columns(by, by.application.unit))


def class_report(prediction: Prediction) -> PropertyReport:
    """Probabilities and sets of classes."""
    return _report(prediction, class_columns)


def _report(
    prediction: Prediction, columns: Callable[[Prediction], dict[str, Any]]
) -> PropertyReport:
    molecules: Molecules = prediction.records
    asked, answered = (t[t["target"].isna()] for t in (molecules.table, molecules.counted))
    known = prediction.fitted.known
    assert known is not None  # molecules have labels
    keys, queries = (fingerprints(labels) for labels in (known.label, answered["smiles"]))
    likeness = tanimoto(queries, keys)
    nearest = likeness.max(axis=1)
    inside = np.where(nearest >= prediction.application.domain, "inside", "outside")

    def table_of(by: Prediction) -> DataFrame:
        values = {**columns(by), "domain": inside, "nearest": nearest}
        found = DataFrame(values, index=answered["row"])
        table = asked[["row", "name", "smiles"]].join(found, on="row").assign(error=asked["error"])
        return table.fillna({"smiles": "", "unit": "", "domain": ""}).reset_index(drop=True)

    evidence: Evidence = known.recall(as_bits(keys), as_bits(queries), prediction.n_cases)
    names = answered["name"].where(answered["name"].ne(""), answered["smiles"])
    alike = np.take_along_axis(likeness, evidence.row, axis=1)
    followed = {"Tanimoto": alike, "measured": evidence.y[:, :, 0]}
    cases = {"case": known.label[evidence.row]}
    common = prediction.common(
        prediction.fitted.summary,
        table_of,
        evidence=evidence.to_frame("molecule", names.tolist(), cases, followed),
        notes=molecules.notes,
    )
    return PropertyReport(**common)
