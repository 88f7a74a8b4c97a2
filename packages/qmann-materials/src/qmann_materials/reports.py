"""Reports: what is predicted for materials, in the order asked, with domain and evidence."""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from jaxtyping import Int, Shaped
from pandas import DataFrame

from qmann_core.tasks import (
    Prediction,
    Report,
    adjusted_class,
    class_columns,
    class_sets,
    own_first,
    value_columns,
)

from .compositions import fractions, in_common, keys
from .data import conditions_of
from .elements import PROPERTIES, SYMBOLS
from .features import imputed_table
from .scores import probabilities_of

Columns = dict[str, Any]
Describe = Callable[[Prediction], Columns]


class MaterialReport(Report):
    """What is predicted for materials.

    The table has row, what came, its formula and the conditions; the value with its unit and the
    ends of its intervals, or the class (the one whose probability is the largest multiple of its
    share at the fit), its probability and the classes that each level cannot rule out. Then what
    was measured, if the model has learned from it; whether it is inside or outside of the domain of
    known compositions, the fidelity with the nearest of them, elements that none of them has; and
    error, why a row has no answer. Evidence are the known materials most like it, itself first, by
    a quantum memory of compositions (simulated), with their measured values.

    Polymorphs have one composition: where no structure is learned from, they have one answer.
    """

    EVIDENCE = "Known materials most like it, by a quantum memory of compositions (simulated)"

    @property
    def typical_error(self) -> str:
        """How far the model was off on materials that were held out, in words."""
        figures, tested = self.metrics, f"on {self.evaluation.n_test} held-out materials"
        if "MAE" not in figures:
            return f"Balanced accuracy {figures['balanced accuracy']:.0%} {tested}"
        application: Any = self.fitted.config.application
        return f"Typically off by {figures['MAE']:.3g} {application.unit} {tested}"

    def plot(self) -> Any:
        """Values of the first materials with intervals, or chances of their classes."""
        from .plots import answers

        return answers(self.heading, self.table)


def value_report(prediction: Prediction) -> MaterialReport:
    """Values with intervals."""
    return _report(prediction, lambda given: value_columns(given, given.application.unit))


def class_report(prediction: Prediction) -> MaterialReport:
    """Classes with probabilities, and sets of them."""
    return _report(prediction, _classes)


def _classes(prediction: Prediction) -> Columns:
    application = prediction.application
    words, share = np.array(application.words), probabilities_of(prediction.outputs)
    answer = adjusted_class(share, application.shares)
    found = {"class": words[answer], "probability": share[np.arange(len(answer)), answer]}
    if len(words) > 2:
        return found | class_sets(prediction, "classes")
    named = {"0": words[0], "1": words[1], "0 or 1": " or ".join(words), "neither": "none of them"}
    sets = {k: v for k, v in class_columns(prediction).items() if k != "probability"}
    return found | {name: [named[each] for each in column] for name, column in sets.items()}


def _report(prediction: Prediction, columns: Describe) -> MaterialReport:
    asked = _Asked(prediction)
    common = prediction.common(
        prediction.fitted.summary,
        lambda by: _table(by, asked, columns),
        evidence=_evidence(prediction, asked),
        notes=(*asked.materials.notes, *_usual(prediction), *_imputed(asked.formulas)),
    )
    return MaterialReport(**common)


class _Asked:
    """Materials beside those that the model has learned from."""

    def __init__(self, prediction: Prediction) -> None:
        known = prediction.fitted.known
        assert known is not None  # materials have labels
        self.known, self.materials = known, prediction.records
        counted = self.materials.counted
        self.rows = counted[counted["target"].isna()]
        self.formulas: list[str] = self.rows["formula"].tolist()
        self.keys = keys([text.partition(", ")[0] for text in known.label])
        self.queries = keys(self.formulas)
        self.fidelity = np.square(self.queries @ self.keys.T)
        place = {text: number for number, text in enumerate(known.label)}
        assert prediction.samples.label is not None
        self.own = np.array([place.get(text, -1) for text in prediction.samples.label])
        new = (self.queries > 0) & ~(self.keys > 0).any(axis=0)
        self.new = in_common(new)
        self._words = prediction.application.words

    def measured(self, row: Int[np.ndarray, "..."]) -> Shaped[np.ndarray, "..."]:
        """What was measured of known materials; nothing where a row is -1."""
        y = self.known.y
        if not self._words:
            return np.where(row < 0, np.nan, y[row, 0])
        number = y.argmax(axis=1) if y.shape[1] > 1 else y[:, 0].astype(int)
        return np.where(row < 0, "", np.array(self._words)[number][row])


def _table(prediction: Prediction, asked: _Asked, columns: Describe) -> DataFrame:
    nearest = asked.fidelity.max(axis=1)
    inside = (nearest >= prediction.application.domain) & (np.array(asked.new) == "")
    said = {
        **columns(prediction),
        "measured": asked.measured(asked.own),
        "domain": np.where(inside, "inside", "outside"),
        "nearest": nearest,
        "new elements": asked.new,
    }
    found = DataFrame(said, index=asked.rows["row"])
    every: DataFrame = asked.materials.table
    every = every[every["target"].isna()]
    conditions = [*(prediction.application.columns or {})]
    table = every[["row", "formula", *conditions]].join(found, on="row")
    table.insert(1, "material", every["name"].where(every["name"].ne(""), every["given"]))
    table = table.assign(error=every["error"])
    texts = {name: "" for name in table if table[name].dtype.kind not in "iufb"}
    return table.fillna(texts).reset_index(drop=True)


def _evidence(prediction: Prediction, asked: _Asked) -> DataFrame:
    found = asked.known.recall(asked.keys, asked.queries, prediction.n_cases)
    row = own_first(found.row, asked.own)
    names = asked.rows["name"].where(asked.rows["name"].ne(""), asked.rows["given"])
    shared = (asked.queries[:, None] > 0) & (asked.keys[row] > 0)
    followed = {
        "in common": np.array([in_common(cases) for cases in shared]),
        "measured": asked.measured(row),
    }
    return found.to_frame("material", names.tolist(), {"case": asked.known.label[row]}, followed)


def _usual(prediction: Prediction) -> tuple[str, ...]:
    application = prediction.application
    found = conditions_of((*application.usual, *application.at))  # the last of each name counts
    told = ", ".join(f"{name}={value}" for name, value in found.items())
    return (f"conditions of rows that do not say: {told}",) if found else ()


def _imputed(formulas: Iterable[str]) -> tuple[str, ...]:
    """How many properties of elements are means of all elements, as nobody knows them."""
    _, missing = imputed_table()
    there = (fractions(formulas) > 0).any(axis=0)
    count, worst = int(missing[there].sum()), int(np.where(there, missing, 0).argmax())
    of = f"{int(there.sum()) * len(PROPERTIES)} properties of elements"
    most = f"most of {SYMBOLS[worst]}, {missing[worst]}"
    return (
        (f"{count} of {of} are not known, and count as the mean of all ({most})",) if count else ()
    )
