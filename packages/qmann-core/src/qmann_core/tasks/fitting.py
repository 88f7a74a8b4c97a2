"""Fit a task, and compare it out of sample."""

import gzip
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from pandas import DataFrame

from ..config import QMANNConfig, Twin, check_twin
from ..data import Samples
from ..evaluation.rivals import HYBRID
from ..files import work_folder
from ..training import single_precision, torch_threads
from .asked import asked_samples
from .assessed import Assessed
from .assessment import Assessment, shots_to_try
from .evaluation import CLOSED_FORM, TWIN, Evaluation
from .evidence import Known
from .fitted import Fitted
from .others import Other
from .progress import Listener, Progress, steps_of
from .report import Report
from .summary import summarise
from .task import Task

_SHOTS = "shots"


@single_precision()
def fit(
    task: Task[Any, Any],
    records: Any,
    config: QMANNConfig,
    twin: Twin | None = None,
    *,
    progress: bool | Listener = False,
    checkpoint: Path | None = None,
) -> Fitted:
    """Evaluate against the classical twin and the baselines, and fit to what is known.

    With a ``checkpoint`` folder, an interrupted call made again with the same arguments goes on
    where it stopped and ends with the same result.
    """
    return _fit(task, records, config, twin, progress, checkpoint)[0]


@single_precision()
def answer(
    task: Task[Any, Any],
    records: Any,
    config: QMANNConfig,
    twin: Twin | None = None,
    *,
    progress: bool | Listener = False,
    checkpoint: Path | None = None,
) -> Report:
    """`fit`, and the report for what is asked of the same records."""
    fitted, samples = _fit(task, records, config, twin, progress, checkpoint, predicted=True)
    return fitted.report_of(records, samples)


@single_precision()
def evaluate(
    task: Task[Any, Any],
    records: Any,
    config: QMANNConfig,
    twin: Twin | None = None,
    *,
    progress: bool | Listener = False,
    checkpoint: Path | None = None,
) -> Evaluation:
    """The out-of-sample comparison alone."""
    return _fit(task, records, config, twin, progress, checkpoint)[0].evaluation


def _fit(
    task: Task[Any, Any],
    records: Any,
    config: QMANNConfig,
    twin: Twin | None,
    progress: bool | Listener,
    checkpoint: Path | None,
    *,
    predicted: bool = False,
) -> tuple[Fitted, Samples]:
    """The trained model, and the samples of the records."""
    check_twin(twin)
    assessment = Assessment(task, records, config)
    if predicted:  # or it says now why nothing can be
        asked_samples(assessment.samples, task)
    assessment.check_network(twin)
    networks: dict[str, Assessed] = {}
    labels = {kind: _training(kind) for kind in dict.fromkeys((twin, TWIN))}
    n_steps = steps_of(config, assessment.n_fits)
    with (
        work_folder(checkpoint, "checkpoints"),
        Progress(task.name, progress, _parts(labels.values(), task.baselines, config)) as bar,
        torch_threads(config.hybrid.threads),
        ThreadPoolExecutor(2) as aside,
        ExitStack() as at_the_end,
    ):
        at_the_end.callback(aside.shutdown, wait=False, cancel_futures=True)
        _, *rest = labels if config.classical.is_solved else [twin]  # checkpoints take turns
        solved = {kind: aside.submit(assessment.network, kind) for kind in rest}
        for kind, label in labels.items():
            callbacks = bar.begin(label, n_steps)
            if kind in solved:
                found = solved[kind].result()
            else:
                found = assessment.network(kind, callbacks=callbacks, checkpoint=checkpoint)
            name = kind or HYBRID if found.improved or kind == TWIN else CLOSED_FORM
            networks[name] = found
            if kind == twin:
                tried = shots_to_try(found.model)
                by_shots = aside.map(partial(assessment.with_shots, found.model), tried)
        models = {name: assessed.scored for name, assessed in networks.items()}
        for name in task.baselines:
            bar.begin(_baseline(name))
            models[name] = assessment.assess_baseline(name)
        bar.begin(_SHOTS)
        shots = {str(n or "exact"): loss for n, loss in zip(tried, by_shots, strict=True)}
    name, model = next(iter(networks.items()))
    others = {
        each: Other(scored.calibrations, networks[each].model if each in networks else None)
        for each, scored in models.items()
        if each != name
    }
    evaluation = summarise(assessment, models, networks, shots)
    learned, known = assessment.learned, None
    if learned.label is not None:
        known = Known(learned.label, learned.y.flatten(1).double().numpy())
    fitted = Fitted(
        task=task,
        config=assessment.config,
        twin=twin,
        model=model.model,
        calibrations=model.calibrations,
        evaluation=evaluation,
        template=assessment.samples[np.arange(0)],
        others=others,
        tested=assessment.backtest({each: models[each] for each in evaluation.scores}),
        learned=learned if task.calibration == "fixed" else None,
        known=known,
        data=None if task.keep is None else _packed(task.keep(records)),
    )
    if (together := fitted.config.memory.together) > 1:
        tested = fitted.tested.without_records(together, fitted.askable)
        fitted = replace(fitted, tested=tested, learned=None, known=None, data=None)
    return fitted, assessment.samples


def _training(kind: Twin | None) -> str:
    return f"training {'classical twin' if kind == TWIN else kind or HYBRID}"


def _baseline(name: str) -> str:
    return f"baseline {name}"


def _parts(
    trainings: Iterable[str], baselines: Iterable[str], config: QMANNConfig
) -> dict[str, float]:
    """What is to be done, and how long each takes beside a baseline, as measured on prices."""
    training = 8 if config.classical.is_solved else 20
    parts: dict[str, float] = dict.fromkeys(trainings, training)
    return parts | dict.fromkeys(map(_baseline, baselines), 1) | {_SHOTS: training / 2}


def _packed(table: DataFrame) -> bytes:
    return gzip.compress(table.to_csv(index=False).encode(), mtime=0)
