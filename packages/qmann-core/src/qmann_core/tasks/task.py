"""What a task consists of, and what comes out of it."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import TypeAdapter

from ..circuits import Circuit
from ..config import ApplicationConfig, QMANNConfig, parse_config
from ..data import Fold, Samples
from ..data.tables import to_rows
from ..errors import ConfigError
from ..evaluation import Calibration, Comparison
from ..nn.variants import HeadFactory, Variant
from .evidence import Evidence

Records = TypeVar("Records")
Application = TypeVar("Application", bound=ApplicationConfig)

Outputs = Mapping[str, NDArray[np.float64]]
"""Decoded predictions by name, one row per sample.

``location`` and ``scale``, each (sample, target), are calibrated to ``quantiles`` (sample, target,
probability); a baseline may give quantiles of its own instead of a scale.
"""

Baseline = Callable[[Records, Samples, Sequence[Fold], Application], Outputs]
"""Predicts every row of the samples, fold by fold, with parameters from each fold's training part.

Rows before the first test row are predicted with the first fold's parameters.
"""

Score = Mapping[str, NDArray[np.float64] | float]
"""Losses per sample, the first of which is compared in the paired test, and figures of a whole."""


@dataclass(frozen=True)
class Evaluation:
    """An out-of-sample comparison of the model, its classical twin and the baselines."""

    scores: Mapping[str, Mapping[str, float]]
    """Model name -> metric -> mean over the test samples."""
    primary: str
    """The metric of the paired tests."""
    comparisons: tuple[Comparison, ...]
    """Paired tests of the model against every other."""
    verdict: str
    """What the tests allow to say, in one sentence or two."""
    parameters: Mapping[str, int]
    """Trainable parameters of the networks."""
    seconds: Mapping[str, float]
    """Seconds of training, all refits together."""
    start: str | None
    """First test date; None for data without dates."""
    end: str | None
    """Last test date."""
    n_test: int
    """Test samples."""
    n_refits: int
    """How often every model was refitted."""

    @property
    def extent(self) -> str:
        """What was tested, for a heading."""
        if self.start is None:
            return f"out of sample: {self.n_test} held-out samples"
        refits = "refit" if self.n_refits == 1 else "refits"
        return (
            f"out of sample from {self.start} to {self.end}: {self.n_test} predictions, "
            f"{self.n_refits} {refits}, each trained only on the past"
        )

    def to_frame(self) -> pd.DataFrame:
        """One row per model: metrics, p-value against the first, parameters, training time."""
        frame = pd.DataFrame.from_dict({k: dict(v) for k, v in self.scores.items()}, orient="index")
        frame["p-value"] = pd.Series({c.rival: c.adjusted for c in self.comparisons}, dtype=float)
        frame["parameters"] = pd.Series(dict(self.parameters), dtype="Int64")
        frame["training s"] = pd.Series(dict(self.seconds), dtype=float)
        frame.index.name = "model"
        return frame

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @staticmethod
    def from_dict(values: Mapping[str, Any]) -> "Evaluation":
        return TypeAdapter(Evaluation).validate_python(values)


@dataclass(frozen=True)
class Prediction:
    """What a report is made of."""

    fitted: Any
    """The trained model, a `Fitted`."""
    records: Any
    samples: Samples
    """The newest sample of each series, or all rows, whose target is still unknown."""
    outputs: Outputs
    """Calibrated outputs for these samples."""
    probabilities: tuple[float, ...]
    """Probabilities of ``outputs["quantiles"]``."""
    calibrations: tuple[Calibration, ...]
    """For each sample, the scores from which its quantiles come."""
    evidence: Evidence | None
    """Remembered cases behind each sample's outputs; None for networks without memory."""
    n_cases: int
    """Remembered cases to show for each sample."""
    warnings: tuple[str, ...]

    @property
    def application(self) -> Any:
        """The domain's part of the configuration."""
        return self.fitted.config.application

    def common(
        self,
        title: str,
        table: pd.DataFrame,
        *,
        evidence: pd.DataFrame | None,
        notes: tuple[str, ...] = (),
    ) -> dict[str, Any]:
        """The fields that every report has."""
        return {
            "title": title,
            "table": table,
            "model": self.fitted.variant,
            "evaluation": self.fitted.evaluation,
            "evidence": evidence,
            "warnings": notes + self.warnings,
            "fitted": self.fitted,
        }


@dataclass(frozen=True, kw_only=True)
class Report(ABC):
    """A task's answer, in the domain's units."""

    EVIDENCE: ClassVar[str] = "Remembered cases most like it, by the network's memory"
    """What the evidence is, for a heading."""

    title: str
    model: Variant
    table: pd.DataFrame
    """The prediction."""
    evaluation: Evaluation
    evidence: pd.DataFrame | None
    """Remembered cases behind the prediction, with their weights and what followed."""
    warnings: tuple[str, ...]
    fitted: Any = field(repr=False, compare=False)
    """The trained model behind it, a `Fitted`."""

    @property
    def heading(self) -> str:
        """Title and model, for a table or a picture."""
        return f"{self.title} ({self.model} model, circuits simulated)"

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
        """The circuit in the network, which can ``draw()`` itself; None for the classical twin."""
        circuit: Circuit | None = self.fitted.circuit
        return circuit

    def save(self, folder: str | Path) -> None:
        """Write the trained model behind it to a folder, which ``predict`` reads."""
        self.fitted.save(folder)

    def to_frame(self) -> pd.DataFrame:
        """The prediction as a table."""
        return self.table

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
            "warnings": list(self.warnings),
        }


@dataclass(frozen=True, kw_only=True)
class Task(Generic[Records, Application]):
    """A literal that names the parts of a task; see "add a task" in CONTRIBUTING."""

    name: str
    summary: str
    load: Callable[[Any, Application], Records]
    """A user's source -> records; all of the validation happens here. Records stay as they are."""
    demo: Callable[[Application], Records]
    """Real records from an installed package."""
    features: Callable[[Records, Application], Samples]
    """Records -> samples, stateless."""
    split: Callable[[Samples, Application], tuple[Fold, ...]]
    """Known samples -> folds in time order."""
    head: HeadFactory
    """Makes the network's head."""
    probabilities: Callable[[Sequence[float]], tuple[float, ...]]
    """Levels, checked -> sorted probabilities of the quantiles they need."""
    score: Callable[[Outputs, Samples, Samples, tuple[float, ...]], Score]
    """(outputs, test, train, probabilities) -> losses and figures."""
    baselines: Mapping[str, Baseline[Records, Application]]
    report: Callable[[Prediction], Report]
    presets: Mapping[str, QMANNConfig]
    load_unknown: Callable[[Any, Application], Records] | None = None
    """A source of what is to be predicted, whose targets do not count; ``load`` if None."""

    def preset(self, name: str) -> QMANNConfig:
        """A preset by name.

        Raises:
            ConfigError: no such preset.
        """
        if name not in self.presets:
            known = ", ".join(self.presets)
            raise ConfigError(f"got preset {name!r}: expected one of {known}")
        return self.presets[name]

    def configured(self, preset: str, *, seed: int = 0, **application: Any) -> QMANNConfig:
        """A preset with another seed and other values of the application's part.

        Raises:
            ConfigError: no such preset, or a value out of range.
        """
        base = self.preset(preset)
        values = base.model_dump()
        values["seed"] = seed
        values["application"].update(application)
        return parse_config(type(base), values)

    def records(self, source: Any, config: QMANNConfig) -> Records:
        """What a source holds; the demo where there is none."""
        application: Any = config.application
        return self.demo(application) if source is None else self.load(source, application)

    def unknown(self, source: Any, config: QMANNConfig) -> Records:
        """What a source holds that is to be predicted; the demo where there is none."""
        application: Any = config.application
        load = self.load_unknown or self.load
        return self.demo(application) if source is None else load(source, application)
