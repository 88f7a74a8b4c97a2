"""The published cell, against numbers from the authors' own script (arXiv:2009.01783).

Gold: seed 0, float64, damped pendulum; mean training MSE over an epoch's batches, test MSE.
"""

import numpy as np
import pytest
import torch
from torch import nn

from qmann_core.config import QuantumConfig
from qmann_core.errors import ConfigError
from qmann_core.nn import QuantumLSTM
from qmann_core.testing import damped_pendulum

GOLD = {
    1: (0.2093337, 0.022363082),
    2: (0.075461264, 0.012674596),
    3: (0.052165008, 0.0096065378),
    5: (0.037524306, 0.0075543465),
    15: (0.022268739, 0.003941089),
}
FIRST_LOSS = 0.07498640953070367


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


@pytest.mark.slow
def test_first_loss_of_the_unmodified_script():
    (x, y), _ = damped_pendulum()
    loss = nn.functional.mse_loss(build(5)(x[:4]), y[:4])
    assert loss.item() == pytest.approx(FIRST_LOSS, rel=1e-13)


@pytest.mark.slow
def test_training_reproduces_the_published_script():
    train, test = damped_pendulum()
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
