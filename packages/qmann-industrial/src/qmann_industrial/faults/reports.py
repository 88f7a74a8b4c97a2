"""Reports on faults: which it is, which it may be, and whether it is like any known one."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from jaxtyping import Float, Int
from pandas import DataFrame

from qmann_core.data import Samples, list_names
from qmann_core.tasks import Prediction, Report, class_evidence, class_sets, confusion

from .features import by_runs
from .plots import confusion_plot

UNKNOWN = "unknown"
_LEAST = 0.1  # of a feature's deviation over all classes: less within them is not trusted
_BLOCKS = (
    "tested on blocks of the runs that were learned from, as faults have few runs: other runs are "
    "less like them"
)


@dataclass(frozen=True, kw_only=True)
class FaultReport(Report):
    """Which fault each window of rows has, or that it is like none that is known.

    The table has the run and rows of each window; the fault, which is the most probable one, or
    unknown where it is not typical of that; the share of windows of that fault that are as far from
    others of it (typicality); for each level the faults that cannot be ruled out, were it one of
    the known ones (a conformal set); and P(fault) of each. Evidence are windows of the fit, by the
    states of the circuits (simulated).
    """

    EVIDENCE = "Windows of the fit most like it, by the states of the circuits (simulated)"

    confusion: DataFrame = field(repr=False)
    """Windows held out by their fault, a row each, and the most probable one, a column each."""

    def plot(self) -> Any:
        """The most probable fault against the true one, on windows that were held out."""
        return confusion_plot(self.heading, self.backtest[self.backtest["model"] == self.model])


def fault_report(prediction: Prediction) -> FaultReport:
    """Faults and sets, in the words of the table."""
    fitted, records = prediction.fitted, prediction.records
    rows = fitted.backtest[fitted.backtest["model"] == fitted.evaluation.model]
    blocks = records.target.notna().any() and not by_runs(records)
    common = prediction.common(
        f"Faults in {records.source}",
        _table,
        evidence=class_evidence(prediction, "window", "fault"),
        notes=(*records.notes, *_few(prediction), *([_BLOCKS] if blocks else [])),
    )
    return FaultReport(**common, confusion=confusion(rows, "fault"))


def _few(prediction: Prediction) -> list[str]:
    """A note on faults of which no window can be atypical enough."""
    learned, application = prediction.fitted.learned, prediction.application
    assert learned is not None
    rate, counts = application.unknown_rate, learned.y.sum(dim=0).tolist()
    few = [w for w, n in zip(application.words, counts, strict=True) if 1 / (n + 1) >= rate]
    said = f"too few windows to call others unknown at a rate of {rate:g}: {list_names(few)}"
    return [said] if few else []


def typicality(
    learned: Samples, new: Float[np.ndarray, "row feature"], fault: Int[np.ndarray, " row"]
) -> Float[np.ndarray, " row"]:
    """How typical of its fault a window is: a conformal p value (Vovk et al. 2005, ch. 4).

    The score of a window is its distance to the nearest one of its fault that was learned from, in
    features over their deviation within faults (the median over these). It is compared with scores
    of windows of that fault, to the nearest of another unit: p = (1 + as far ones) / (n + 1), so
    that of new windows like these a share of at most a is below a. Of a fault with fewer than
    1 / a - 1 windows none is.

    Args:
        learned: what a model was trained on.
        new: features of other windows.
        fault: of each, the class to compare with.
    """
    from scipy.spatial.distance import cdist

    x, of = learned.x.flatten(1).double().numpy(), learned.y.argmax(dim=1).numpy()
    filled = np.nanmean(x, axis=0)
    x, new = (np.where(np.isnan(part), filled, part) for part in (x, new))
    within = np.median([x[of == k].std(axis=0) for k in np.unique(of)], axis=0)
    scale = np.maximum(within, _LEAST * x.std(axis=0))
    scale[scale == 0] = 1.0
    p = np.empty(len(new))
    for k in np.unique(fault):
        known, unit, asked = x[of == k] / scale, learned.unit[of == k], fault == k
        between = np.where(unit[:, None] == unit, np.inf, cdist(known, known)).min(axis=1)
        away = cdist(new[asked] / scale, known).min(axis=1)
        p[asked] = (1 + (between >= away[:, None]).sum(axis=1)) / (len(known) + 1)
    return p


def _table(prediction: Prediction) -> DataFrame:
    samples, learned, application = (
        prediction.samples,
        prediction.fitted.learned,
        prediction.application,
    )
    assert learned is not None
    words, probability = np.array(application.words), prediction.outputs["probability"]
    answer = probability.argmax(axis=1)
    typical = typicality(learned, samples.x.flatten(1).double().numpy(), answer)
    told: dict[str, Any] = {
        "window": samples.label,
        "fault": np.where(typical < application.unknown_rate, UNKNOWN, words[answer]),
        "typicality": typical,
    }
    told |= class_sets(prediction, "faults")
    told |= {f"P({word})": p for word, p in zip(words, probability.T, strict=True)}
    return DataFrame(told)
