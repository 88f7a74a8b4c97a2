"""A task's answer."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from pandas import DataFrame

from ..circuits import Circuit
from ..data.tables import to_rows
from .evaluation import Evaluation
from .prediction import Trained
from .result import Result


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
    fitted: Trained = field(repr=False, compare=False)
    """The trained model behind it."""

    @property
    def heading(self) -> str:
        """Title and model, for a table or a picture."""
        return f"{self.title} ({self.model} model, circuits simulated)"

    @property
    def titled(self) -> tuple[tuple[str, DataFrame], ...]:
        """The prediction, figures about it, and the evidence, where there are any."""
        evidence = () if self.evidence is None else ((self.EVIDENCE, self.evidence),)
        return ((self.heading, self.table), *super().titled[1:], *evidence)

    @property
    def warnings(self) -> tuple[str, ...]:
        """The notes."""
        return self.notes

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

    def to_dict(self) -> dict[str, Any]:
        """Everything, ready for JSON."""
        return {
            "title": self.title,
            "model": self.model,
            "prediction": to_rows(self.table),
            "evidence": [] if self.evidence is None else to_rows(self.evidence),
            "evaluation": self.evaluation.to_dict(),
            "warnings": list(self.notes),
        }
