"""A task's answer."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import pandas as pd
from pandas import DataFrame

from ..circuits import Circuit
from ..data.tables import to_rows
from .evaluation import Evaluation
from .prediction import Trained
from .result import Result, as_html


@dataclass(frozen=True, kw_only=True)
class Report(Result, ABC):
    """A prediction in the domain's units, with the evidence for it."""

    EVIDENCE: ClassVar[str] = "Remembered cases most like it, by the network's memory"
    """What the evidence is, for a heading."""

    model: str
    """Its name in the evaluation."""
    evaluation: Evaluation
    evidence: DataFrame | None
    """Remembered cases behind the prediction, with their weights and what followed."""
    best_table: DataFrame | None = None
    """The table by the best model on the validation part, where another one answers."""
    table_by: Callable[[str], DataFrame] = field(repr=False, compare=False)
    """The table by a model of the evaluation."""
    fitted: Trained = field(repr=False, compare=False)
    """The trained model behind it."""

    @property
    def heading(self) -> str:
        """Title and model, for a table or a picture."""
        return f"{self.title} ({self._said})"

    @property
    def _said(self) -> str:
        simulated = "" if self.circuit is None else ", circuits simulated"
        return f"{self.model} model{simulated}"

    @property
    def best(self) -> str:
        """The model that loses least on the validation part, which comes before the test part."""
        return self.evaluation.best

    @property
    def advice(self) -> str:
        """Which other model to prefer, and why; "" where the best one answers."""
        return self.evaluation.advice

    @property
    def titled(self) -> tuple[tuple[str, DataFrame], ...]:
        """The prediction, also by the best model, figures about it, and evidence, where there are.

        The best model's rows come first.
        """
        evidence = () if self.evidence is None else ((self.EVIDENCE, self.evidence),)
        first = (self.heading, self.table)
        if self.best_table is not None:
            both = {self.best: self.best_table, self.model: self.table}
            first = (f"{self.title} ({self.best}; {self._said})", _stacked(both))
        return (first, *super().titled[1:], *evidence)

    @cached_property
    def predictions(self) -> DataFrame:
        """The table by every model that can be asked, baselines too, with a column of its name."""
        return _stacked({name: self.table_by(name) for name in self.fitted.askable})

    @property
    def backtest(self) -> DataFrame:
        """Every model's out-of-sample predictions beside what came; see `Fitted.backtest`."""
        return self.fitted.backtest

    @property
    def coverage(self) -> DataFrame:
        """How often regions held what came, by calendar year; see `Fitted.coverage`."""
        return self.fitted.coverage

    def plot_backtest(self) -> Any:
        """What the model predicted and what came, as a matplotlib figure (extra ``plot``)."""
        return self.fitted.plot_backtest()

    @property
    def warnings(self) -> tuple[str, ...]:
        """The notes."""
        return self.notes

    @property
    def typical_error(self) -> str:
        """How far the model was off on what was held out, in words; "" where there are none."""
        return ""

    @property
    def metrics(self) -> Mapping[str, float]:
        """The model's own out-of-sample scores."""
        return self.evaluation.scores[self.model]

    @property
    def baselines(self) -> Mapping[str, Mapping[str, float]]:
        """The others' scores, the classical twin's among them."""
        return {k: v for k, v in self.evaluation.scores.items() if k != self.model}

    @property
    def circuit(self) -> Circuit | None:
        """The circuit in the network, which can ``draw()`` itself; None where none has a say."""
        return self.fitted.circuit

    def save(self, folder: str | Path) -> None:
        """Write the trained model behind it to a folder, which ``predict`` reads."""
        self.fitted.save(folder)

    @abstractmethod
    def plot(self) -> Any:
        """The prediction as a matplotlib figure (extra ``plot``)."""

    def _repr_html_(self) -> str:
        """For a notebook."""
        notes = dict.fromkeys((self.evaluation.verdict, *self.notes))
        return as_html(self.titled, notes, self.advice)

    def to_dict(self) -> dict[str, Any]:
        """Everything, ready for JSON."""
        return {
            "title": self.title,
            "model": self.model,
            "best": self.best,
            "advice": self.advice,
            "prediction": to_rows(self.table),
            "best_prediction": [] if self.best_table is None else to_rows(self.best_table),
            "evidence": [] if self.evidence is None else to_rows(self.evidence),
            "evaluation": self.evaluation.to_dict(),
            "warnings": list(self.notes),
        }


def _stacked(tables: Mapping[str, DataFrame]) -> DataFrame:
    """One below the other, each with its name in a first column."""
    parts = [table.assign(model=name) for name, table in tables.items()]
    whole = pd.concat(parts, ignore_index=True)
    return whole[["model", *whole.columns.drop("model")]]
