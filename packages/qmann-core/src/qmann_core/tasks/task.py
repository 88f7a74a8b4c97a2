"""What a task consists of."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray
from pandas import DataFrame

from ..config import ApplicationConfig, Model, QMANNConfig, family_of, find_named, parse_config
from ..data import Folds, Samples
from ..nn.outcomes import Outputs as Outputs
from ..nn.variants import HeadFactory
from ..plots import predicted_against_measured
from .prediction import Prediction
from .report import Report

Records = TypeVar("Records")
Application = TypeVar("Application", bound=ApplicationConfig)

Baseline = Callable[[Records, Samples, Folds, Application], Outputs]
"""Predicts every row of the samples, fold by fold, with parameters from each fold's training part.

Gives the outputs of the task's head, or its region. Rows before the first test row are predicted
with the first fold's parameters; of independent folds it gets one at a time.
"""

Score = Mapping[str, NDArray[np.float64] | float]
"""Losses per sample, the first of which is compared in the paired test, and figures of a whole."""


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
    split: Callable[[Samples, Application], Folds]
    """Known samples -> folds."""
    head: HeadFactory
    """Makes the network's head, which owns outputs, loss and regions."""
    score: Callable[[Outputs, Samples, Samples, tuple[float, ...]], Score]
    """(outputs with regions, test, train, probabilities) -> losses and figures."""
    baselines: Mapping[str, Baseline[Records, Application]]
    report: Callable[[Prediction], Report]
    track: Callable[[str, DataFrame], Any] = predicted_against_measured
    """(title, rows of one model of `Fitted.backtest`) -> a matplotlib figure."""
    presets: Mapping[str, QMANNConfig]
    load_unknown: Callable[[Any, Application], Records] | None = None
    """A source of what is to be predicted, whose targets do not count; ``load`` if None."""
    keep: Callable[[Records], DataFrame] | None = None
    """Records -> a table that ``load`` reads back, with which a saved model goes on; None where
    nothing follows what is known, as of molecules."""
    settle: Callable[[Records, Application], Mapping[str, Any]] | None = None
    """What the data of the fit decide of the application's settings, such as the columns of a table
    and the words of categories: a saved model has them in its configuration, and reads by them."""
    asked: Literal["newest", "unknown", "all"] = "newest"
    """What is predicted: the newest sample of each unit, those without a target, or every one."""
    refit: Literal["all", "train"] = "all"
    """What the model that predicts is trained on in the end: all that is known, or the training
    part of the last fold, where the test part is not to be learned from."""
    calibration: Literal["adaptive", "fixed"] = "adaptive"
    """Regions from the latest scores of each unit, steered as more become known, or from all
    scores together (split conformal)."""

    def preset(self, name: str) -> QMANNConfig:
        """A preset by name.

        Raises:
            ConfigError: no such preset.
        """
        return find_named("preset", self.presets, name)

    def configured(
        self, preset: str, *, seed: int = 0, model: Model = "hybrid", **application: Any
    ) -> QMANNConfig:
        """A preset with another seed, family, and values of the application's part.

        Raises:
            ConfigError: no such preset or model, or a value out of range.
        """
        base = self.preset(preset)
        values = base.model_dump()
        values["seed"] = seed
        values["classical"]["controller"] = family_of(model) or base.classical.controller
        values["answer"] = "best" if model == "best" else base.answer
        values["application"].update(application)
        return parse_config(type(base), values)

    def records(self, source: Any, config: QMANNConfig) -> Records:
        """What a source holds; the demo where there is none."""
        application: Any = config.application
        return self.demo(application) if source is None else self.load(source, application)

    def unknown(self, source: Any, config: QMANNConfig) -> Records:
        """What a source holds that is to be predicted."""
        application: Any = config.application
        return (self.load_unknown or self.load)(source, application)
