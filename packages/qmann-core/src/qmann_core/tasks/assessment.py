"""What every model of a task is trained and tested on, and how each of them does there."""

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..config import QMANNConfig
from ..errors import DataError
from ..evaluation import Calibration
from ..nn.variants import Variant
from ..training import Callback
from .task import Outputs, Score, Task
from .walk import Walk, calibrate, evaluated_rows, walk


@dataclass(frozen=True)
class Assessed:
    """A network along the folds."""

    score: Score
    walked: Walk
    calibrations: dict[str, Calibration]
    """By series, the scores from which intervals of new predictions come."""


class Assessment:
    """One out-of-sample evaluation: the same samples, folds and test rows for every model."""

    def __init__(self, task: Task[Any, Any], records: Any, config: QMANNConfig) -> None:
        self.task, self.records, self.config = task, records, config
        application = config.application
        self.probabilities = task.probabilities(application.level)
        self.samples = task.features(records, application)
        self.known = self.samples[self.samples.known]
        self.folds = task.split(self.known, application)
        self._rows, self._n_calibration = evaluated_rows(self.known, self.folds, config)
        self._evaluated = self.known[self._rows]
        self.test = self._evaluated[np.arange(self._n_calibration, len(self._rows))]
        self.past = self.known[self.folds[0].train]

    def with_config(self, config: QMANNConfig) -> "Assessment":
        """The same samples, folds and test rows for networks of another configuration."""
        changed = copy.copy(self)
        changed.config = config
        return changed

    def network(
        self,
        variant: Variant,
        *,
        callbacks: Sequence[Callback] = (),
        checkpoint: Path | None = None,
    ) -> Assessed:
        """Train a variant along the folds, and once more on everything known."""
        walked = walk(
            self.known,
            self.folds,
            self.task.head,
            self.config,
            variant,
            callbacks=callbacks,
            checkpoint=checkpoint,
        )
        score, calibrations = self._scored(variant, walked.outputs)
        return Assessed(score, walked, calibrations)

    def baseline(self, name: str) -> Score:
        """The score of a baseline."""
        application = self.config.application
        outputs = self.task.baselines[name](self.records, self.known, self.folds, application)
        return self._scored(name, {key: value[self._rows] for key, value in outputs.items()})[0]

    def losses(self, score: Score) -> NDArray[np.float64]:
        """The loss that paired tests compare: its mean over the series for each date.

        For samples without dates there is one for each.
        """
        loss = np.asarray(next(iter(score.values())))
        _, date = np.unique(self.test.time, return_inverse=True)
        return np.asarray(np.bincount(date, weights=loss) / np.bincount(date))

    def _scored(self, name: str, outputs: Outputs) -> tuple[Score, dict[str, Calibration]]:
        """Outputs of the evaluated rows, calibrated and scored."""
        calibrated, calibrations = calibrate(
            outputs, self._evaluated, self._n_calibration, self.probabilities, self.config
        )
        score = self.task.score(calibrated, self.test, self.past, self.probabilities)
        for metric, value in score.items():
            if not np.isfinite(value).all():
                raise DataError(f"{metric} of {name} is not finite: check the data for bad values")
        return score, calibrations
