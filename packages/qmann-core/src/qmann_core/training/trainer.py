"""The training loop."""

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import nn

from ..config import HybridConfig
from ..data.samples import Samples
from ..errors import ConfigError, DataError
from .run import Run
from .run_state import Callback, History, RunFolder, RunState


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
    """

    def __init__(
        self,
        config: HybridConfig,
        *,
        seed: int,
        callbacks: Sequence[Callback] = (),
        checkpoint: Path | None = None,
    ) -> None:
        self._config = config
        self._seed = seed
        self._callbacks = tuple(callbacks)
        self._checkpoint = checkpoint

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
            model: called as ``model(x, regressors)``, in training with ``checkpoint=True`` if
                ``config.gradient_checkpointing``; ``model.head.loss(raw, y, aux)`` is a mean over
                samples. It is left in the mode, training or evaluation, that it came in. The
                memory of a QMANN is filled from ``train`` alone, and each sample is answered from
                cases that were settled when it was seen.
            train: samples to learn from, with known targets.
            validation: samples to choose the best epoch by; without them training runs to the last
                epoch, whose weights the model keeps.
            epochs: instead of ``config.epochs``.

        Raises:
            DataError: no samples, or values that are not finite; a checkpoint that is damaged,
                belongs to another run, or cannot be written.
            ConfigError: the loss or its gradient is no longer finite.
        """
        parts = {"train": train} | ({} if validation is None else {"validation": validation})
        for name, samples in parts.items():
            _check(name, samples)
        epochs = self._config.epochs if epochs is None else epochs
        if epochs < 1:
            raise ConfigError(f"got epochs={epochs}: expected at least 1")
        run = Run(self._config, self._seed, model, parts, epochs)
        folder = None
        if self._checkpoint is not None:
            folder = RunFolder(self._checkpoint, run.identity(), model, run.optimisers)
        mode = model.training
        try:
            state = self._loop(run, folder)
        finally:
            model.train(mode)
        model.load_state_dict(state.best)
        return state.history

    def _loop(self, run: Run, folder: RunFolder | None) -> RunState:
        state = folder.resume() if folder else None
        if state is None:
            state = run.start()
            if folder:
                folder.save(state)
        while not state.finished:
            state = run.epoch(state)
            stale = state.epoch - state.history.best_epoch
            if state.epoch == run.epochs or stale >= self._config.patience:
                state = state.ended(run.epochs)
            if folder:
                folder.save(state)
            try:
                for callback in self._callbacks:
                    callback.on_epoch_end(state.history)
            except StopTraining:
                state = state.ended(run.epochs)
                if folder:
                    folder.save(state)
        return state


def _check(name: str, samples: Samples) -> None:
    if len(samples) == 0:
        raise DataError(f"{name}: got no samples; give more data or a smaller validation fraction")
    for part in ("x", "regressors", "y"):
        values = getattr(samples, part)
        bad = int((~torch.isfinite(values).flatten(1).all(dim=1)).sum())
        if bad:
            raise DataError(
                f"{name}.{part}: {bad} of {len(samples)} samples are not finite; drop them (for y, "
                "samples[samples.known] has the known ones)"
            )
