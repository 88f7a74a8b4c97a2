"""The published cell, against numbers from the authors' own script (arXiv:2009.01783).

Gold: seed 0, float64, damped pendulum; mean training MSE over an epoch's batches, test MSE.
"""

import numpy as np
import pytest
import torch
from scipy.integrate import odeint
from torch import nn

from qmann_core.config import QuantumConfig
from qmann_core.errors import ConfigError
from qmann_core.nn import QuantumLSTM

GOLD = {
    1: (0.2093337, 0.022363082),
    2: (0.075461264, 0.012674596),
    3: (0.052165008, 0.0096065378),
    5: (0.037524306, 0.0075543465),
    15: (0.022268739, 0.003941089),
}
FIRST_LOSS = 0.07498640953070367


def pendulum():
    """Angular velocity of a damped pendulum in windows of 4, with the value that follows."""
    t = np.linspace(0, 20, 240)
    slope = lambda y, _: [y[1], -0.15 * y[1] - 9.81 * np.sin(y[0])]  # noqa: E731
    series = odeint(slope, [0, 3], t)[:, 1]
    series = 2 * (series - series.min()) / (series.max() - series.min()) - 1
    series = torch.from_numpy(series.astype(np.float32)).double()
    n = len(series) - 5
    x = torch.stack([series[i : i + 4] for i in range(n)]).unsqueeze(-1)
    y = series[4 : 4 + n].unsqueeze(-1)
    split = int(0.67 * n)
    return (x[:split], y[:split]), (x[split:], y[split:])


class Published(nn.Module):
    def __init__(self, depth):
        super().__init__()
        quantum = QuantumConfig(n_qubits=6, n_layers=depth)
        self.lstm = QuantumLSTM(1, 5, batch_first=True, cell="chen_v0", quantum=quantum)
        self.linear = nn.Linear(5, 1)

    def forward(self, x):
        return self.linear(self.lstm(x)[0][:, -1])


def build(depth):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return Published(depth).double()


def test_published_parameter_counts():
    counts = {depth: sum(p.numel() for p in build(depth).parameters()) for depth in (2, 5)}
    assert counts == {2: 54, 5: 126}


def test_first_loss_of_the_unmodified_script():
    (x, y), _ = pendulum()
    loss = nn.functional.mse_loss(build(5)(x[:4]), y[:4])
    assert loss.item() == pytest.approx(FIRST_LOSS, rel=1e-13)


def test_training_reproduces_the_published_script():
    train, test = pendulum()
    assert (len(train[0]), len(test[0])) == (157, 78)
    model = build(5)
    optimiser = torch.optim.RMSprop(model.parameters(), lr=0.01, alpha=0.99, eps=1e-8)
    for epoch in range(1, 16):
        losses = []
        for x, y in zip(*(part.split(10) for part in train), strict=True):
            optimiser.zero_grad()
            loss = nn.functional.mse_loss(model(x), y)
            loss.backward()
            optimiser.step()
            losses.append(loss.item())
        if epoch in GOLD:
            with torch.no_grad():
                found = (np.mean(losses), nn.functional.mse_loss(model(test[0]), test[1]).item())
            tolerance = 1e-4 if epoch == 15 else 5e-8  # eight digits
            assert found == pytest.approx(GOLD[epoch], rel=tolerance), epoch


def test_wires_must_fit_the_cell():
    with pytest.raises(ConfigError, match=r"n_qubits 4.*set n_qubits to 6"):
        QuantumLSTM(1, 5, cell="chen_v0", quantum=QuantumConfig(n_qubits=4))
