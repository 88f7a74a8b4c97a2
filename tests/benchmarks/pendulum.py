"""Test error of the published quantum cell and of a classical LSTM on a damped pendulum.

    uv run python tests/benchmarks/pendulum.py

Protocol of Chen, Yoo and Fang (arXiv:2009.01783): windows of 4, batches of 10 in order, RMSprop at
0.01, 100 epochs, float64; the median over seeds of the test MSE after the last epoch.
"""

import argparse
import statistics
import time

import torch
from torch import nn

from qmann_core.config import QuantumConfig
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
    parser.add_argument("--seeds", type=int, default=6)
    parser.add_argument("--epochs", type=int, default=100)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    print(f"{'model':<18}{'parameters':>12}{'median test MSE':>18}{'CPU s a run':>14}")
    for name, build in MODELS.items():
        started = time.process_time()
        errors = []
        for seed in range(arguments.seeds):
            torch.manual_seed(seed)
            model = build().double()
            errors.append(test_error(model, arguments.epochs))
        seconds = (time.process_time() - started) / arguments.seeds
        count = sum(p.numel() for p in model.parameters())
        print(
            f"{name:<18}{count:>12}{statistics.median(errors):>18.2e}{seconds:>14.1f}", flush=True
        )


def test_error(model, epochs):
    train, (x, y) = damped_pendulum()
    optimiser = torch.optim.RMSprop(model.parameters(), lr=0.01, alpha=0.99, eps=1e-8)
    batches = list(zip(*(part.split(10) for part in train), strict=True))
    for _ in range(epochs):
        for inputs, targets in batches:
            optimiser.zero_grad()
            nn.functional.mse_loss(model(inputs), targets).backward()
            optimiser.step()
    with torch.no_grad():
        return nn.functional.mse_loss(model(x), y).item()


if __name__ == "__main__":
    main()
