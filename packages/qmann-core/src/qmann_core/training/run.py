"""One model being trained: its batches, steps and epochs."""

import math
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

import numpy as np
import torch
from jaxtyping import Int64
from torch import Tensor, nn

from ..base import classical_parameters, quantum_parameters
from ..config import HybridConfig
from ..data.samples import Samples
from ..errors import ConfigError
from ..nn import QMANN
from ..storage import fingerprint
from .optimiser import AdamW, flatten
from .run_state import History, RunState, digest, snapshot
from .seeding import derive, seeded

CONSOLIDATION = 50
"""Optimiser steps between two consolidations of a memory that the network reads."""
_NOISE, _ORDER = 0, 1  # what seeds are derived for
_LOWEST_RATE = 1 / 20  # where cosine decay ends, relative to its start
_EVALUATION_ROWS = 1024  # without gradients, more rows fit into memory than in training


class Run:
    """One model being trained on one set of samples.

    A memory that the model reads is filled from the training part alone, and each sample is
    answered from cases that were settled when it was seen: neither itself nor anything later leaks
    into its answer.
    """

    def __init__(
        self,
        config: HybridConfig,
        seed: int,
        model: nn.Module,
        samples: Mapping[str, Samples],
        epochs: int,
    ) -> None:
        self.config = config
        self.seed = seed
        self.model = model
        self.head: Any = model.head
        self.device = next(model.parameters()).device
        self.samples = samples
        train, validation = samples["train"], samples.get("validation")
        self.aux = tuple(train.aux)
        self.train = self._on_device(train)
        self.validation = None if validation is None else self._on_device(validation)
        self.epochs = epochs
        self.drawn = min(config.samples_per_epoch or len(train), len(train))
        self.steps = math.ceil(self.drawn / config.batch_size)
        self.optimisers = _optimisers(model, config)
        self.reader = model if isinstance(model, QMANN) and model.reads_memory else None

    def identity(self) -> dict[str, Any]:
        """Everything that the result follows from, as flat JSON, to tell two runs apart."""
        settings = self.config.model_dump(mode="json")
        return {
            "seed": self.seed,
            "epochs": self.epochs,
            "device": self.device.type,
            "model": fingerprint(self.model),
            "trained": ", ".join(f"{opt.size} {name}" for name, opt in self.optimisers.items()),
            **{f"hybrid.{key}": value for key, value in settings.items()},
            **{
                f"{part}.{name}": digest(tensor)
                for part, samples in self.samples.items()
                for name, tensor in _columns(samples)
            },
        }

    def start(self) -> RunState:
        with self._seeded(epoch=0):
            if self.reader is not None:
                self.reader.remember(self.samples["train"])
            loss = self._validate(epoch=0)
        losses = () if loss is None else (loss,)
        return RunState(History(validation=losses), snapshot(self.model))

    def epoch(self, state: RunState) -> RunState:
        started = time.perf_counter()
        epoch = state.epoch + 1
        with self._seeded(epoch):
            training = self._train(epoch)
            validation = self._validate(epoch)
        seconds = time.perf_counter() - started
        return state.after(training, validation, seconds, self.model)

    def _train(self, epoch: int) -> float:
        self.model.train()
        turn = self._turn(epoch)
        total = 0.0
        for step, rows in enumerate(self._batches(epoch)):
            done = (epoch - 1) * self.steps + step
            if self.reader is not None and done and done % CONSOLIDATION == 0:
                self.reader.consolidate(self.samples["train"])
            factor = self._rate_factor(done)
            loss = self._step(rows, turn, factor, f"epoch {epoch}, step {step + 1}")
            total += len(rows) * loss
        if self.reader is not None:
            self.reader.refresh(self.samples["train"])
        return total / self.drawn

    def _step(
        self, rows: Int64[Tensor, " row"], turn: Sequence[AdamW], factor: float, place: str
    ) -> float:
        x, regressors, y, origin, *aux = (part[rows] for part in self.train)
        options = self._options(origin)
        if self.config.gradient_checkpointing:
            options["checkpoint"] = True
        loss = self.head.loss(self.model(x, regressors, **options), y, self._named(aux))
        parameters = [p for optimiser in turn for p in optimiser.parameters]
        gradient = flatten(torch.autograd.grad(loss, parameters, materialize_grads=True))
        value, norm = loss.item(), torch.linalg.vector_norm(gradient).item()
        if not (math.isfinite(value) and math.isfinite(norm)):
            raise self._diverged(f"{place}: training loss {value:g}, gradient norm {norm:g}")
        if norm > self.config.clip_norm:
            gradient.mul_(self.config.clip_norm / norm)
        parts = torch.split(gradient, [optimiser.size for optimiser in turn])
        for optimiser, part in zip(turn, parts, strict=True):
            optimiser.step(part, factor=factor)
        return float(value)

    def _validate(self, epoch: int) -> float | None:
        if self.validation is None:
            return None
        self.model.eval()
        total, rows = 0.0, max(self.config.batch_size, _EVALUATION_ROWS)
        with torch.no_grad():
            for x, regressors, y, origin, *aux in zip(
                *(torch.split(part, rows) for part in self.validation), strict=True
            ):
                raw = self.model(x, regressors, **self._options(origin))
                total += len(y) * self.head.loss(raw, y, self._named(aux)).item()
        loss = total / len(self.validation[0])
        if not math.isfinite(loss):
            raise self._diverged(f"epoch {epoch}: validation loss {loss:g}")
        return loss

    def _options(self, origin: Tensor) -> dict[str, Any]:
        return {} if self.reader is None else {"at": origin}

    def _on_device(self, samples: Samples) -> list[Tensor]:
        return [column.to(self.device) for _, column in _columns(samples)]

    def _named(self, aux: list[Tensor]) -> dict[str, Tensor]:
        return dict(zip(self.aux, aux, strict=True))

    def _batches(self, epoch: int) -> Iterator[Int64[Tensor, " row"]]:
        generator = np.random.default_rng(derive(self.seed, _ORDER, epoch))
        order = generator.permutation(len(self.train[0]))[: self.drawn]
        return iter(torch.split(torch.from_numpy(order).to(self.device), self.config.batch_size))

    def _turn(self, epoch: int) -> list[AdamW]:
        """What learns in this epoch: everything, or in turns the classical parameters first."""
        groups = list(self.optimisers.values())
        return (
            [groups[(epoch - 1) % len(groups)]] if self.config.schedule == "alternating" else groups
        )

    def _rate_factor(self, step: int) -> float:
        """What the learning rates are multiplied by when so many steps have been taken."""
        if self.config.learning_rate_decay == "none":
            return 1.0
        remaining = (1 + math.cos(math.pi * step / (self.epochs * self.steps))) / 2
        return _LOWEST_RATE + (1 - _LOWEST_RATE) * remaining

    def _seeded(self, epoch: int) -> AbstractContextManager[None]:
        """Each epoch has its own seed, so that a resumed run needs no state of a generator."""
        return seeded(derive(self.seed, _NOISE, epoch), self.device)

    def _diverged(self, what: str) -> ConfigError:
        rates = f"{self.config.learning_rate:g} and {self.config.quantum_learning_rate:g}"
        return ConfigError(
            f"{what}: expected finite numbers; with hybrid.learning_rate and "
            f"hybrid.quantum_learning_rate at {rates}, try lower ones"
        )


def _optimisers(model: nn.Module, config: HybridConfig) -> dict[str, AdamW]:
    """One for classical parameters and one for circuit weights, where there are any."""
    settings = {
        "classical": (classical_parameters(model), config.learning_rate, config.weight_decay),
        "quantum": (quantum_parameters(model), config.quantum_learning_rate, 0.0),
    }
    optimisers = {}
    for name, (parameters, rate, decay) in settings.items():
        # A parameter that two modules share is there twice; one that is frozen stays as it is.
        trained = [p for p in dict.fromkeys(parameters) if p.requires_grad]
        if trained:
            optimisers[name] = AdamW(trained, rate=rate, decay=decay)
    if not optimisers:
        raise ConfigError("got a model without trainable parameters; expected at least one")
    return optimisers


def _columns(samples: Samples) -> list[tuple[str, Tensor]]:
    names = "x", "regressors", "y", "origin"
    return [*((name, getattr(samples, name)) for name in names), *samples.aux.items()]
