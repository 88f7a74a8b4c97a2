"""A fitted model on rows of a stream: how far they are from normal operation, and what does it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from pandas import DataFrame, Index, Series

from qmann_core.data import Samples
from qmann_core.errors import ConfigError, DataError
from qmann_core.tasks import Fitted, Prediction
from qmann_core.training import torch_threads

from ..alarms.data import Watched
from ..alarms.reports import contributions, named
from ..config import AlarmConfig
from ..faults.data import Readings


class Scorer:
    """What a fitted model says of weighted means of sensors, row by row."""

    def __init__(self, fitted: Fitted) -> None:
        if fitted.evaluation.model != fitted.network or fitted.config.quantum.shots:
            raise ConfigError(
                f"got a model in which {fitted.evaluation.model} answers, with "
                f"{fitted.config.quantum.shots or 'no'} shots. Expected one in which the network "
                "answers, without shots: fit with model=hybrid"
            )
        self.model, self.threads = fitted.model, fitted.config.hybrid.threads
        self.prediction = _asked(fitted)
        outputs = self.prediction.outputs
        self.limit, self.weight = (float(outputs[k].flat[-1]) for k in ("limit", "weight"))

    def location(self, x: Float[np.ndarray, "row sensor"]) -> list[float]:
        """How far each row is from normal operation; see `Deviation`."""
        rows = _samples(x)
        with torch_threads(self.threads), torch.inference_mode():
            raw = self.model(rows.x, rows.regressors, at=rows.origin)
        found: list[float] = raw[:, 0].double().tolist()
        return found

    def sensors(self, rows: Sequence[Any]) -> str:
        """Those that contribute most to the distance of rows."""
        asked = replace(self.prediction, samples=_samples(np.stack(rows)))
        (behind,) = contributions(asked, [np.arange(len(rows))])
        return named(behind)


def _samples(x: Float[np.ndarray, "row sensor"]) -> Samples:
    return Samples(torch.from_numpy(x)[:, None], torch.full((len(x), 1), torch.nan))


def application_of(fitted: Fitted) -> AlarmConfig:
    """The settings of alarms.

    Raises:
        DataError: a model of another task.
    """
    found = fitted.config.application
    if not isinstance(found, AlarmConfig):
        raise DataError(f"got a model of {fitted.task.name}. Expected one of anomalies")
    return found


def _asked(fitted: Fitted) -> Prediction:
    """What a prediction for one usual row is made of."""
    application, rows = application_of(fitted), Index([1])
    table = DataFrame([application.usual], rows, list(application.sensors))
    run, when = Series("", rows), rows.to_series()
    watched = Watched(Readings("stream", table, run, when, Series(np.nan, rows)), 0, None)
    same: Any = lambda prediction: prediction  # noqa: E731
    found: Any = replace(fitted, task=replace(fitted.task, report=same)).report(watched)
    assert isinstance(found, Prediction)
    return found
