"""Fit a task, compare it out of sample, predict."""

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..circuits import Circuit
from ..config import QMANNConfig
from ..data import Samples
from ..errors import ConfigError, DataError
from ..evaluation import Calibration
from ..nn import Ensemble, QuantumLayer
from ..nn.variants import Variant, check_variant, variant_circuit
from ..simulation import NoiseModel, depolarising
from ..training import torch_threads
from .assessment import Assessed, Assessment
from .evidence import Known, gather
from .progress import Listener, Progress
from .summary import TWIN, summarise
from .task import Evaluation, Prediction, Report, Task
from .walk import decode, raw_outputs


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
    known: Known | None = None
    """What the model was trained on, where labels name it."""
    warnings: tuple[str, ...] = ()

    def predict(
        self,
        source: Any,
        *,
        level: Sequence[float] | None = None,
        evidence: int | None = None,
        noise: float | None = None,
    ) -> Report:
        """The report for what a source holds; see `report`.

        Args:
            source: what the task reads, whose targets do not count where the task has a
                ``load_unknown``; the demo when None.
            level: as for `report`, and so on.
            evidence: remembered cases to show.
            noise: of the circuits' gates.
        """
        records = self.task.unknown(source, self.config)
        return self.report(records, level=level, evidence=evidence, noise=noise)

    def report(
        self,
        records: Any,
        *,
        level: Sequence[float] | None = None,
        evidence: int | None = None,
        noise: float | None = None,
    ) -> Report:
        """The report for what is still unknown: the newest sample of every series, or every row.

        Levels of the intervals and the number of remembered cases are those of the configuration
        unless they are given here.

        A series that was not there at the fit is calibrated with the scores of all that were.

        Args:
            records: what the task has loaded.
            level: levels of the intervals.
            evidence: remembered cases to show.
            noise: chance p of a depolarising error after each gate, on each of its wires;
                intervals are calibrated without it.

        Raises:
            DataError: data that have other columns than at the fit.
            ConfigError: levels or noise out of range, or noise for a model without circuits or
                with recurrent ones.
        """
        application = self.config.application
        samples = self.task.features(records, application)
        self._check_shapes(samples)
        latest = _latest(samples)
        model = self.model if noise is None else self._noisy(noise)
        raw = decode(model, raw_outputs(model, latest))
        probabilities = self.task.probabilities(application.level if level is None else level)
        calibrations, warnings = self._calibrations(latest)
        standard = _standard(calibrations, np.array(probabilities))
        quantiles = raw["location"][:, :, None] + raw["scale"][:, :, None] * standard
        if noise is not None:
            warnings += (f"circuits simulated with {noise:.2%} depolarising noise after each gate",)
        n_cases = application.evidence if evidence is None else evidence
        return self.task.report(
            Prediction(
                fitted=self,
                records=records,
                samples=latest,
                outputs={**raw, "quantiles": quantiles},
                probabilities=probabilities,
                calibrations=calibrations,
                evidence=gather(self.model, latest, tuple(self.calibrations), n_cases, self.known),
                n_cases=n_cases,
                warnings=warnings,
            )
        )

    @property
    def circuit(self) -> Circuit | None:
        """The circuit in the network; None for the classical twin."""
        return variant_circuit(self.config.quantum, self.variant)

    def save(self, folder: str | Path) -> None:
        """Write the model folder; see `save_fitted`."""
        from .saved import save_fitted  # which reads what it wrote into this class

        save_fitted(self, Path(folder))

    def _calibrations(self, samples: Samples) -> tuple[tuple[Calibration, ...], tuple[str, ...]]:
        """The scores that each sample's intervals come from, and the warnings."""
        pooled = _pool(list(self.calibrations.values()))
        found = tuple(self.calibrations.get(samples.names[g], pooled) for g in samples.group)
        strangers = [name for name in samples.names if name not in self.calibrations]
        if not strangers:
            return found, self.warnings
        text = f"not seen at the fit, intervals are pooled: {', '.join(strangers)}"
        return found, (*self.warnings, text)

    def _noisy(self, noise: float) -> Ensemble:
        if self.circuit is None or self.config.classical.controller != "dense":
            raise ConfigError(
                f"got noise={noise}: only circuits of a dense controller are simulated with noise; "
                "this model has none: leave noise out"
            )
        if not 0 <= noise <= 1:
            raise ConfigError(f"got noise={noise}: expected a probability, such as 0.01")
        channel = (depolarising(noise),)
        model = copy.deepcopy(self.model)
        for module in model.modules():
            if isinstance(module, QuantumLayer):
                module.noise = NoiseModel(one_wire=channel, two_wire=channel)
        return model

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
    progress: bool | Listener = False,
    checkpoint: Path | None = None,
) -> Fitted:
    """Evaluate out of sample against the classical twin and the baselines, and fit to everything.

    With a ``checkpoint`` folder, an interrupted call made again with the same arguments goes on
    where it stopped and ends with the same result.
    """
    assessment, assessed, evaluation = _assess(
        task, records, config, variant, progress=progress, checkpoint=checkpoint
    )
    return Fitted(
        task=task,
        config=config,
        variant=variant,
        model=assessed.walked.model,
        calibrations=assessed.calibrations,
        evaluation=evaluation,
        template=assessment.samples[np.arange(0)],
        known=_known(assessment.known),
    )


def evaluate(
    task: Task[Any, Any],
    records: Any,
    config: QMANNConfig,
    variant: Variant = "hybrid",
    *,
    progress: bool | Listener = False,
    checkpoint: Path | None = None,
) -> Evaluation:
    """The out-of-sample comparison alone."""
    return _assess(task, records, config, variant, progress=progress, checkpoint=checkpoint)[2]


def _assess(
    task: Task[Any, Any],
    records: Any,
    config: QMANNConfig,
    variant: Variant,
    *,
    progress: bool | Listener,
    checkpoint: Path | None,
) -> tuple[Assessment, Assessed, Evaluation]:
    check_variant(variant)
    assessment = Assessment(task, records, config)
    networks: dict[str, Assessed] = {}
    with Progress(task.name, progress) as bar, torch_threads(config.hybrid.threads):
        variants: tuple[Variant, ...] = (variant, TWIN) if variant != TWIN else (TWIN,)
        for kind in variants:
            label = "classical twin" if kind == TWIN else kind
            n_fits = 1 + len(assessment.folds) + 1  # the first, one a fold, one on everything
            callbacks = bar.training(label, n_fits, config.hybrid)
            networks[kind] = assessment.network(kind, callbacks=callbacks, checkpoint=checkpoint)
        scores = {kind: assessed.score for kind, assessed in networks.items()}
        for name in task.baselines:
            bar.step(f"baseline {name}")
            scores[name] = assessment.baseline(name)
    walks = {kind: assessed.walked for kind, assessed in networks.items()}
    return assessment, networks[variant], summarise(assessment, scores, walks)


def _latest(samples: Samples) -> Samples:
    """The newest row of each series; of data without time, all that are not known."""
    if not samples.dated:
        if samples.known.all():
            raise DataError(
                "got nothing to predict: expected a row that can be used and whose target is not "
                "known; add one, or mend the rows with errors"
            )
        return samples[~samples.known]
    rows = [np.flatnonzero(samples.group == g) for g in range(len(samples.names))]
    short = [name for name, r in zip(samples.names, rows, strict=True) if not len(r)]
    if short:
        raise DataError(f"too few rows to predict {', '.join(short)}: give a longer history")
    return samples[np.array([r[np.argmax(samples.time[r])] for r in rows])]


def _known(samples: Samples) -> Known | None:
    return None if samples.label is None else Known(samples.label, samples.y.numpy())


def _standard(
    calibrations: Sequence[Calibration], probabilities: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Quantiles of the scores for each sample, worked out once for each calibration."""
    found = {id(each): each.quantiles(probabilities) for each in calibrations}
    return np.stack([found[id(each)] for each in calibrations])


def _pool(calibrations: Sequence[Calibration]) -> Calibration:
    """One calibration from the scores of all series."""
    first = calibrations[0]
    return Calibration(
        scores=np.concatenate([c.scores for c in calibrations]),
        probabilities=first.probabilities,
        adapted=np.mean([c.adapted for c in calibrations], axis=0),
    )
