"""The training loop."""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Int64
from torch import Tensor, nn

from ..base import classical_parameters, quantum_parameters
from ..config import HybridConfig
from ..data.samples import Samples
from ..errors import ConfigError, DataError
from .history import Callback, History
from .optimiser import AdamW, flatten
from .progress import progress_bar
from .run_state import RunFolder, RunState, identify, snapshot
from .seeding import derive, seeded

_NOISE, _ORDER = 0, 1  # what seeds are derived for
_LOWEST_RATE = 1 / 20  # where cosine decay ends, relative to its start
_EVALUATION_ROWS = 1024  # without gradients, more rows fit into memory than in training


class StopTraining(Exception):  # noqa: N818  (a request, not an error)
    """Raised by a callback to end training; the best weights so far are kept."""


class HybridTrainer:
    """Trains a model that has circuits and classical layers, each with its own learning rate.

    AdamW, with weight decay for classical parameters only; with cosine decay, both rates are
    multiplied by ``1/20 + 19/40 (1 + cos(pi t))``, where t is the part of all steps that is done.

    The model keeps the weights of the epoch with the lowest validation loss, and those it came with
    are epoch 0: a model that starts at its closed-form fit ends there when training improves
    nothing.

    The result follows from the model, the samples, ``config`` and ``seed`` alone (on a GPU, as far
    as its kernels are deterministic). Samples are drawn in an order that does not depend on the
    model, so that twins see the same batches. The global random state is left as it was found.

    Args:
        config: how to train.
        seed: of the order of samples and of what the model draws while training.
        callbacks: told about each epoch after it was checkpointed, in turn.
        checkpoint: a folder for ``last.safetensors`` and ``best.safetensors`` of one run. Where it
            holds a run of the same model, samples, ``config`` and ``seed``, ``fit`` continues it,
            with the result of an uninterrupted run bit for bit; a finished one is loaded.
        progress: whether to show a progress bar on standard error.
    """

    def __init__(
        self,
        config: HybridConfig,
        *,
        seed: int,
        callbacks: Sequence[Callback] = (),
        checkpoint: Path | None = None,
        progress: bool = False,
    ) -> None:
        self._config = config
        self._seed = seed
        self._callbacks = tuple(callbacks)
        self._checkpoint = checkpoint
        self._progress = progress

    def fit(
        self,
        model: nn.Module,
        train: Samples,
        validation: Samples | None = None,
        *,
        epochs: int | None = None,
    ) -> History:
        """Train ``model`` in place and return how it went.

        Args:
            model: called as ``model(x, skip)``, in training as ``model(x, skip, checkpoint=True)``
                if ``config.gradient_checkpointing``; ``model.head.loss(raw, y)`` is a mean over
                samples. It is left in the mode, training or evaluation, that it came in.
            train: samples to learn from, with known targets.
            validation: samples to choose the best epoch by; without them training runs to the last
                epoch, whose weights the model keeps.
            epochs: instead of ``config.epochs``.

        Raises:
            DataError: no samples, or values that are not finite; a checkpoint that is damaged,
                belongs to another run, or cannot be written.
            ConfigError: the loss or its gradient is no longer finite.
        """
        parts = (
            {"train": train} if validation is None else {"train": train, "validation": validation}
        )
        for name, samples in parts.items():
            _check(name, samples)
        epochs = self._config.epochs if epochs is None else epochs
        if epochs < 1:
            raise ConfigError(f"got epochs={epochs}: expected at least 1")
        run = _Run(self._config, self._seed, model, train, validation, epochs)
        folder = None
        if self._checkpoint is not None:
            identity = identify(
                self._config,
                seed=self._seed,
                epochs=epochs,
                model=model,
                optimisers=run.optimisers,
                parts=parts,
            )
            folder = RunFolder(self._checkpoint, identity, model, run.optimisers)
        mode = model.training
        try:
            state = self._loop(run, folder)
        finally:
            model.train(mode)
        model.load_state_dict(state.best)
        return state.history

    def _loop(self, run: "_Run", folder: RunFolder | None) -> RunState:
        state = folder.resume() if folder else None
        if state is None:
            state = run.start()
            if folder:
                folder.save(state, last=True)
        with progress_bar(run.epochs * run.steps, enabled=self._progress) as advance:
            advance("training", state.epoch * run.steps)
            while not state.finished:
                state = run.epoch(state, advance)
                stale = state.epoch - state.history.best_epoch
                if state.epoch == run.epochs or stale >= self._config.patience:
                    state = state.ended(run.epochs)
                if folder:
                    due = state.finished or state.epoch % self._config.checkpoint_every == 0
                    folder.save(state, last=due)
                try:
                    for callback in self._callbacks:
                        callback.on_epoch_end(state.report(run.epochs))
                except StopTraining:
                    state = state.ended(run.epochs)
                    if folder:
                        folder.save(state, last=True)
        return state


class _Run:
    """One model being trained on one set of samples."""

    def __init__(
        self,
        config: HybridConfig,
        seed: int,
        model: nn.Module,
        train: Samples,
        validation: Samples | None,
        epochs: int,
    ) -> None:
        self.config = config
        self.seed = seed
        self.model = model
        self.head: Any = model.head
        self.device = next(model.parameters()).device
        self.train = [part.to(self.device) for part in (train.x, train.skip, train.y)]
        self.validation = None
        if validation is not None:
            held_out = (validation.x, validation.skip, validation.y)
            self.validation = [part.to(self.device) for part in held_out]
        self.epochs = epochs
        self.drawn = min(config.samples_per_epoch or len(train), len(train))
        self.steps = math.ceil(self.drawn / config.batch_size)
        self.optimisers = _optimisers(model, config)

    def start(self) -> RunState:
        with self._seeded(epoch=0):
            loss = self._validate(epoch=0)
        losses = () if loss is None else (loss,)
        return RunState(History(validation=losses), snapshot(self.model))

    def epoch(self, state: RunState, advance: Callable[[str, int], None]) -> RunState:
        started = time.perf_counter()
        epoch = state.epoch + 1
        with self._seeded(epoch):
            training = self._train(epoch, advance)
            validation = self._validate(epoch)
        seconds = time.perf_counter() - started
        return state.after(training, validation, seconds, self.model)

    def _train(self, epoch: int, advance: Callable[[str, int], None]) -> float:
        self.model.train()
        turn = self._turn(epoch)
        total = 0.0
        for step, rows in enumerate(self._batches(epoch)):
            factor = self._rate_factor((epoch - 1) * self.steps + step)
            loss = self._step(rows, turn, factor, f"epoch {epoch}, step {step + 1}")
            total += len(rows) * loss
            advance(f"epoch {epoch} of {self.epochs}", 1)
        return total / self.drawn

    def _step(
        self, rows: Int64[Tensor, " row"], turn: Sequence[AdamW], factor: float, place: str
    ) -> float:
        x, skip, y = (part[rows] for part in self.train)
        options = {"checkpoint": True} if self.config.gradient_checkpointing else {}
        loss = self.head.loss(self.model(x, skip, **options), y)
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
            for x, skip, y in zip(
                *(torch.split(part, rows) for part in self.validation), strict=True
            ):
                total += len(y) * self.head.loss(self.model(x, skip), y).item()
        loss = total / len(self.validation[0])
        if not math.isfinite(loss):
            raise self._diverged(f"epoch {epoch}: validation loss {loss:g}")
        return loss

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


def _check(name: str, samples: Samples) -> None:
    if len(samples) == 0:
        raise DataError(f"{name}: got no samples; give more data or a smaller validation fraction")
    for part in ("x", "skip", "y"):
        values = getattr(samples, part)
        bad = int((~torch.isfinite(values).flatten(1).all(dim=1)).sum())
        if bad:
            raise DataError(
                f"{name}.{part}: {bad} of {len(samples)} samples are not finite; drop them (for y, "
                "samples[samples.known] has the known ones)"
            )
