"""Walk-forward: train on what is past, predict what follows, move on."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ..config import HybridConfig, QMANNConfig
from ..data import Fold, Samples, tail
from ..errors import DataError
from ..evaluation import Calibration, adaptive_conformal, split_conformal
from ..nn import QMANN, Ensemble, build_network
from ..nn.variants import HeadFactory, Variant
from ..training import Callback, HybridTrainer, derive, seeded
from .task import Outputs

_RATES = ("learning_rate", "quantum_learning_rate")
_SLOWER = 0.5  # rates of a refit, relative to those of the first fit


@dataclass(frozen=True)
class Walk:
    """A variant's outputs along the folds, and its network fitted to everything known."""

    model: Ensemble
    outputs: Outputs
    seconds: float
    """Wall time of training."""
    validation: float
    """Best validation loss of the first fit, the mean over the members."""


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
        samples.group[first],
        fraction=config.hybrid.validation_fraction,
        embargo=samples.reach,
    )
    calibration = first[held_out]
    _check_series(samples, calibration, folds)
    return np.concatenate((calibration, *(fold.test for fold in folds))), len(calibration)


def _check_series(samples: Samples, calibration: NDArray[np.int64], folds: Sequence[Fold]) -> None:
    """Every series must have days to calibrate intervals on, and days to test on."""
    tested = np.concatenate([fold.test for fold in folds])
    for number, name in enumerate(samples.names):
        before, during = (
            int((samples.group[rows] == number).sum()) for rows in (calibration, tested)
        )
        if before > samples.reach and during:
            continue
        if not samples.dated:
            raise DataError(
                f"{name}: {during} to test on and {before} before them to calibrate intervals: "
                f"expected at least 1 and {samples.reach + 1}; give more rows"
            )
        start, end = np.datetime_as_string(samples.time[tested[[0, -1]]], unit="D")
        raise DataError(
            f"{name} has {during} days in the evaluation from {start} to {end} and {before} "
            f"shortly before it: expected at least 1 and {samples.reach + 1}; leave the series "
            "out, give a longer history, test on fewer days, or look less far ahead"
        )


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
    """Train along the folds and once more on all samples.

    The first fit learns from the earlier part of the first fold and stops early on the rest, which
    gives the first scores for intervals; each fold then continues from the fit before on
    everything it may know.
    """
    rows, n_calibration = evaluated_rows(samples, folds, config)
    trained = Members(head, config, variant, callbacks, checkpoint)
    model = trained.first_fit(samples[folds[0].train])
    parts = [decode(model, raw_outputs(model, samples[rows[:n_calibration]]))]
    for fold in folds:
        model = trained.refit(samples[fold.train])
        # decoded at once, because the next refit changes what the head knows
        parts.append(decode(model, raw_outputs(model, samples[fold.test])))
    model = trained.refit(samples)
    for member in model:
        if not member.reads_memory:
            member.remember(samples)  # evidence for what is predicted from now on
    outputs = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    return Walk(model, outputs, trained.seconds, float(np.mean(trained.validation)))


class Members:
    """The networks of one walk, each with its own seed, from fit to refit."""

    def __init__(
        self,
        head: HeadFactory,
        config: QMANNConfig,
        variant: Variant,
        callbacks: Sequence[Callback],
        checkpoint: Path | None,
    ) -> None:
        self._head = head
        self._config = config
        self._variant = variant
        self._callbacks = callbacks
        self._checkpoint = checkpoint
        self._networks: list[QMANN] = []
        self._learns: list[bool] = []
        self._fits = 0
        self.seconds = 0.0
        self.validation: list[float] = []

    def first_fit(self, part: Samples) -> Ensemble:
        """Build every member, train it on the earlier samples, and stop early on the latest."""
        hybrid = self._config.hybrid
        earlier, latest = tail(
            part.time, part.group, fraction=hybrid.validation_fraction, embargo=part.reach
        )
        for number in range(hybrid.members):
            with seeded(derive(self._config.seed, number), torch.device("cpu")):
                network = build_network(self._config, part, self._head, self._variant)
            network.fit_statistics(part[earlier])
            trainer = self._trainer(hybrid, number)
            history = trainer.fit(network, part[earlier], part[latest])
            self.seconds += history.seconds
            self._networks.append(network)
            self._learns.append(history.best_epoch > 0)
            self.validation.append(min(history.validation))
        return self._ensemble()

    def refit(self, part: Samples) -> Ensemble:
        """Train on from the fit before, for a fixed number of epochs at reduced rates.

        A member that the first fit left at its closed-form start stays there.
        """
        hybrid = self._config.hybrid
        slow = {name: getattr(hybrid, name) * _SLOWER for name in _RATES}
        for number, (network, learns) in enumerate(zip(self._networks, self._learns, strict=True)):
            network.fit_statistics(part)
            if learns:
                trainer = self._trainer(hybrid.model_copy(update=slow), number)
                history = trainer.fit(network, part, epochs=hybrid.refit_epochs)
                self.seconds += history.seconds
            elif network.reads_memory:  # which else training has filled
                network.remember(part)
        return self._ensemble()

    def _trainer(self, hybrid: HybridConfig, number: int) -> HybridTrainer:
        place = None
        if self._checkpoint is not None:
            place = self._checkpoint / self._variant / f"fit-{self._fits}" / f"member-{number}"
        seed = derive(self._config.seed, number, self._fits)
        return HybridTrainer(hybrid, seed=seed, callbacks=self._callbacks, checkpoint=place)

    def _ensemble(self) -> Ensemble:
        self._fits += 1
        return Ensemble(self._networks).eval()


@torch.no_grad()
def raw_outputs(model: Ensemble, samples: Samples) -> torch.Tensor:
    """The model's raw outputs for all samples, in batches that fit in memory."""
    parts = (samples.x, samples.skip, samples.origin)
    batches = zip(*(torch.split(part, 1024) for part in parts), strict=True)
    return torch.cat([model(x, skip, at=at) for x, skip, at in batches])


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

    Without dates, nothing adapts: the quantiles are those of the calibration rows (split
    conformal). Outputs that already have quantiles keep them. Returns the outputs of the test
    rows and, per series, the calibration at the end.
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
        if samples.dated:
            standard, calibrations[name] = adaptive_conformal(
                scores[rows], np.array(probabilities), start=start, **settings
            )
        else:
            standard, calibrations[name] = _fixed(scores[rows], np.array(probabilities), start)
        rows = rows[start:]
        quantiles[rows] = location[rows, :, None] + scale[rows, :, None] * standard
    return {**kept, "quantiles": quantiles[test]}, calibrations


def _fixed(
    scores: NDArray[np.float64], probabilities: NDArray[np.float64], start: int
) -> tuple[NDArray[np.float64], Calibration]:
    """Quantiles of the first scores, the same for all others, and the calibration of all."""
    quantiles = split_conformal(scores[:start], probabilities)
    nominal = np.tile(probabilities, (scores.shape[1], 1))
    return quantiles, Calibration(scores, probabilities, nominal)
