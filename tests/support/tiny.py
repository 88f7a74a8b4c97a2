"""A small hybrid model and small data for tests of training; imported by path, see conftest.py."""

from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint as recompute

from qmann_core.base import HybridComponent, QuantumComponent
from qmann_core.config import HybridConfig
from qmann_core.data.samples import Samples
from qmann_core.training.trainer import HybridTrainer

CONFIG = HybridConfig(epochs=8, batch_size=16, patience=100, learning_rate=0.01)


class Angles(QuantumComponent):
    """cos(a + w): what one RY and one <Z> do, so that w is a circuit weight."""

    def __init__(self, n: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.linspace(0.3, 1.2, n))

    def forward(self, angles: Tensor) -> Tensor:
        return torch.cos(angles + self.weight)


class Controller(HybridComponent):
    def __init__(self, n_in: int, width: int, dropout: float) -> None:
        super().__init__()
        self.project = nn.Linear(n_in, width)
        self.circuit = Angles(width)
        self.dropout = nn.Dropout(dropout)
        self.calls = 0

    def forward(self, x: Tensor) -> Tensor:
        self.calls += 1
        return self.dropout(self.circuit(self.project(x.flatten(1))))


class Head(nn.Module):
    """A linear readout that starts at a closed-form fit: the mean, or what ``skip`` says."""

    def __init__(self, width: int, n_skip: int) -> None:
        super().__init__()
        self.readout = nn.Linear(width, 1)
        nn.init.zeros_(self.readout.weight)
        nn.init.zeros_(self.readout.bias)
        self.register_buffer("linear", torch.zeros(n_skip, 1))

    def forward(self, features: Tensor, regressors: Tensor) -> Tensor:
        return self.readout(features) + regressors @ self.linear

    def loss(self, raw: Tensor, y: Tensor, _aux: object) -> Tensor:
        return nn.functional.mse_loss(raw, y)


class Model(HybridComponent):
    def __init__(
        self, n_in: int = 6, width: int = 8, n_skip: int = 1, dropout: float = 0.0
    ) -> None:
        super().__init__()
        self.controller = Controller(n_in, width, dropout)
        self.head = Head(width, n_skip)

    def forward(self, x: Tensor, regressors: Tensor, *, checkpoint: bool = False) -> Tensor:
        if checkpoint:
            return self.head(recompute(self.controller, x, use_reentrant=False), regressors)
        return self.head(self.controller(x), regressors)


def model(seed: int = 0, **options: float) -> Model:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return Model(**options)


def samples(n: int, seed: int = 0, *, noise: float = 0.0, shuffled: bool = False) -> Samples:
    """Rows whose target is a smooth function of x, of variance about 1."""
    generator = np.random.default_rng(seed)
    x = generator.standard_normal((n, 3, 2)).astype(np.float32)
    y = np.sqrt(2) * np.sin(2 * x[:, 0, :1] + x[:, 2, 1:]) + noise * generator.standard_normal(
        (n, 1)
    )
    if shuffled:
        y = generator.permutation(y)
    return Samples(
        x=torch.from_numpy(x),
        regressors=torch.ones(n, 1),
        y=torch.from_numpy(y.astype(np.float32)),
        time=np.arange(n).astype("datetime64[D]"),
        unit=np.zeros(n, dtype=np.int64),
        units=("a",),
        lead=(1,),
    )


def train(folder: Path | None, **options: object) -> tuple[dict[str, Tensor], object]:
    """The run that is killed and resumed: dropout, decay, samples drawn anew for each epoch."""
    learner = model(dropout=0.2)
    config = CONFIG.model_copy(update={"epochs": 12, "samples_per_epoch": 48, "weight_decay": 0.1})
    trainer = HybridTrainer(config, seed=3, checkpoint=folder, **options)
    history = trainer.fit(learner, samples(64), samples(40, seed=1))
    return learner.state_dict(), history
