"""Test error of the published quantum cell and of a classical LSTM on a damped pendulum.

    uv run python tests/benchmarks/pendulum.py
    uv run python tests/benchmarks/pendulum.py --audit

Protocol of Chen, Yoo and Fang (arXiv:2009.01783): windows of 4, batches of 10 in order, RMSprop at
0.01, 100 epochs, float64; the median over seeds of the test MSE after the last epoch. With --audit,
the published cell against the smaller classical one, by the audit's tests.
"""

import argparse
import statistics
import time

import numpy as np
import torch
from torch import nn

from qmann_core.config import QuantumConfig
from qmann_core.evaluation import audit_losses
from qmann_core.nn import QuantumLSTM
from qmann_core.testing import damped_pendulum


class Forecaster(nn.Module):
    def __init__(self, recurrent, hidden):
        super().__init__()
        self.recurrent, self.linear = recurrent, nn.Linear(hidden, 1)

    def forward(self, x):
        return self.linear(self.recurrent(x)[0][:, -1])


def published(depth):
    quantum = QuantumConfig(n_qubits=6, n_layers=depth)
    lstm = QuantumLSTM(1, 5, batch_first=True, cell="chen_v0", quantum=quantum)
    return Forecaster(lstm, 5)


MODELS = {
    "chen_v0, depth 5": lambda: published(5),
    "chen_v0, depth 2": lambda: published(2),
    "gated cell": lambda: Forecaster(QuantumLSTM(1, 4, batch_first=True), 4),
    "nn.LSTM": lambda: Forecaster(nn.LSTM(1, 4, batch_first=True), 4),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, help="default: 6, or 10 for an audit")
    parser.add_argument("--epochs", type=int, default=100)
    parser.add_argument("--audit", action="store_true")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    if arguments.audit:
        result = audited(arguments.seeds or 10, arguments.epochs)
        for title, table in result.tables():
            print(title, table.to_string(index=False), sep="\n", end="\n\n")
        print(result.verdict, *result.notes, sep="\n")
    else:
        show_medians(arguments.seeds or 6, arguments.epochs)


def show_medians(seeds, epochs):
    print(f"{'model':<18}{'parameters':>12}{'median test MSE':>18}{'CPU s a run':>14}")
    for name in MODELS:
        errors, seconds, count = trained(name, seeds, epochs)
        median = statistics.median(errors.mean(axis=1))
        print(f"{name:<18}{count:>12}{median:>18.2e}{seconds:>14.1f}", flush=True)


def audited(seeds, epochs):
    """The published cell of depth 5 in the hybrid's place, nn.LSTM in that of its twin."""
    runs = {
        arm: trained(name, seeds, epochs)
        for arm, name in (("hybrid", "chen_v0, depth 5"), ("classical", "nn.LSTM"))
    }
    errors, seconds, parameters = (
        dict(zip(runs, part, strict=True)) for part in zip(*runs.values(), strict=True)
    )
    return audit_losses(
        errors,
        title="damped pendulum",
        metric="MSE",
        horizon=1,
        seed=0,
        parameters=parameters,
        seconds=seconds,
        rates={},
    )


def trained(name, seeds, epochs):
    """Squared errors (seed, test sample), CPU seconds of one training, and parameters."""
    started = time.process_time()
    errors = []
    for seed in range(seeds):
        torch.manual_seed(seed)
        model = MODELS[name]().double()
        errors.append(squared_errors(model, epochs))
    seconds = (time.process_time() - started) / seeds
    return np.stack(errors), seconds, sum(p.numel() for p in model.parameters())


def squared_errors(model, epochs):
    train, (x, y) = damped_pendulum()
    optimiser = torch.optim.RMSprop(model.parameters(), lr=0.01, alpha=0.99, eps=1e-8)
    batches = list(zip(*(part.split(10) for part in train), strict=True))
    for _ in range(epochs):
        for inputs, targets in batches:
            optimiser.zero_grad()
            nn.functional.mse_loss(model(inputs), targets).backward()
            optimiser.step()
    with torch.no_grad():
        return (model(x) - y).square().squeeze(1).numpy()


if __name__ == "__main__":
    main()
