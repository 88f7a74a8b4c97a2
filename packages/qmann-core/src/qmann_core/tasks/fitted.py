"""Fit a task, compare it out of sample, predict."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..config import QMANNConfig
from ..data import Samples
from ..errors import DataError
from ..evaluation import Calibration, compare, verdict
from ..nn import Ensemble
from ..nn.variants import Variant, check_variant
from ..training import torch_threads
from .evidence import gather
from .progress import Progress
from .task import Evaluation, Outputs, Prediction, Report, Score, Task
from .walk import Walk, calibrate, decode, evaluated_rows, raw_outputs, walk

TWIN: Variant = "classical"


@dataclass(frozen=True)
class Fitted:
    """A trained model with the evidence of how well it did out of sample."""

    task: Task[Any, Any]
    config: QMANNConfig
    variant: Variant
    model: Ensemble
    calibrations: Mapping[str, Calibration]
    evaluation: Evaluation
    template: Samples
    """No rows: the shapes that the network was built for."""
    warnings: tuple[str, ...] = ()

    def predict(
        self,
        records: Any,
        *,
        level: Sequence[float] | None = None,
        evidence: int | None = None,
    ) -> Report:
        """The report for the newest, still unknown sample of every series of ``records``.

        Levels of the intervals and the number of remembered cases are those of the configuration
        unless they are given here.

        A series that was not there at the fit is calibrated with the scores of all that were.
        """
        config = self.config
        samples = self.task.features(records, config.application)
        self._check_shapes(samples)
        latest = _latest(samples)
        raw = decode(self.model, raw_outputs(self.model, latest))
        levels = config.application.level if level is None else level
        n_cases = config.application.evidence if evidence is None else evidence
        probabilities = self.task.probabilities(levels)
        pooled = _pool(list(self.calibrations.values()))
        calibrations = tuple(
            self.calibrations.get(samples.names[group], pooled) for group in latest.group
        )
        standard = np.stack([c.quantiles(np.array(probabilities)) for c in calibrations])
        quantiles = raw["location"][:, :, None] + raw["scale"][:, :, None] * standard
        strangers = [name for name in samples.names if name not in self.calibrations]
        warnings = self.warnings
        if strangers:
            warnings += (f"not seen at the fit, intervals are pooled: {', '.join(strangers)}",)
        return self.task.report(
            Prediction(
                records=records,
                samples=latest,
                outputs={**raw, "quantiles": quantiles},
                probabilities=probabilities,
                calibrations=calibrations,
                config=config,
                variant=self.variant,
                evaluation=self.evaluation,
                evidence=gather(self.model, latest, tuple(self.calibrations), n_cases),
                warnings=warnings,
            )
        )

    def _check_shapes(self, samples: Samples) -> None:
        given = (tuple(samples.x.shape[1:]), samples.skip.shape[1])
        expected = (tuple(self.template.x.shape[1:]), self.template.skip.shape[1])
        if given != expected:
            raise DataError(
                f"the data give features of the shapes {given}, but the model reads {expected}: "
                "give the same columns as at the fit"
            )


def fit(
    task: Task[Any, Any],
    records: Any,
    config: QMANNConfig,
    variant: Variant = "hybrid",
    *,
    progress: bool = False,
    checkpoint: Path | None = None,
) -> Fitted:
    """Evaluate walk-forward against the classical twin and the baselines, and fit to everything.

    With a ``checkpoint`` folder, an interrupted call made again with the same arguments goes on
    where it stopped and ends with the same result.
    """
    evaluation, walked, calibrations, samples = _assess(
        task, records, config, variant, progress=progress, checkpoint=checkpoint
    )
    template = samples[np.arange(0)]
    return Fitted(task, config, variant, walked.model, calibrations, evaluation, template)


def evaluate(
    task: Task[Any, Any],
    records: Any,
    config: QMANNConfig,
    variant: Variant = "hybrid",
    *,
    progress: bool = False,
    checkpoint: Path | None = None,
) -> Evaluation:
    """The out-of-sample comparison alone."""
    return _assess(task, records, config, variant, progress=progress, checkpoint=checkpoint)[0]


def _assess(
    task: Task[Any, Any],
    records: Any,
    config: QMANNConfig,
    variant: Variant,
    *,
    progress: bool,
    checkpoint: Path | None,
) -> tuple[Evaluation, Walk, dict[str, Calibration], Samples]:
    check_variant(variant)
    application = config.application
    probabilities = task.probabilities(application.level)
    samples = task.features(records, application)
    known = samples[samples.known]
    folds = task.split(known, application)
    rows, n_calibration = evaluated_rows(known, folds, config)
    evaluated = known[rows]
    test, past = evaluated[np.arange(n_calibration, len(rows))], known[folds[0].train]
    calibrations: dict[str, Calibration] = {}
    walks: dict[str, Walk] = {}
    scores: dict[str, Score] = {}
    with Progress(task.name, enabled=progress) as bar, torch_threads(config.hybrid.threads):
        variants: tuple[Variant, ...] = (variant, TWIN) if variant != TWIN else (TWIN,)
        for kind in variants:
            label = "classical twin" if kind == TWIN else kind
            n_fits = 1 + len(folds) + 1  # the first, one for each fold, and one on everything
            callbacks = bar.training(label, n_fits, config.hybrid)
            walks[kind] = walk(
                known, folds, task.head, config, kind, callbacks=callbacks, checkpoint=checkpoint
            )
            outputs, ends = calibrate(
                walks[kind].outputs, evaluated, n_calibration, probabilities, config
            )
            calibrations = calibrations or ends
            scores[kind] = task.score(outputs, test, past, probabilities)
        for name, baseline in task.baselines.items():
            bar.step(f"baseline {name}")
            everywhere = baseline(records, known, folds, application)
            chosen: Outputs = {key: value[rows] for key, value in everywhere.items()}
            outputs, _ = calibrate(chosen, evaluated, n_calibration, probabilities, config)
            scores[name] = task.score(outputs, test, past, probabilities)
    evaluation = _summarise(scores, walks, test, len(folds), config.seed)
    return evaluation, walks[variant], calibrations, samples


def _summarise(
    scores: Mapping[str, Score],
    walks: Mapping[str, Walk],
    test: Samples,
    n_refits: int,
    seed: int,
) -> Evaluation:
    for name, score in scores.items():
        for metric, value in score.items():
            if not np.isfinite(value).all():
                raise DataError(
                    f"{metric} of {name} is not finite: check the series for bad values"
                )
    reference = next(iter(scores))
    primary = next(iter(scores[reference]))
    losses = {name: _by_date(np.asarray(s[primary]), test.time) for name, s in scores.items()}
    comparisons = compare(losses, reference=reference, horizon=test.reach, seed=seed)
    return Evaluation(
        scores={
            name: {metric: float(np.mean(value)) for metric, value in score.items()}
            for name, score in scores.items()
        },
        primary=primary,
        comparisons=comparisons,
        verdict=verdict(comparisons, primary),
        parameters={name: walked.model.parameter_count() for name, walked in walks.items()},
        seconds={name: walked.seconds for name, walked in walks.items()},
        start=str(test.time.min().astype("datetime64[D]")),
        end=str(test.time.max().astype("datetime64[D]")),
        n_test=len(test),
        n_refits=n_refits,
    )


def _by_date(loss: NDArray[np.float64], time: NDArray[np.datetime64]) -> NDArray[np.float64]:
    """Mean over the series of each date, in time order: paired tests assume one loss a date."""
    _, position = np.unique(time, return_inverse=True)
    return np.asarray(np.bincount(position, weights=loss) / np.bincount(position))


def _latest(samples: Samples) -> Samples:
    """The newest row of each series."""
    rows = [np.flatnonzero(samples.group == g) for g in range(len(samples.names))]
    short = [name for name, r in zip(samples.names, rows, strict=True) if not len(r)]
    if short:
        raise DataError(f"too few rows to predict {', '.join(short)}: give a longer history")
    return samples[np.array([r[np.argmax(samples.time[r])] for r in rows])]


def _pool(calibrations: Sequence[Calibration]) -> Calibration:
    """One calibration from the scores of all series."""
    first = calibrations[0]
    return Calibration(
        scores=np.concatenate([c.scores for c in calibrations]),
        probabilities=first.probabilities,
        adapted=np.mean([c.adapted for c in calibrations], axis=0),
    )
