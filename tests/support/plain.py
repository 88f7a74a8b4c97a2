"""A tiny configuration and the plainest report, for tasks in tests; imported by path."""

import pandas as pd

from qmann_core import config
from qmann_core.tasks import Report

CONFIG = config.QMANNConfig(
    quantum=config.QuantumConfig(n_qubits=2, n_layers=1),
    classical=config.ClassicalConfig(controller="dense", hidden_size=3),
    hybrid=config.HybridConfig(epochs=3, refit_epochs=2, batch_size=32),
)
SOLVED = CONFIG.model_copy(
    update={"classical": config.ClassicalConfig(controller="quantum_kernel")}
)


class PlainReport(Report):
    """A table, and no picture."""

    plot = None


def report(columns):
    """A task's report, of a function prediction -> columns."""

    def made(prediction):
        table_of = lambda by: pd.DataFrame(columns(by))  # noqa: E731
        return PlainReport(**prediction.common("plain", table_of, evidence=None))

    return made
