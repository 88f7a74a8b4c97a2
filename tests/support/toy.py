"""A tiny task with a known law, for tests of tasks; imported by path, see conftest.py.

Each series moves by ``y = signal * tanh(2 u) + exp(v / 2) e``, where u is drawn anew for each day,
v is an autoregression and e is standard normal; u and v are known a day before y. Regressors of the
closed form are 1 and v, so that it has the true scale; only a network finds the location.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from qmann_core.config import (
    ApplicationConfig,
    ClassicalConfig,
    HybridConfig,
    QMANNConfig,
    QuantumConfig,
)
from qmann_core.data import Folds, Samples, sliding, steps_ahead, walk_forward
from qmann_core.nn import Head, LocationScale, fit_log_variance
from qmann_core.tasks import Fitted, Outputs, Prediction, Report, Score, Task, fit
from qmann_core.training import metrics

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Series:
    """Rows (u, v, y) of each series; the y of a row belongs to the u and v of the row before."""

    rows: Mapping[str, Array]
    start: str = "2000-01-03"

    def earlier(self, n: int) -> "Series":
        """As it was known n days ago."""
        return replace(self, rows={name: rows[:-n] for name, rows in self.rows.items()})


class ToyConfig(ApplicationConfig):
    window: int = 3
    test_size: int = 400
    refit_every: int = 200
    n_days: int = 1000
    n_series: int = 1
    signal: float = 1.5
    shuffled: bool = False
    horizon: int = 1


class ToySettings(QMANNConfig):
    application: ToyConfig = ToyConfig()


def generate(application: ToyConfig) -> Series:
    """Draw series; shuffled ones keep their values of y, at the wrong places."""
    rows = {}
    for number in range(application.n_series):
        rng = np.random.default_rng(100 + number)
        u, e, news = rng.normal(size=(3, application.n_days))
        v = np.zeros(application.n_days)
        for t in range(1, len(v)):
            v[t] = 0.9 * v[t - 1] + 0.3 * news[t]
        y = np.zeros(application.n_days)
        y[1:] = location(u[:-1], application.signal) + np.exp(v[:-1] / 2) * e[1:]
        if application.shuffled:
            y = rng.permutation(y)
        rows["abc"[number]] = np.column_stack((u, v, y))
    return Series(rows)


def location(u: Array, signal: float) -> Array:
    return signal * np.tanh(2 * u)


def load(source: Any, application: ToyConfig) -> Series:
    del application
    return source


def features(series: Series, application: ToyConfig) -> Samples:
    first = application.window - 1
    parts = []
    for number, rows in enumerate(series.rows.values()):
        n = len(rows) - first
        day = np.datetime64(series.start) + np.arange(len(rows))[first:]
        parts.append(
            (
                sliding(rows, application.window).astype(np.float32),
                np.column_stack((np.ones(n), rows[first:, 1])).astype(np.float32),
                steps_ahead(rows[:, 2], application.horizon)[first:].astype(np.float32),
                day.astype("datetime64[ns]"),
                np.full(n, number),
            )
        )
    x, regressors, y, time, group = (
        np.concatenate(columns) for columns in zip(*parts, strict=True)
    )
    return Samples(
        x=torch.from_numpy(x),
        regressors=torch.from_numpy(regressors),
        y=torch.from_numpy(y),
        time=time,
        unit=group,
        units=tuple(series.rows),
        lead=tuple(range(1, application.horizon + 1)),
    )


def split(samples: Samples, application: ToyConfig) -> Folds:
    return walk_forward(
        samples.time,
        samples.unit,
        test_size=application.test_size,
        refit_every=application.refit_every,
        embargo=samples.reach,
    )


def head(n_features: int, samples: Samples) -> Head:
    return LocationScale(n_features, samples.regressors.shape[1], samples.y.shape[1])


def score(outputs: Outputs, test: Samples, train: Samples, wanted: tuple[float, ...]) -> Score:
    del train
    y, quantiles = test.y.numpy(), outputs["quantiles"]
    found: dict[str, Any] = {
        "pinball": metrics.pinball(y, quantiles, np.array(wanted)).mean(axis=(1, 2))
    }
    for low in range(len(wanted) // 2):
        level = f"{100 * (wanted[-1 - low] - wanted[low]):g}"
        ends = quantiles[:, :, low], quantiles[:, :, -1 - low]
        found[f"coverage {level}"] = 100 * metrics.covered(y, *ends).mean(axis=1)
        found[f"width {level}"] = (ends[1] - ends[0]).mean(axis=1)
    found["rows"] = float(len(test))
    return found


def closed_form(series: Series, samples: Samples, folds: Folds, application: ToyConfig) -> Outputs:
    """No location, and the scale of an untrained network."""
    del series, application
    scale = np.empty(samples.y.shape)
    for number, fold in enumerate(folds):
        train = samples[fold.train]
        columns = [fit_log_variance(train.regressors, y.square()) for y in train.y.unbind(dim=1)]
        rows = np.arange(len(scale)) if number == 0 else fold.test
        weights = torch.stack(columns, dim=1)
        scale[rows] = torch.exp(samples.regressors[rows] @ weights / 2).numpy()
    return {"location": np.zeros_like(scale), "scale": scale}


def truth(series: Series, samples: Samples, folds: Folds, application: ToyConfig) -> Outputs:
    """The law that the series were drawn from."""
    del series, folds
    u, v = samples.x[:, -1, 0].numpy(), samples.regressors[:, 1].numpy()
    shape = (len(samples), 1)
    return {
        "location": location(u, application.signal).reshape(shape).astype(float),
        "scale": np.exp(v / 2).reshape(shape).astype(float),
    }


class ToyReport(Report):
    def plot(self) -> Any:
        return self.table.plot()


def report(prediction: Prediction) -> ToyReport:
    return ToyReport(**prediction.common("toy", table, evidence=None))


def table(prediction: Prediction) -> pd.DataFrame:
    samples, quantiles = prediction.samples, prediction.outputs["quantiles"]
    columns: dict[str, Any] = {
        "series": [samples.units[g] for g in samples.unit],
        "date": samples.time,
        "location": prediction.outputs["location"][:, 0],
    }
    for k, p in enumerate(prediction.probabilities):
        columns[f"q{p:g}"] = quantiles[:, 0, k]
    return pd.DataFrame(columns)


SETTINGS = ToySettings(
    quantum=QuantumConfig(n_qubits=2, n_layers=1),
    classical=ClassicalConfig(hidden_size=3),
    hybrid=HybridConfig(
        epochs=5, refit_epochs=2, batch_size=32, learning_rate=0.02, quantum_learning_rate=0.02
    ),
)

TOY = Task(
    name="toy",
    summary="Tomorrow's move of a series whose law is known",
    load=load,
    demo=generate,
    features=features,
    split=split,
    head=head,
    score=score,
    baselines={"closed form": closed_form, "truth": truth},
    report=report,
    presets={"standard": SETTINGS},
)


def settings(*, hybrid: Mapping[str, Any] | None = None, **application: Any) -> ToySettings:
    """The settings with changes of the training and the application part."""
    return SETTINGS.model_copy(
        update={
            "hybrid": SETTINGS.hybrid.model_copy(update=hybrid or {}),
            "application": SETTINGS.application.model_copy(update=application),
        }
    )


SMALL = settings(
    hybrid={"members": 2, "epochs": 3, "refit_epochs": 1, "samples_per_epoch": 64},
    n_series=2,
    n_days=200,
    test_size=60,
    refit_every=30,
)


def small_fit(folder: Path | None = None, task: Task[Series, ToyConfig] = TOY) -> Fitted:
    """Two series, two members, several refits: cheap, and every loop goes round."""
    return fit(task, generate(SMALL.application), SMALL, checkpoint=folder)
