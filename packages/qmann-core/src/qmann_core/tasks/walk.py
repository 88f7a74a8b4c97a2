"""Train along folds, predict what each tests on, and bound the predictions."""

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from ..config import HybridConfig, QMANNConfig, Twin
from ..data import Folds, Samples
from ..data.orders import after_all
from ..errors import DataError
from ..evaluation.contribution import network_effects
from ..evaluation.rivals import HYBRID
from ..nn import QMANN, Ensemble, build_network
from ..nn.outcomes import Outputs
from ..nn.tuning import tune
from ..nn.variants import HeadFactory
from ..training import Callback, HybridTrainer, derive, seeded

_RATES = ("learning_rate", "quantum_learning_rate")
_SLOWER = 0.5  # rates of a refit, relative to those of the first fit


@dataclass(frozen=True)
class Walk:
    """A network's outputs along folds, and the network after the last one."""

    model: Ensemble
    outputs: Outputs
    """Of the `EvaluatedRows`."""
    effects: tuple[tuple[torch.Tensor, int], ...]
    """Of circuits, see `network_effects`, and test rows of each fold; none without circuits."""


@dataclass(frozen=True)
class EvaluatedRows:
    """Rows that are predicted out of sample along folds."""

    rows: NDArray[np.int64]
    """Those of calibration alone, which come first, and those that are tested on."""
    n_calibration: int
    """The first fold's validation part: no network has trained on it, and regions need scores
    before the first test."""
    learned: NDArray[np.int64]
    """The rest of the first fold's training part, as far as no target reaches into that one."""

    @property
    def test(self) -> NDArray[np.int64]:
        return self.rows[self.n_calibration :]


def evaluated_rows(
    samples: Samples, folds: Folds, config: QMANNConfig, *, by_unit: bool
) -> EvaluatedRows:
    """What is predicted along folds.

    Raises:
        DataError: too few rows to calibrate on, of any unit if ``by_unit``.
    """
    first = folds[0].train
    parts = held_back_rows(samples[first], folds, config.hybrid)
    learned, calibration = (first[part] for part in parts)
    tested = [fold.test for fold in folds]
    _check_units(samples, calibration, np.concatenate(tested), by_unit=by_unit)
    return EvaluatedRows(np.concatenate((calibration, *tested)), len(calibration), learned)


def held_back_rows(
    part: Samples, folds: Folds, hybrid: HybridConfig
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows of a training part to learn from, and to check and calibrate on."""
    return folds.held_back(
        part.time, part.unit, fraction=hybrid.validation_fraction, embargo=part.reach
    )


def _check_units(
    samples: Samples,
    calibration: NDArray[np.int64],
    tested: NDArray[np.int64],
    *,
    by_unit: bool,
) -> None:
    """Every unit, or all together, must have samples to calibrate on, and to test on."""
    unit = samples.unit if by_unit else np.zeros(len(samples), dtype=np.int64)
    together = samples.units if len(samples.units) == 1 else ("all units",)
    least = samples.reach + 1 if by_unit else 2
    fewest = 1 if by_unit or samples.dated else 3  # that losses can be compared by
    for number, name in enumerate(samples.units if by_unit else together):
        before, during = (int((unit[rows] == number).sum()) for rows in (calibration, tested))
        if before >= least and during >= fewest:
            continue
        if not samples.dated:
            raise DataError(
                f"{name}: {during} to test on and {before} before them to calibrate intervals: "
                f"expected at least {fewest} and {least}; give more rows"
            )
        start, end = np.datetime_as_string(samples.time[tested[[0, -1]]], unit="D")
        raise DataError(
            f"{name} has {during} days in the evaluation from {start} to {end} and {before} "
            f"shortly before it: expected at least 1 and {least}; leave the series "
            "out, give a longer history, test on fewer days, or look less far ahead"
        )


def walk(samples: Samples, trained: "Members") -> Walk:
    """Train along one walk of folds.

    The first fit learns from a part of the first fold and stops early on the rest, which gives the
    first scores for regions; each fold then continues from the fit before on everything it may
    know.
    """
    folds = trained.folds
    evaluated = evaluated_rows(samples, folds, trained.config, by_unit=False)
    model = trained.first_fit(samples[folds[0].train])
    first = samples[evaluated.rows[: evaluated.n_calibration]]
    parts = [decode(model, raw_outputs(model, as_asked(first, folds)))]
    effects = []
    for fold in folds:
        model, tested = trained.refit(samples[fold.train]), as_asked(samples[fold.test], folds)
        # decoded at once, because the next refit changes what the head knows
        parts.append(decode(model, raw_outputs(model, tested)))
        found = network_effects(model, tested, samples[fold.train])
        if found is not None:
            effects.append((found, len(tested)))
    outputs = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    return Walk(model, outputs, tuple(effects))


def as_asked(samples: Samples, folds: Folds) -> Samples:
    """Samples that know no others, after independent folds."""
    return samples if folds.kind == "expanding" else after_all(samples)


@dataclass(eq=False)
class Members:
    """The networks of one walk, each with its own seed, from fit to refit."""

    head: HeadFactory
    config: QMANNConfig
    twin: Twin | None
    folds: Folds
    callbacks: Sequence[Callback] = ()
    checkpoint: Path | None = None
    seconds: float = field(default=0.0, init=False)
    validation: list[float] = field(default_factory=list, init=False)
    improved: list[bool] = field(default_factory=list, init=False)
    """Of each, whether training improved on its closed-form start, or it is solved."""
    _networks: list[QMANN] = field(default_factory=list, init=False)
    _fits: int = field(default=0, init=False)

    def first_fit(self, part: Samples) -> Ensemble:
        """Build every member, train it on one part of the samples, and stop early on the rest."""
        hybrid = self.config.hybrid
        earlier, latest = held_back_rows(part, self.folds, hybrid)
        for number in range(hybrid.members):
            with seeded(derive(self.config.seed, number), torch.device("cpu")):
                network = build_network(self.config, part, self.head, self.twin)
            self._networks.append(network)
            if network.is_solved:
                self.validation.append(self._solve(network, part[earlier]))
                self._tune(network, part[earlier])
                self.improved.append(True)
                continue
            network.fit_statistics(part[earlier])
            trainer = self._trainer(hybrid, number)
            history = trainer.fit(network, part[earlier], part[latest])
            self.seconds += history.seconds
            self.improved.append(history.best_epoch > 0)
            self.validation.append(min(history.validation))
        return self._ensemble()

    def refit(self, part: Samples) -> Ensemble:
        """Train on from the fit before, for a fixed number of epochs at reduced rates.

        A member that the first fit left at its closed-form start stays there.
        """
        hybrid = self.config.hybrid
        slow = {name: getattr(hybrid, name) * _SLOWER for name in _RATES}
        for number, (network, learns) in enumerate(zip(self._networks, self.improved, strict=True)):
            if network.is_solved:
                self._solve(network, part)
                continue
            network.fit_statistics(part)
            if learns:
                trainer = self._trainer(hybrid.model_copy(update=slow), number)
                history = trainer.fit(network, part, epochs=hybrid.refit_epochs)
                self.seconds += history.seconds
            elif network.reads_memory:  # which else training has filled
                network.remember(part)
        return self._ensemble()

    def _solve(self, network: QMANN, part: Samples) -> float:
        """Solve; settings are chosen at the first fit, and when what it held back is learned, too.

        Gives the loss expected of rows left out, if they are chosen.
        """
        started, expected = time.perf_counter(), math.nan
        if self._fits < 2:
            expected = network.choose(part)
        else:
            network.fit_statistics(part)
        self.seconds += time.perf_counter() - started
        return expected

    def _tune(self, network: QMANN, part: Samples) -> None:
        """Train fixed circuits, if that is wanted; what another part held back confirms is kept."""
        if steps := self.config.hybrid.circuit_steps:
            started = time.perf_counter()
            earlier, latest = held_back_rows(part, self.folds, self.config.hybrid)
            tune(network, part[earlier], part[latest], steps)
            network.fit_statistics(part)
            self.seconds += time.perf_counter() - started

    def _trainer(self, hybrid: HybridConfig, number: int) -> HybridTrainer:
        place = None
        if self.checkpoint is not None:
            place = self.checkpoint / (self.twin or HYBRID) / f"fit-{self._fits}/member-{number}"
        seed = derive(self.config.seed, number, self._fits)
        return HybridTrainer(hybrid, seed=seed, callbacks=self.callbacks, checkpoint=place)

    def _ensemble(self) -> Ensemble:
        self._fits += 1
        return Ensemble(self._networks).eval()


@torch.no_grad()
def raw_outputs(model: Ensemble, samples: Samples) -> torch.Tensor:
    """The model's raw outputs for all samples, in batches that fit in memory."""
    parts = (samples.x, samples.regressors, samples.origin)
    batches = zip(*(torch.split(part, 1024) for part in parts), strict=True)
    return torch.cat([model(x, regressors, at=at) for x, regressors, at in batches])


def decode(model: Ensemble, raw: torch.Tensor) -> Outputs:
    """Raw outputs to named arrays."""
    with torch.no_grad():
        return {name: value.double().numpy() for name, value in model.head.decode(raw).items()}
