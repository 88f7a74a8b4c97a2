"""A model along the folds of a task: what it answered, and how good that was."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..evaluation import Calibration
from ..evaluation.contribution import Contribution
from ..nn import Ensemble
from ..nn.outcomes import Outputs
from .task import Score

_NOTHING = 1e-9  # share of the answers: losses agree to nine digits


@dataclass(frozen=True)
class Scored:
    """What a model answered out of sample, and how good that was."""

    score: Score
    """Of the test rows."""
    validation: NDArray[np.float64]
    """Losses of the primary metric on the later half of the calibration rows, see `losses`, with
    regions from the earlier half."""
    outputs: tuple[Outputs, ...]
    """Of the test rows of each walk, with their regions."""
    calibrations: dict[str, Calibration]
    """By unit, the scores from which regions of new predictions come; one for all if fixed."""


@dataclass(frozen=True)
class Assessed:
    """A network along the folds."""

    scored: Scored
    model: Ensemble
    """Which is to predict from now on."""
    seconds: float
    """Wall time of training."""
    contribution: Contribution | None
    """What its circuits did out of sample, if it has any."""
    validation: float
    """Best validation loss of the first fits, the mean over folds and members."""
    trained: bool
    """Whether training improved on the closed form that it started from, or it is solved."""

    @property
    def improved(self) -> bool:
        """Whether it is more than a linear model: what its circuits say moves its answers."""
        says_nothing = self.contribution is not None and self.contribution.share < _NOTHING
        return self.trained and not says_nothing

    @property
    def score(self) -> Score:
        """Of the test rows."""
        return self.scored.score

    @property
    def calibrations(self) -> dict[str, Calibration]:
        """By unit, the scores from which regions of new predictions come; one for all if fixed."""
        return self.scored.calibrations
