"""What a task answers and loses on circuits of a back end, beside exact ones."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from pandas import DataFrame

from ..config import QMANNConfig
from ..data import Fold, Folds, Samples
from ..nn import Ensemble
from ..training import single_precision
from .assessment import Assessment
from .conditions import ADAPTED, Noise, some, under
from .fitted import Fitted
from .report import Report
from .result import Result
from .walk import Members, as_asked, decode, raw_outputs


@dataclass(frozen=True, kw_only=True)
class Device:
    """What circuits run on: a back end, its noise, and shots."""

    backend: str | None = None
    noise: Noise = None
    shots: int | None = None

    def __bool__(self) -> bool:
        return (self.backend, self.noise, self.shots) != (None, None, None)


@single_precision()
def beside(report: Report, records: Any, device: Device, *, rows: int = 250) -> Result:
    """Answers and losses of exact circuits, of a back end's, and of a readout adapted to it.

    Losses are those of ``rows`` test rows, by a model that has learned from all before them or,
    of independent folds, from all others; the readout is solved again on `ADAPTED` of these.

    Raises:
        ConfigError: a report whose model has no fixed circuits, or what `under` refuses.
    """
    fitted, on = report.fitted, vars(device)
    assert isinstance(fitted, Fitted)
    noisy = fitted.report(records, **on)
    adapted = fitted.adapt(records, **on).report(records)
    words = under(fitted.model, **on)[-1]
    tables = {"exact": report.table, "run there": noisy.table, "adapted": adapted.table}
    whole = [table.assign(circuits=name) for name, table in tables.items()]
    table = pd.concat(whole, ignore_index=True)
    front = ["circuits", *report.table.columns]
    assessment = Assessment(fitted.task, records, fitted.config)
    losses = _losses(assessment, fitted.config, device, rows)
    said = (
        "run there: by the readout of the exact model; adapted: by one that is solved again on up "
        f"to {ADAPTED} rows that were run there; losses on the same {losses['test rows'][0]} rows"
    )
    return Result(title=f"Exact, and {words}", table=table[front], figures=losses, notes=(said,))


def _losses(assessment: Assessment, config: QMANNConfig, device: Device, most: int) -> DataFrame:
    """A row for exact circuits, for the device's, and for a readout that is adapted to it."""
    known, folds = assessment.known, assessment.folds
    train, test = _last(folds, most)
    fold = Folds((Fold(train, test),), folds.kind)
    members = Members(assessment.task.head, config, None, fold, (), None)
    members.first_fit(known[train])
    exact = members.refit(known[train])
    noisy, _, _ = under(exact, **vars(device))
    adapted, _, _ = under(exact, **vars(device))
    for member in adapted:
        member.fit_statistics(some(known[train]))
    models = {"exact": exact, "run there": noisy, "adapted": adapted}
    asked, past = as_asked(known[test], fold), known[train]
    found = {name: _loss(assessment, each, asked, past) for name, each in models.items()}
    (metric,) = {each for each, _ in found.values()}
    return DataFrame(
        {
            "circuits": list(found),
            metric: [loss for _, loss in found.values()],
            "test rows": len(test),
        }
    )


def _last(folds: Folds, most: int) -> tuple[Any, Any]:
    """Rows to learn from, and so many to test on: the latest, or some of the first fold."""
    if folds.kind == "independent":
        test = folds[0].test
        return folds[0].train, test[np.linspace(0, len(test) - 1, min(most, len(test))).astype(int)]
    number, test = len(folds), np.array([], dtype=np.int64)
    while number and len(test) < most:
        number -= 1
        test = np.concatenate((folds[number].test, test))
    return folds[number].train, test[-most:]


def _loss(
    assessment: Assessment, model: Ensemble, asked: Samples, past: Samples
) -> tuple[str, float]:
    """The name of the first figure of the task, which no region has a say in, and its mean."""
    head, probabilities = model.head, assessment.probabilities
    outputs = decode(model, raw_outputs(model, asked))
    scores = head.nonconformity(outputs, asked)
    none = np.zeros((*scores.shape, len(probabilities)))
    bounded = {**outputs, head.region: head.bound(outputs, none)}
    score = assessment.task.score(bounded, asked, past, probabilities)
    metric = next(iter(score))
    return metric, float(np.mean(score[metric]))
