"""Does the quantum part help? The hybrid against what lacks it, and against the baselines."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float
from pydantic import TypeAdapter

from .audit_plot import picture
from .comparison import SIGNIFICANCE, holm, outcomes
from .rivals import HYBRID, Rival, measure

TWINS = ("classical", "separable", "frozen")
"""Networks that lack something quantum; the quantum part helps if the hybrid beats each of them."""
MEMORY_OFF = "memory off"
_COSTS = ["rates x", "parameters", "CPU s"]
_WORDS = {
    "classical": "its classical twin",
    "separable": "its twin without entanglement",
    "frozen": "its twin with frozen circuits",
    MEMORY_OFF: "itself with the memory off",
}


@dataclass(frozen=True)
class Audit:
    """The hybrid against its twins and the baselines, over seeds and test samples."""

    title: str
    metric: str
    n_seeds: int
    n_test: int
    """Test samples; where they have dates, these."""
    rivals: tuple[Rival, ...]
    parameters: Mapping[str, int]
    """Trained parameters of the networks."""
    seconds: Mapping[str, float]
    """CPU seconds of one training, or of one run of a baseline."""
    rates: Mapping[str, float]
    """What each network's learning rates were multiplied by, after equal trials for all."""
    notes: tuple[str, ...]

    @property
    def heading(self) -> str:
        """What was compared, for a table or a picture."""
        seeds = "1 seed" if self.n_seeds == 1 else f"{self.n_seeds} seeds"
        return f"{self.title}, simulated: {seeds}, {self.n_test} test samples"

    @property
    def networks(self) -> tuple[Rival, ...]:
        """Rivals that are the hybrid without something."""
        return tuple(rival for rival in self.rivals if rival.name in _WORDS)

    @property
    def baselines(self) -> tuple[Rival, ...]:
        """All others."""
        return tuple(rival for rival in self.rivals if rival.name not in _WORDS)

    @property
    def verdict(self) -> str:
        """The answer in one sentence that claims no more than the adjusted p-values allow."""
        parts = []
        if self.networks:
            parts.append(
                outcomes([replace(r.comparison, rival=_WORDS[r.name]) for r in self.networks])
            )
        if self.baselines:
            against = outcomes([rival.comparison for rival in self.baselines])
            parts.append(f"against the baselines, {against}")
        return f"{self._answer()}: by {self.metric}, {'; '.join(parts)}."

    def to_frame(self) -> pd.DataFrame:
        """One row for each model, the hybrid first."""
        first = {"model": HYBRID, "loss": self.rivals[0].comparison.reference_loss}
        frame = pd.DataFrame([first, *map(_row, self.rivals)])
        frame["wins"] = frame["wins"].astype("Int64")
        frame["rates x"] = frame["model"].map(pd.Series(self.rates, dtype=float))
        frame["parameters"] = frame["model"].map(pd.Series(self.parameters, dtype="Int64"))
        frame["CPU s"] = frame["model"].map(pd.Series(self.seconds, dtype=float))
        return frame

    def tables(self) -> list[tuple[str, pd.DataFrame]]:
        """The same in three tables that fit a terminal, each with its title."""
        frame = self.to_frame().rename(columns={"loss": self.metric})
        rivals = frame.iloc[1:].rename(columns={"model": "rival"})
        differences = ["rival", "difference", "low 95", "high 95", "%", "p"]
        tests = ["rival", "wins", "effect", "p seeds", "p samples"]
        return [
            (f"{self.heading}\n{self.metric} of the hybrid less the rival's", rivals[differences]),
            ("Tests over seeds, and over samples and seeds", rivals[tests]),
            ("One training of each", frame[["model", self.metric, *_COSTS]]),
        ]

    def to_dict(self) -> dict[str, Any]:
        """Everything, ready for JSON."""
        return {"verdict": self.verdict, **asdict(self)}

    @staticmethod
    def from_dict(values: Mapping[str, Any]) -> "Audit":
        """What ``to_dict`` gave."""
        return TypeAdapter(Audit).validate_python(values)

    def plot(self) -> Any:
        """The differences, seed by seed, and what they cost, as a matplotlib figure."""
        parts = [rivals for rivals in (self.networks, self.baselines) if rivals]
        return picture(self.heading, self.metric, parts, self.seconds)

    def _answer(self) -> str:
        against = {rival.name: rival.comparison for rival in self.rivals}
        twins = [against[name] for name in TWINS if name in against]
        if twins and all(twin.better for twin in twins):
            return "The quantum part helps"
        if "classical" in against and against["classical"].worse:
            return "The quantum part does not help"
        return "No evidence that the quantum part helps"


def audit_losses(
    losses: Mapping[str, Float[np.ndarray, "_ sample"]],
    *,
    title: str,
    metric: str,
    horizon: int,
    seed: int,
    parameters: Mapping[str, int],
    seconds: Mapping[str, float],
    rates: Mapping[str, float],
    notes: Sequence[str] = (),
) -> Audit:
    """The audit of losses that are measured already; see `measure` for the tests.

    Args:
        losses: name to losses by seed and by test sample, in time order; "hybrid" is audited, and
            "classical", "separable", "frozen" and "memory off" lack a part of it. What knows no
            seed has one row.
        title: what was audited.
        metric: name of the loss, which is lower where better.
        horizon: steps that the predictions look ahead.
        seed: of the bootstrap.
        parameters: trained ones, by name.
        seconds: CPU seconds of one training, by name.
        rates: what the learning rates were multiplied by, by name.
        notes: what a reader must know besides.

    Raises:
        ConfigError: no hybrid, no rival or a horizon below 1.
        DataError: losses of different shapes, too few or not finite.
    """
    rivals = measure(losses, horizon=horizon, seed=seed)
    n_seeds, n_test = losses[HYBRID].shape
    return Audit(
        title=title,
        metric=metric,
        n_seeds=n_seeds,
        n_test=n_test,
        rivals=rivals,
        parameters=dict(parameters),
        seconds=dict(seconds),
        rates=dict(rates),
        notes=(*notes, *_remarks(rivals, n_seeds)),
    )


def seeds_needed(n_rivals: int) -> int:
    """Fewest seeds with which one rival of them can be shown to differ by Wilcoxon's test.

    With Holm's correction, ``rivals * 2 / 2^seeds`` must be below .05.
    """
    return math.floor(math.log2(2 * n_rivals / SIGNIFICANCE)) + 1


def _remarks(rivals: Sequence[Rival], n_seeds: int) -> list[str]:
    remarks = []
    needed = seeds_needed(len(rivals))
    if n_seeds < needed:
        remarks.append(
            f"Nothing can be shown with so few seeds: with {n_seeds}, Wilcoxon's test gives at "
            f"least p = {2 / 2**n_seeds:.2g}, to be multiplied by the number of rivals, "
            f"{len(rivals)}; take {needed} seeds or more"
        )
    adjusted = holm(np.array([rival.seed_p for rival in rivals]))
    unsure = [
        rival.name
        for rival, p in zip(rivals, adjusted, strict=True)
        if p < SIGNIFICANCE <= rival.comparison.adjusted
    ]
    if unsure:
        remarks.append(
            f"The seeds agree about {', '.join(unsure)}, but on other test samples it could be "
            "otherwise: test on more of them"
        )
    return remarks


def _row(rival: Rival) -> dict[str, Any]:
    found = rival.comparison
    return {
        "model": rival.name,
        "loss": found.rival_loss,
        "difference": found.difference,
        "low 95": found.interval[0],
        "high 95": found.interval[1],
        "%": rival.relative,
        "wins": rival.wins,
        "effect": rival.effect,
        "p seeds": rival.seed_p,
        "p samples": rival.sample_p,
        "p": found.adjusted,
    }
