"""A tiny task on rows without time, whose law is known; imported by path, see conftest.py.

y = tanh(2 u) + v + .1 e of independent u, v, e; the last rows of the source have no y.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from pandas import DataFrame

from qmann_core.config import (
    ApplicationConfig,
    ClassicalConfig,
    MemoryConfig,
    QMANNConfig,
    QuantumConfig,
)
from qmann_core.data import Samples, arrange, samples_in_order
from qmann_core.tasks import Prediction, Report
from qmann_core.tasks.tabular import tabular_task, value_columns


@dataclass(frozen=True)
class Rows:
    table: DataFrame


class RowConfig(ApplicationConfig):
    n: int = 90
    n_unknown: int = 4


class RowSettings(QMANNConfig):
    application: RowConfig = RowConfig()


def generate(application: RowConfig) -> Rows:
    u, v, e = np.random.default_rng(0).normal(size=(3, application.n))
    y = np.tanh(2 * u) + v + 0.1 * e
    y[-application.n_unknown :] = np.nan
    return Rows(DataFrame({"u": u, "v": v, "y": y, "name": [f"row{i}" for i in range(len(u))]}))


def load(source: Any, application: RowConfig) -> Rows:
    del application
    return source if isinstance(source, Rows) else Rows(source)


def load_unknown(source: Any, application: RowConfig) -> Rows:
    rows = load(source, application)
    return replace(rows, table=rows.table.assign(y=np.nan))


def features(rows: Rows, application: RowConfig) -> Samples:
    del application
    y = rows.table[["y"]].to_numpy()
    n = int(np.isfinite(y).sum())
    known = arrange("random", n, test_fraction=0.3, seed=0) if n else None
    x, label = rows.table[["u", "v"]].to_numpy(), rows.table["name"].to_numpy(str)
    return samples_in_order(x, y, label, arrangement=known, name="rows")


class RowReport(Report):
    def plot(self) -> Any:
        return self.table.plot()


def report(prediction: Prediction) -> RowReport:
    return RowReport(**prediction.common("rows", table, evidence=None))


def table(prediction: Prediction) -> DataFrame:
    return DataFrame({"name": prediction.samples.label, **value_columns(prediction, "units")})


SETTINGS = RowSettings(
    quantum=QuantumConfig(n_qubits=2),
    classical=ClassicalConfig(controller="quantum_kernel"),
    memory=MemoryConfig(kind="none"),
)

ROWS = tabular_task(
    name="rows",
    summary="A function of two numbers",
    load=load,
    load_unknown=load_unknown,
    demo=generate,
    features=features,
    report=report,
    presets={"standard": SETTINGS},
)
