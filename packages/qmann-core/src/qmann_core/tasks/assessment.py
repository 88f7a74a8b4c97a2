"""What every model of a task is trained and tested on, and how each of them does there."""

import copy
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ..base import own_random_state
from ..config import QMANNConfig, Twin
from ..data import Fold, Folds, Samples
from ..data.splits import check_apart
from ..errors import ConfigError, DataError
from ..evaluation import Calibration
from ..evaluation.contribution import Contribution
from ..evaluation.rivals import HYBRID
from ..nn import Ensemble, FeatureCircuits, Head
from ..nn.outcomes import Outputs
from ..training import Callback
from .task import Score, Task
from .walk import (
    Members,
    as_asked,
    calibrate,
    decode,
    evaluated_rows,
    fixed_calibration,
    held_back_rows,
    raw_outputs,
    walk,
)

_SHOTS = (256, 1024, 4096, 16384, 65536)


@dataclass(frozen=True)
class Assessed:
    """A network along the folds."""

    score: Score
    model: Ensemble
    """Which is to predict from now on."""
    calibrations: dict[str, Calibration]
    """By unit, the scores from which regions of new predictions come; one for all if fixed."""
    seconds: float
    """Wall time of training."""
    contribution: Contribution | None
    """What its circuits did out of sample, if it has any."""
    validation: float
    """Best validation loss of the first fits, the mean over folds and members."""
    improved: bool
    """Whether it is more than the closed form that its training started from."""


class Assessment:
    """One out-of-sample evaluation: the same samples, folds and test rows for every model."""

    def __init__(self, task: Task[Any, Any], records: Any, config: QMANNConfig) -> None:
        self.task, self.records, self.config = task, records, config
        application = config.application
        self.samples = task.features(records, application)
        self.known = self.samples[self.samples.known]
        self.probabilities = self._head.probabilities(application.level)
        self.folds = task.split(self.known, application)
        check_apart(self.folds, self.known.unit, self.known.units)
        adaptive = task.calibration == "adaptive"
        if adaptive and self.folds.kind == "independent":
            raise ConfigError(
                f"{task.name} has independent folds, whose test units nothing is known of before: "
                'expected calibration="fixed" in the task'
            )
        self._walks = [
            (folds, evaluated_rows(self.known, folds, config, by_unit=adaptive))
            for folds in self.folds.walks
        ]
        self.test = self.known[np.concatenate([rows.test for _, rows in self._walks])]

    @cached_property
    def _head(self) -> Head:
        """A head that is never fitted: the outcome of every model."""
        with own_random_state():
            return self.task.head(int(not self.config.classical.is_solved), self.samples)

    def with_config(self, config: QMANNConfig) -> "Assessment":
        """The same samples, folds and test rows for networks of another configuration."""
        changed = copy.copy(self)
        changed.config = config
        return changed

    @property
    def n_fits(self) -> int:
        """How often a network is fitted: at first, for each fold, and in the end."""
        walks = len(self._walks)
        last = 0 if self.task.refit == "train" else 1 if self.folds.kind == "expanding" else 2
        return walks + len(self.folds) + last

    @property
    def horizon(self) -> int:
        """Over how many of its neighbours a loss may depend on the same targets."""
        return self.test.reach if self.folds.kind == "expanding" else 1

    def network(
        self,
        twin: Twin | None = None,
        *,
        callbacks: Sequence[Callback] = (),
        checkpoint: Path | None = None,
    ) -> Assessed:
        """Train a network along the folds, and once more on everything known, or as the task says.

        A fit to everything goes on from expanding folds, and starts afresh after independent ones.
        """
        walked, members = [], list[Members]()
        for number, (folds, _) in enumerate(self._walks):
            place = checkpoint / f"fold-{number}" if checkpoint and number else checkpoint
            members.append(Members(self.task.head, self.config, twin, folds, callbacks, place))
            walked.append(walk(self.known, members[-1]))
        score, calibrations = self._scored(twin or HYBRID, [each.outputs for each in walked])
        model = walked[-1].model
        if self.task.refit == "all":
            if self.folds.kind == "independent":
                place = None if checkpoint is None else checkpoint / "all"
                members.append(replace(members[-1], folds=self.folds, checkpoint=place))
                members[-1].first_fit(self.known)
            model = members[-1].refit(self.known)
        effects = [effect for each in walked for effect in each.effects]
        return Assessed(
            score=score,
            contribution=Contribution.of(*zip(*effects, strict=True)) if effects else None,
            model=self._remembering(model),
            calibrations=calibrations,
            seconds=sum(each.seconds for each in members),
            validation=float(np.mean([loss for each in members for loss in each.validation])),
            improved=any(better for each in members for better in each.improved),
        )

    @torch.no_grad()
    def by_shots(self, model: Ensemble) -> dict[str, float]:
        """The mean loss with exact circuits and, by their number, with shots.

        The readouts are solved again for each, once, on what the first fit learned from; settings
        and penalties stay. Empty where values of circuits are not what a readout is solved on.
        """
        model = copy.deepcopy(model)
        circuits = [part for part in model.modules() if isinstance(part, FeatureCircuits)]
        found = dict[str, float]()
        for shots in (None, *_SHOTS) if circuits and not circuits[0].n_amplitudes else ():
            for part in circuits:
                part.shots = shots
            outputs = []
            for folds, evaluated in self._walks:
                first = self.known[folds.rows[0].train]
                learned, _ = held_back_rows(first, folds, self.config.hybrid)
                for member in model:
                    member.fit_statistics(first[learned])
                asked = as_asked(self.known[evaluated.rows], folds)
                outputs.append(decode(model, raw_outputs(model, asked)))
            score, _ = self._scored("shots", outputs)
            found[str(shots or "exact")] = float(self.losses(score).mean())
        return found

    @property
    def learned(self) -> Samples:
        """What the model that predicts was trained on."""
        return self.known if self.task.refit == "all" else self.known[self.folds[-1].train]

    def _remembering(self, model: Ensemble) -> Ensemble:
        for member in model:
            if not member.reads_memory:
                member.remember(self.learned)  # evidence for what is predicted from now on
        return model

    def baseline(self, name: str) -> Score:
        """The score of a baseline.

        Of independent folds, calibration rows are predicted from the rest of the training part: out
        of sample by row, as baselines predict what they train on, is not out of sample by unit.
        """
        outputs = []
        for folds, evaluated in self._walks:
            if folds.kind == "independent":
                held_back = evaluated.rows[: evaluated.n_calibration]
                rest = np.setdiff1d(folds.rows[0].train, held_back)
                folds = Folds((Fold(rest, held_back), *folds), folds.kind)
            found = self.task.baselines[name](
                self.records, self.known, folds, self.config.application
            )
            outputs.append({key: value[evaluated.rows] for key, value in found.items()})
        return self._scored(name, outputs)[0]

    def losses(self, score: Score) -> NDArray[np.float64]:
        """The loss that paired tests compare: its mean for each date, over all series.

        For samples without dates there is one for each, and for independent folds one for each
        unit, where there are several.
        """
        loss, unit = np.asarray(next(iter(score.values()))), self.test.unit
        if self.folds.kind == "expanding":
            among = self.test.time
        else:
            among = unit if len(np.unique(unit)) > 1 else np.arange(len(unit))
        _, place = np.unique(among, return_inverse=True)
        return np.asarray(np.bincount(place, weights=loss) / np.bincount(place))

    def _scored(
        self, name: str, outputs: Sequence[Outputs]
    ) -> tuple[Score, dict[str, Calibration]]:
        """Outputs of the evaluated rows of each walk, calibrated and scored."""
        parts: list[Score] = []
        calibrations: dict[str, Calibration] = {}
        for given, (folds, evaluated) in zip(outputs, self._walks, strict=True):
            bounded, calibrations = calibrate(
                self._head,
                given,
                self.known[evaluated.rows],
                evaluated.n_calibration,
                self.probabilities,
                self.config,
                adaptive=self.task.calibration == "adaptive",
            )
            test, past = self.known[evaluated.test], self.known[folds.rows[0].train]
            parts.append(self.task.score(bounded, test, past, self.probabilities))
        score = _together(parts)
        for metric, value in score.items():
            if not np.isfinite(value).all():
                raise DataError(f"{metric} of {name} is not finite: check the data for bad values")
        return score, calibrations or self._fixed(outputs)

    def _fixed(self, outputs: Sequence[Outputs]) -> dict[str, Calibration]:
        """One calibration for all units, from all scores that the last model has not trained on.

        Where it is not fitted to the test part, these are the last calibration rows' alone.
        """
        if self._head.region in outputs[0]:
            return {}
        found = [
            self._head.nonconformity(given, self.known[evaluated.rows])
            for given, (_, evaluated) in zip(outputs, self._walks, strict=True)
        ]
        n_calibration = [evaluated.n_calibration for _, evaluated in self._walks]
        if self.task.refit == "train":
            scores = found[-1][: n_calibration[-1]]
        elif self.folds.kind == "expanding":
            scores = found[0]
        else:
            parts = zip(found, n_calibration, strict=True)
            scores = np.concatenate([each[n:] for each, n in parts])
        units = self.known.units
        name = units[0] if len(units) == 1 else "all units"
        return {name: fixed_calibration(scores, np.array(self.probabilities))}


def _together(parts: Sequence[Score]) -> Score:
    """Losses of all walks one after the other, and the means of what is a figure of each.

    Models differ from fold to fold, so that ranks across folds would mean nothing.
    """
    found: dict[str, NDArray[np.float64] | float] = {}
    for metric in dict.fromkeys(name for part in parts for name in part):
        values = [np.asarray(part[metric]) for part in parts if metric in part]
        found[metric] = np.concatenate(values) if values[0].ndim else float(np.mean(values))
    return found
