"""What every model of a task is trained and tested on, and how each of them does there."""

import copy
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ..base import own_random_state
from ..config import QMANNConfig, Twin
from ..data import Fold, Folds, Labelled, Samples
from ..data.splits import check_apart
from ..errors import ConfigError, DataError
from ..evaluation import Calibration
from ..evaluation.contribution import Contribution
from ..evaluation.rivals import HYBRID
from ..nn import Ensemble, FeatureCircuits, Head, build_network
from ..nn.outcomes import Outputs
from ..training import Callback
from .assessed import Assessed, Scored
from .backtest import Backtest
from .calibrating import calibrate, fixed_calibration, later_half
from .settings import with_settings
from .task import Score, Task
from .walk import (
    EvaluatedRows,
    Members,
    as_asked,
    decode,
    evaluated_rows,
    held_back_rows,
    raw_outputs,
    walk,
)

_SHOTS = (256, 1024, 4096, 16384, 65536)


def shots_to_try(model: Ensemble) -> tuple[int | None, ...]:
    """Exact circuits (None) and numbers of shots; none where no readout is solved on values."""
    circuits = [part for part in model.modules() if isinstance(part, FeatureCircuits)]
    return (None, *_SHOTS) if any(not part.n_amplitudes for part in circuits) else ()


class Assessment:
    """One out-of-sample evaluation: the same samples, folds and test rows for every model."""

    def __init__(self, task: Task[Any, Any], records: Any, config: QMANNConfig) -> None:
        if task.settle is not None:
            config = with_settings(config, task.settle(records, config.application))
        self.task, self.records, self.config = task, records, config
        application = config.application
        if isinstance(records, Labelled):
            records.measured()  # or it says why nothing can be learned
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
        if config.memory.together > 1 and (adaptive or config.answer == "best"):
            raise ConfigError(
                f"got a model without records (memory.together={config.memory.together}) for "
                f"{task.name}, where {'regions follow' if adaptive else 'a baseline may need'} "
                "them: expected a task of rows, answered by its network; keep records, or leave "
                "model=best out"
            )
        self._walks = [
            (folds, evaluated_rows(self.known, folds, config, by_unit=adaptive))
            for folds in self.folds.walks
        ]
        self.test = self.known[np.concatenate([rows.test for _, rows in self._walks])]
        held_back = [self._held_back(rows) for _, rows in self._walks]
        self.validated = self.known[np.concatenate([rows[later] for rows, later in held_back])]

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

    def check_network(self, twin: Twin | None) -> None:
        """Build a network, which says at once what it cannot be.

        Raises:
            ConfigError: a family, a twin or an option that this task's networks do not have.
        """
        with own_random_state():
            build_network(self.config, self.known, self.task.head, twin)

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
        scored = self._scored(twin or HYBRID, [each.outputs for each in walked])
        model = walked[-1].model
        if self.task.refit == "all":
            if self.folds.kind == "independent":
                place = None if checkpoint is None else checkpoint / "all"
                members.append(replace(members[-1], folds=self.folds, checkpoint=place))
                members[-1].first_fit(self.known)
            model = members[-1].refit(self.known)
        effects = [effect for each in walked for effect in each.effects]
        return Assessed(
            scored=scored,
            contribution=Contribution.of(*zip(*effects, strict=True)) if effects else None,
            model=self._remembering(model),
            seconds=sum(each.seconds for each in members),
            validation=float(np.mean([loss for each in members for loss in each.validation])),
            trained=any(better for each in members for better in each.improved),
        )

    @torch.no_grad()
    def with_shots(self, model: Ensemble, shots: int | None) -> float:
        """The mean loss with so many shots, or exact circuits.

        The readouts are solved again, once, on what the first fit learned from; settings and
        penalties stay.
        """
        model = copy.deepcopy(model)
        for part in model.modules():
            if isinstance(part, FeatureCircuits):
                part.shots = shots
        outputs = []
        for folds, evaluated in self._walks:
            first = self.known[folds.rows[0].train]
            learned, _ = held_back_rows(first, folds, self.config.hybrid)
            for member in model:
                member.fit_statistics(first[learned])
            asked = as_asked(self.known[evaluated.rows], folds)
            outputs.append(decode(model, raw_outputs(model, asked)))
        return float(self.losses(self._scored("shots", outputs).score).mean())

    def backtest(self, models: Mapping[str, Scored]) -> Backtest:
        """What each of them answered on the test rows."""
        whole = {
            name: {k: np.concatenate([part[k] for part in each.outputs]) for k in each.outputs[0]}
            for name, each in models.items()
        }
        return Backtest.of(self.test, whole, self.probabilities)

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
        """The score of a baseline."""
        return self.assess_baseline(name).score

    def assess_baseline(self, name: str) -> Scored:
        """A baseline along the folds.

        Calibration rows are predicted from the rest of the first training part, as networks do.
        """
        outputs = []
        for folds, evaluated in self._walks:
            held_back = evaluated.rows[: evaluated.n_calibration]
            folds = Folds((Fold(evaluated.learned, held_back), *folds), folds.kind)
            found = self.task.baselines[name](
                self.records, self.known, folds, self.config.application
            )
            outputs.append({key: value[evaluated.rows] for key, value in found.items()})
        return self._scored(name, outputs)

    def losses(self, score: Score) -> NDArray[np.float64]:
        """The loss that paired tests compare: its mean for each date, over all series.

        For samples without dates there is one for each, and for independent folds one for each
        unit, where there are several.
        """
        return self._by_date(score, self.test)

    def _by_date(self, score: Score, samples: Samples) -> NDArray[np.float64]:
        loss, unit = np.asarray(next(iter(score.values()))), samples.unit
        if self.folds.kind == "expanding":
            among = samples.time
        else:
            among = unit if len(np.unique(unit)) > 1 else np.arange(len(unit))
        _, place = np.unique(among, return_inverse=True)
        return np.asarray(np.bincount(place, weights=loss) / np.bincount(place))

    def _scored(self, name: str, outputs: Sequence[Outputs]) -> Scored:
        """Outputs of the evaluated rows of each walk, calibrated and scored."""
        parts, checked, answers = list[Score](), list[Score](), list[Outputs]()
        calibrations: dict[str, Calibration] = {}
        scores = self._apart(outputs)
        for number, (given, (folds, evaluated)) in enumerate(
            zip(outputs, self._walks, strict=True)
        ):
            others = [each for k, each in enumerate(scores) if k != number]
            tested = np.arange(len(evaluated.rows)) >= evaluated.n_calibration
            bounded, calibrations = self._bounded(given, evaluated.rows, tested, others)
            held_back, later = self._held_back(evaluated)
            first = {key: value[: len(later)] for key, value in given.items()}
            validated, _ = self._bounded(first, held_back, later, [])
            past = self.known[folds.rows[0].train]
            for found, rows, into in (
                (bounded, evaluated.test, parts),
                (validated, held_back[later], checked),
            ):
                into.append(self.task.score(found, self.known[rows], past, self.probabilities))
            answers.append(bounded)
        score, validation = _together(parts), self._by_date(_together(checked), self.validated)
        for metric, value in {**score, "loss on the validation part": validation}.items():
            if not np.isfinite(value).all():
                raise DataError(f"{metric} of {name} is not finite: check the data for bad values")
        return Scored(score, validation, tuple(answers), calibrations or self._fixed(outputs))

    def _apart(self, outputs: Sequence[Outputs]) -> list[NDArray[np.float64]]:
        """Scores of the test rows of each independent fold, by which regions of others are found.

        Of all rows together, each scored by a model that has not seen its fold, they are
        exchangeable (cross-conformal; Vovk 2015, doi:10.1007/s10472-013-9368-4; CV+ of Barber et
        al. 2021, arXiv:1905.02928), and more than those that one fold holds back.
        """
        if self.folds.kind == "expanding" or self._head.region in outputs[0]:
            return []
        pairs = zip(outputs, (evaluated for _, evaluated in self._walks), strict=True)
        return [
            self._head.nonconformity(given, self.known[each.rows])[each.n_calibration :]
            for given, each in pairs
        ]

    def _held_back(self, evaluated: EvaluatedRows) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """The calibration rows, and which of them are validated on."""
        rows = evaluated.rows[: evaluated.n_calibration]
        in_time = self.folds.kind == "expanding"
        adaptive = self.task.calibration == "adaptive"
        return rows, later_half(self.known[rows], adaptive=adaptive, in_time=in_time)

    def _bounded(
        self,
        outputs: Outputs,
        rows: NDArray[np.int64],
        tested: NDArray[np.bool_],
        others: Sequence[NDArray[np.float64]],
    ) -> tuple[Outputs, dict[str, Calibration]]:
        return calibrate(
            self._head,
            outputs,
            self.known[rows],
            tested,
            self.probabilities,
            self.config,
            adaptive=self.task.calibration == "adaptive",
            others=np.concatenate(others) if others else None,
        )

    def _fixed(self, outputs: Sequence[Outputs]) -> dict[str, Calibration]:
        """One calibration for all units, from all scores that the last model has not trained on.

        Where it is not fitted to the test part, these are the last calibration rows' alone.
        """
        if self._head.region in outputs[0]:
            return {}
        evaluated = self._walks[-1][1]
        scores = self._head.nonconformity(outputs[-1], self.known[evaluated.rows])
        if self.task.refit == "train":
            scores = scores[: evaluated.n_calibration]
        elif self.folds.kind == "independent":
            scores = np.concatenate(self._apart(outputs))
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
