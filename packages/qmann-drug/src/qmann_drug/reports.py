"""Reports: values of molecules in the order asked, with intervals, domain and evidence."""

from typing import Any

import numpy as np
from pandas import DataFrame

from qmann_core.evaluation import quantile_names
from qmann_core.tasks import Prediction, Report

from .config import DrugConfig
from .data import Molecules
from .fingerprints import tanimoto


class PropertyReport(Report):
    """Predicted values of molecules.

    The table has row, name and smiles; value, unit and the ends of the intervals, or for classes
    the probability of 1 and the classes that each level cannot rule out; domain, "inside" or
    "outside" of known chemistry, with the Tanimoto similarity to the nearest known molecule; and
    error, why a row has no answer.
    """

    def plot(self) -> Any:
        """Drawings of the first molecules with their values."""
        from .plots import gallery

        return gallery(self.heading, self.table)


def value_report(prediction: Prediction) -> PropertyReport:
    """Values with intervals."""
    lower_to_upper = np.moveaxis(prediction.outputs["quantiles"][:, 0], -1, 0)
    names = quantile_names(prediction.probabilities)
    ends = {n: q for n, q in zip(names, lower_to_upper, strict=True) if n != "median"}
    unit = _application(prediction).unit
    return _report(prediction, {"value": prediction.outputs["location"][:, 0], "unit": unit, **ends})


def class_report(prediction: Prediction) -> PropertyReport:
    """Probabilities, and the classes that a level cannot rule out: its conformal set."""
    quantiles = prediction.outputs["quantiles"][:, 0]
    columns: dict[str, Any] = {"probability": prediction.outputs["location"][:, 0]}
    for low in range(len(prediction.probabilities) // 2):
        lower, upper = quantiles[:, low], quantiles[:, -1 - low]
        possible = [(lower <= label) & (label <= upper) for label in (0, 1)]
        level = 100 * (prediction.probabilities[-1 - low] - prediction.probabilities[low])
        columns[f"classes {level:g} %"] = np.select(
            [possible[0] & possible[1], possible[1], possible[0]], ["0 or 1", "1", "0"], "neither"
        )
    return _report(prediction, columns)


def _report(prediction: Prediction, columns: dict[str, Any]) -> PropertyReport:
    molecules: Molecules = prediction.records
    asked = molecules.table[molecules.table["target"].isna()]
    smiles, domain = prediction.samples.label, _application(prediction).domain
    likeness = DataFrame(tanimoto(smiles, known := prediction.fitted.labels), smiles, known)
    nearest = likeness.max(axis=1).to_numpy()
    inside = np.where(nearest >= domain, "inside", "outside")
    found = DataFrame({"smiles": smiles, **columns, "domain": inside, "nearest": nearest})
    table = asked[["row", "name", "smiles"]].merge(found, on="smiles", how="left")
    common = prediction.common(
        f"{molecules.target or 'Prediction'} of {molecules.source}",
        table.assign(error=asked["error"].to_numpy()),
        evidence=_evidence(prediction, asked, likeness),
        notes=molecules.notes,
    )
    return PropertyReport(**common)


def _evidence(prediction: Prediction, asked: DataFrame, likeness: DataFrame) -> DataFrame | None:
    """Remembered molecules with their measured values."""
    evidence = prediction.evidence
    if evidence is None:
        return None
    names = asked.drop_duplicates("smiles").set_index("smiles")["name"].loc[likeness.index]
    cases = likeness.columns.get_indexer(evidence.label.ravel()).reshape(evidence.label.shape)
    alike = np.take_along_axis(likeness.to_numpy(), cases, axis=1)
    followed = {"Tanimoto": alike, "measured": evidence.y[:, :, 0]}
    shown = names.where(names.ne(""), names.index).tolist()
    return evidence.to_frame("molecule", shown, {"case": evidence.label}, followed)


def _application(prediction: Prediction) -> DrugConfig:
    application = prediction.config.application
    assert isinstance(application, DrugConfig)
    return application
