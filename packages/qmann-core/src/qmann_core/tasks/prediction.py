"""What a report is made of."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pandas as pd

from ..circuits import Circuit
from ..config import QMANNConfig
from ..data import Samples
from ..evaluation import Calibration
from ..nn.outcomes import Outputs
from .evaluation import Evaluation
from .evidence import Evidence, Known


class Trained(Protocol):
    """What a report needs of the trained model behind it, which is a `Fitted`."""

    @property
    def config(self) -> QMANNConfig: ...
    @property
    def evaluation(self) -> Evaluation: ...
    @property
    def learned(self) -> Samples | None: ...
    @property
    def known(self) -> Known | None: ...
    @property
    def summary(self) -> str: ...
    @property
    def askable(self) -> tuple[str, ...]: ...
    @property
    def circuit(self) -> Circuit | None: ...
    @property
    def backtest(self) -> pd.DataFrame: ...
    @property
    def coverage(self) -> pd.DataFrame: ...
    def by(self, prediction: "Prediction", name: str) -> "Prediction": ...
    def plot_backtest(self) -> Any: ...
    def save(self, folder: str | Path) -> None: ...


@dataclass(frozen=True)
class Prediction:
    """What a report is made of."""

    fitted: Trained
    """The trained model."""
    records: Any
    samples: Samples
    """What is asked: the newest sample of each unit, those that are not known, or all."""
    outputs: Outputs
    """Outputs for these samples with the regions around them, see `Outcome`."""
    probabilities: tuple[float, ...]
    """Probabilities of the scores' quantiles that the regions were made of."""
    calibrations: tuple[Calibration, ...]
    """For each sample, the scores from which its quantiles come."""
    evidence: Evidence | None
    """Remembered cases behind each sample's outputs; None for networks without memory."""
    n_cases: int
    """Remembered cases to show for each sample."""
    notes: tuple[str, ...]

    @property
    def application(self) -> Any:
        """The domain's part of the configuration."""
        return self.fitted.config.application

    def common(
        self,
        title: str,
        table_of: "Callable[[Prediction], pd.DataFrame]",
        *,
        evidence: pd.DataFrame | None,
        notes: tuple[str, ...] = (),
    ) -> dict[str, Any]:
        """The fields that every report has; ``table_of`` makes the table of any model's answer."""
        evaluation = self.fitted.evaluation
        model, best = evaluation.model, evaluation.best
        other = best != model and best in self.fitted.askable

        def by(name: str) -> pd.DataFrame:
            return table_of(self if name == model else self.fitted.by(self, name))

        return {
            "title": title,
            "table": table_of(self),
            "model": model,
            "best_table": by(best) if other else None,
            "table_by": by,
            "evaluation": evaluation,
            "evidence": evidence,
            "notes": (*notes, *self.notes, *evaluation.short),
            "fitted": self.fitted,
        }
