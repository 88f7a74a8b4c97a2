"""Walk-forward: train on what is past, predict what follows, move on."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ..config import QMANNConfig
from ..data import Fold, Samples, tail
from ..evaluation import Calibration, adaptive_conformal
from ..nn import Ensemble, build_network
from ..nn.network import HeadFactory, Variant
from ..training import Callback, HybridTrainer, derive, seeded
from .task import Outputs


@dataclass(frozen=True)
class Walk:
    """A variant's outputs along the folds, and its network fitted to everything known."""

    model: Ensemble
    outputs: Outputs
    seconds: float


def evaluated_rows(
    samples: Samples, folds: Sequence[Fold], config: QMANNConfig
) -> tuple[NDArray[np.int64], int]:
    """Rows that are predicted out of sample, in time order, and how many are only calibration.

    The first fold's validation part comes first: no network has trained on it, and intervals need
    scores before the first test day.
    """
    first = folds[0].train
    _, held_out = tail(
        samples.time[first],
        fraction=config.hybrid.validation_fraction,
        embargo=samples.reach,
    )
    calibration = first[held_out]
    return np.concatenate((calibration, *(fold.test for fold in folds))), len(calibration)


def walk(
    samples: Samples,
    folds: Sequence[Fold],
    head: HeadFactory,
    config: QMANNConfig,
    variant: Variant,
    *,
    callbacks: Sequence[Callback] = (),
    checkpoint: Path | None = None,
) -> Walk:
    """Train along the folds and once more on all samples; each fit starts from the one before."""
    rows, n_calibration = evaluated_rows(samples, folds, config)
    parts = [rows[:n_calibration], *(fold.test for fold in folds)]
    everything = Fold(np.arange(len(samples)), np.arange(0))
    started = time.process_time()
    model: Ensemble | None = None
    raws = []
    for number, fold in enumerate([*folds, everything]):
        place = None if checkpoint is None else checkpoint / variant / f"fit-{number}"
        model = train(
            samples[fold.train], head, config, variant, model, callbacks=callbacks, checkpoint=place
        )
        tested = parts[:2] if number == 0 else parts[number + 1 : number + 2]
        raws += [raw_outputs(model, samples[part]) for part in tested]
    assert model is not None
    outputs = decode(model, torch.cat(raws))
    return Walk(model, outputs, time.process_time() - started)


def train(
    train_part: Samples,
    head: HeadFactory,
    config: QMANNConfig,
    variant: Variant,
    start: Ensemble | None,
    *,
    callbacks: Sequence[Callback] = (),
    checkpoint: Path | None = None,
) -> Ensemble:
    """Train every member on the earlier samples, stopping early on the latest."""
    hybrid = config.hybrid
    fit_rows, held_out = tail(
        train_part.time, fraction=hybrid.validation_fraction, embargo=train_part.reach
    )
    members = []
    for number in range(hybrid.members):
        seed = derive(config.seed, number)
        with seeded(seed, torch.device("cpu")):
            network = build_network(config, train_part, head, variant)
        if start is not None:
            network.load_state_dict(start.members[number].state_dict())
        network.fit_statistics(train_part)
        trainer = HybridTrainer(
            hybrid,
            seed=seed,
            callbacks=callbacks,
            checkpoint=None if checkpoint is None else checkpoint / f"member-{number}",
        )
        trainer.fit(
            network,
            train_part[fit_rows],
            train_part[held_out],
            epochs=hybrid.epochs if start is None else hybrid.refit_epochs,
        )
        members.append(network)
    return Ensemble(members).eval()


@torch.no_grad()
def raw_outputs(model: Ensemble, samples: Samples) -> torch.Tensor:
    """The model's raw outputs for all samples, in batches that fit in memory."""
    batches = zip(*(torch.split(part, 4096) for part in (samples.x, samples.skip)), strict=True)
    return torch.cat([model(x, skip) for x, skip in batches])


def decode(model: Ensemble, raw: torch.Tensor) -> Outputs:
    """Raw outputs to named arrays."""
    with torch.no_grad():
        return {name: value.double().numpy() for name, value in model.head.decode(raw).items()}


def calibrate(
    outputs: Outputs,
    samples: Samples,
    n_calibration: int,
    probabilities: tuple[float, ...],
    config: QMANNConfig,
) -> tuple[Outputs, dict[str, Calibration]]:
    """Adaptive conformal quantiles of every series for the rows after the calibration rows.

    Outputs that already have quantiles keep them. Returns the outputs of the test rows and, per
    series, the calibration at the end.
    """
    test = np.arange(len(samples)) >= n_calibration
    kept = {name: value[test] for name, value in outputs.items()}
    if "quantiles" in outputs:
        return kept, {}
    location, scale = outputs["location"], outputs["scale"]
    n_targets = scale.shape[1]
    scores = (samples.y[:, :n_targets].numpy() - location) / scale
    quantiles = np.empty((*scale.shape, len(probabilities)))
    calibrations = {}
    settings: dict[str, Any] = {
        "delay": np.array(samples.delay[:n_targets]),
        "window": config.application.calibration_window,
        "rate": config.application.calibration_rate,
    }
    for number, name in enumerate(samples.names):
        rows = np.flatnonzero(samples.group == number)
        start = int((~test[rows]).sum())
        standard, calibrations[name] = adaptive_conformal(
            scores[rows], np.array(probabilities), start=start, **settings
        )
        rows = rows[start:]
        quantiles[rows] = location[rows, :, None] + scale[rows, :, None] * standard
    return {**kept, "quantiles": quantiles[test]}, calibrations
