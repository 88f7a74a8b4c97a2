"""Fit a task, and compare it out of sample."""

from pathlib import Path
from typing import Any

import numpy as np

from ..config import QMANNConfig
from ..nn.variants import Variant, check_variant
from ..training import torch_threads
from .assessment import Assessed, Assessment
from .evaluation import Evaluation
from .evidence import Known
from .fitted import Fitted
from .progress import Listener, Progress
from .report import Report
from .summary import TWIN, summarise
from .task import Task


def fit(
    task: Task[Any, Any],
    records: Any,
    config: QMANNConfig,
    variant: Variant = "hybrid",
    *,
    progress: bool | Listener = False,
    checkpoint: Path | None = None,
) -> Fitted:
    """Evaluate against the classical twin and the baselines, and fit to what is known.

    With a ``checkpoint`` folder, an interrupted call made again with the same arguments goes on
    where it stopped and ends with the same result.
    """
    return _fitted(*_assess(task, records, config, variant, progress, checkpoint), variant)


def answer(
    task: Task[Any, Any],
    records: Any,
    config: QMANNConfig,
    variant: Variant = "hybrid",
    *,
    progress: bool | Listener = False,
    checkpoint: Path | None = None,
) -> Report:
    """`fit`, and the report for what is asked of the same records."""
    found = _assess(task, records, config, variant, progress, checkpoint)
    return _fitted(*found, variant).report_of(records, found[0].samples)


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
    return _assess(task, records, config, variant, progress, checkpoint)[2]


def _assess(
    task: Task[Any, Any],
    records: Any,
    config: QMANNConfig,
    variant: Variant,
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
            callbacks = bar.training(label, assessment.n_fits, config.hybrid)
            networks[kind] = assessment.network(kind, callbacks=callbacks, checkpoint=checkpoint)
        scores = {kind: assessed.score for kind, assessed in networks.items()}
        for name in task.baselines:
            bar.step(f"baseline {name}")
            scores[name] = assessment.baseline(name)
        bar.step("shots")
        shots = assessment.by_shots(networks[variant].model)
    return assessment, networks[variant], summarise(assessment, scores, networks, shots)


def _fitted(
    assessment: Assessment, assessed: Assessed, evaluation: Evaluation, variant: Variant
) -> Fitted:
    learned = assessment.learned
    known = None
    if learned.label is not None:
        known = Known(learned.label, learned.y.flatten(1).numpy())
    return Fitted(
        task=assessment.task,
        config=assessment.config,
        variant=variant,
        model=assessed.model,
        calibrations=assessed.calibrations,
        evaluation=evaluation,
        template=assessment.samples[np.arange(0)],
        known=known,
    )
