"""What an audit consists of: one training of one network, or one run of a baseline."""

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float64

from ...config import QMANNConfig
from ...errors import ConfigError
from ...evaluation.audit import MEMORY_OFF
from ...evaluation.rivals import HYBRID
from ...training import torch_threads
from ..assessment import Assessment

_RATES = ("learning_rate", "quantum_learning_rate")
_SHORT = 5.0
"""Seconds below which a baseline runs twice, since the first run also imports and compiles."""


@dataclass(frozen=True)
class Job:
    """One arm of the audit, once."""

    arm: str
    """The hybrid, one of its twins, "memory off", or a baseline of the task."""
    seed: int | None = None
    """None for a baseline, which knows no seed."""
    factor: float = 1.0
    """What the learning rates are multiplied by."""

    def __str__(self) -> str:
        if self.seed is None:
            return f"baseline {self.arm}"
        rate = "" if self.factor == 1 else f", learning rates x {self.factor:.3g}"
        return f"{self.arm}, seed {self.seed}{rate}"


@dataclass(frozen=True, eq=False)
class Done:
    """What a job gave."""

    metric: str
    """Name of the loss."""
    loss: Float64[np.ndarray, " sample"]
    """By date, or by sample where there are no dates."""
    validation: float
    """Loss by which learning rates are chosen; NaN for a baseline."""
    seconds: float
    """Of CPU time; of a short baseline, when it ran for the second time."""
    parameters: int
    """Trained ones; 0 for a baseline."""
    improved: bool = True
    """Whether a network left the closed form that its training starts from."""

    @property
    def diverged(self) -> bool:
        """Whether training ended without a model, which only a trial of learning rates may."""
        return not len(self.loss)


def perform(assessment: Assessment, job: Job) -> Done:
    """Do a job, on one thread.

    Raises:
        DataError: the data give scores that are not finite.
        ConfigError: training diverged at the rates of the configuration, or a setting is wrong.
    """
    with torch_threads(1):
        return _baseline(assessment, job) if job.seed is None else _network(assessment, job)


def _baseline(assessment: Assessment, job: Job) -> Done:
    seconds = 0.0
    for _ in range(2):
        started = time.process_time()
        score = assessment.baseline(job.arm)
        seconds = time.process_time() - started
        if seconds > _SHORT:
            break
    return Done(next(iter(score)), assessment.losses(score), np.nan, seconds, 0)


def _network(assessment: Assessment, job: Job) -> Done:
    twin: Any = None if job.arm in (HYBRID, MEMORY_OFF) else job.arm
    started = time.process_time()
    try:
        found = _configured(assessment, job).network(twin)
    except ConfigError:
        if job.factor == 1:
            raise
        return Done("", np.empty(0), np.inf, time.process_time() - started, 0)
    seconds = time.process_time() - started
    return Done(
        metric=next(iter(found.score)),
        loss=assessment.losses(found.score),
        validation=found.validation,
        seconds=seconds,
        parameters=found.model.parameter_count(),
        improved=found.improved,
    )


def _configured(assessment: Assessment, job: Job) -> Assessment:
    """The same samples and folds, with the settings of a job."""
    config: QMANNConfig = assessment.config
    rates = {name: job.factor * getattr(config.hybrid, name) for name in _RATES}
    changes: dict[str, Any] = {"seed": job.seed, "hybrid": config.hybrid.model_copy(update=rates)}
    if job.arm == MEMORY_OFF:
        changes["memory"] = config.memory.model_copy(update={"kind": "none"})
    return assessment.with_config(config.model_copy(update=changes))
