"""Models of a task beside the network that it was fitted with, and what they answer."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch

from ..config import QMANNConfig
from ..data import Fold, Folds, Samples
from ..data.orders import after_all
from ..evaluation import Calibration
from ..nn import Ensemble
from ..nn.outcomes import Outputs
from .asked import asked_rows
from .task import Task


@dataclass(frozen=True)
class Other:
    """A model of the evaluation that can be asked."""

    calibrations: Mapping[str, Calibration]
    """By unit, the scores from which its regions come; none where it gives regions itself."""
    model: Ensemble | None = None
    """A network; None for a baseline, which is fitted when it is asked."""


def askable(task: Task[Any, Any], names: Iterable[str], config: QMANNConfig) -> tuple[str, ...]:
    """Models that can be asked: baselines are fitted to records, if there may be any."""
    kept = config.memory.together == 1
    return tuple(name for name in names if kept or name not in task.baselines)


def baseline_outputs(
    task: Task[Any, Any],
    name: str,
    records: Any,
    asked: Samples,
    application: Any,
    learned: Samples | None,
) -> Outputs:
    """What a baseline answers, fitted to all that is known.

    Args:
        task: the task.
        name: of the baseline.
        records: what the task has loaded.
        asked: the samples to answer.
        application: the domain's part of the configuration.
        learned: what the network has learned from; None to fit to what the records tell.
    """
    if learned is None:
        samples = task.features(records, application)
        rows = asked_rows(samples, task)
        known = np.setdiff1d(np.flatnonzero(samples.known), rows)
    else:
        samples = _joined(learned, asked)
        known, rows = np.split(np.arange(len(samples)), [len(learned)])
    found = task.baselines[name](records, samples, Folds((Fold(known, rows),)), application)
    return {key: value[rows] for key, value in found.items()}


def _joined(learned: Samples, asked: Samples) -> Samples:
    """Both, the asked ones of other units and after all that was learned from."""
    later = after_all(asked)
    return replace(
        learned,
        x=torch.cat((learned.x, later.x)),
        y=torch.cat((learned.y, later.y)),
        regressors=torch.cat((learned.regressors, later.regressors)),
        time=np.concatenate((learned.time, later.time)),
        unit=np.concatenate((learned.unit, later.unit + len(learned.units))),
        units=(*learned.units, *later.units),
        aux={name: torch.cat((each, later.aux[name])) for name, each in learned.aux.items()},
        label=None,
        test=None,
    )
