"""How every model of a task did out of sample."""

import math
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import pandas as pd
from pydantic import TypeAdapter

from ..config import Twin
from ..evaluation import Comparison, p_text
from ..evaluation.contribution import Contribution
from .result import as_html

_NEAR = 0.01  # of the loss with exact circuits
_SHORT = 3.0  # points of coverage that nobody needs to be told of
_COVERAGE, _HITS = re.compile(r"coverage ([\d.]+)"), re.compile(r".+ ([\d.]+) hits %")
_TIE = 1e-9  # of the lowest loss: less is arithmetic
TWIN: Twin = "classical"
CLOSED_FORM = "closed-form start"
"""A network whose training never improved on where it starts, which is a linear model."""


@dataclass(frozen=True)
class Evaluation:
    """An out-of-sample comparison of the model, its classical twin and the baselines."""

    scores: Mapping[str, Mapping[str, float]]
    """Model name -> metric -> mean over the test samples."""
    primary: str
    """The metric of the paired tests."""
    comparisons: tuple[Comparison, ...]
    """Paired tests of the model against every other."""
    verdict: str
    """What the tests allow to say, in one sentence or two."""
    parameters: Mapping[str, int]
    """Trainable parameters of the networks."""
    seconds: Mapping[str, float]
    """Seconds of training, all refits together."""
    start: str | None
    """First test date; None for data without dates, and for independent folds."""
    end: str | None
    """Last test date."""
    n_test: int
    """Test samples."""
    n_refits: int
    """How often every model was refitted."""
    circuits: Mapping[str, Contribution] = field(default_factory=dict)
    """What the circuits did in each network that has any."""
    shots: Mapping[str, float] = field(default_factory=dict)
    """The loss of the primary metric with "exact" circuits and by number of shots; see
    `Assessment.by_shots`."""
    validation: Mapping[str, float] = field(default_factory=dict)
    """The loss of the primary metric of every model on the validation part, which comes before the
    test part and which no model was trained on."""
    preferred: Comparison | None = None
    """The model that answers against the best one there, if that is another; None if too few rows
    were held back to tell."""

    coverage: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    """By calendar year, or "all": ``n`` test rows, and how often the regions of the model that
    answers held what came, in percent, or were passed ("hits %")."""

    @property
    def model(self) -> str:
        """Name of the model that answers, and is compared with every other."""
        return self.comparisons[0].reference

    @property
    def best(self) -> str:
        """Name of the model that loses least on the validation part, never the test part."""
        return lowest(self.validation) if self.validation else self.model

    @property
    def advice(self) -> str:
        """Which other model to prefer, in words; "" where the best one answers."""
        if self.best == self.model:
            return ""
        own, other = self.validation[self.model], self.validation[self.best]
        chance = ""
        if self.preferred is not None:
            may = "" if self.preferred.significant else ", so it may be chance"
            chance = f" ({p_text(self.preferred.p_value)}{may})"
        return (
            f"{self.best} does better than {self.model} on the validation part: {self.primary} "
            f"{other:#.4g} against {own:#.4g}{chance}. Set model=best to have {self.best} answer."
        )

    @property
    def short(self) -> tuple[str, ...]:
        """Which regions, of the model that answers and of the best, held less than they say."""
        return tuple(
            text
            for name in dict.fromkeys((self.model, self.best))
            for metric, found in self.scores[name].items()
            if (text := _too_short(name, metric, found, self.n_test))
        )

    @property
    def carried(self) -> tuple[str, ...]:
        """What circuits did, in words for each network that has any, and the shots they need."""
        parts = [
            f"Circuits carry {each.share:.2%} of what {name} answers: with those of another sample "
            f"in their place, its loss rises by {each.rise:.3g}{self._price(name)}. No linear "
            f"function of its inputs explains {each.nonlinear:.1%} of how its answers vary."
            for name, each in self.circuits.items()
        ]
        if self.shots:
            numbers, losses = zip(*self.shots.items(), strict=True)
            most = losses[0] + _NEAR * abs(losses[0])
            last = max((k for k, loss in enumerate(losses) if loss > most), default=0)
            fewest = (*numbers, "none")[last + 1]
            listed = ", ".join(f"{loss:.4g} ({number})" for number, loss in self.shots.items())
            parts.append(
                f"By shots for each value of a circuit, with a readout solved once, {self.primary} "
                f"is {listed}; the fewest from which on it is within 1 % of exact: {fewest}."
            )
        return tuple(parts)

    def _price(self, name: str) -> str:
        """Of entanglement, and of circuits where a quantum ratio of 0 leaves none."""
        uncoupled = self.circuits[name].entangled
        if uncoupled is None:
            return ""
        text = f", and without entanglement by {uncoupled:.2g}"
        if name != TWIN and TWIN in self.scores:
            more = self.scores[TWIN][self.primary] - self.scores[name][self.primary]
            text += f"; a quantum ratio of 0 ({TWIN}) changes {self.primary} by {more:+.2g}"
        return text

    @property
    def extent(self) -> str:
        """What was tested, for a heading."""
        if self.start is None:
            folds = f" in {self.n_refits} folds" if self.n_refits > 1 else ""
            return f"out of sample: {self.n_test} held-out samples{folds}"
        refits = "refit" if self.n_refits == 1 else "refits"
        return (
            f"out of sample from {self.start} to {self.end}: {self.n_test} predictions, "
            f"{self.n_refits} {refits}, each trained only on the past"
        )

    def to_frame(self) -> pd.DataFrame:
        """One row per model: metrics, p-value against the first, what circuits carry, and costs."""
        frame = pd.DataFrame.from_dict({k: dict(v) for k, v in self.scores.items()}, orient="index")
        frame["p-value"] = pd.Series({c.rival: c.adjusted for c in self.comparisons}, dtype=float)
        shares = {name: 100 * each.share for name, each in self.circuits.items()}
        frame["circuits %"] = pd.Series(shares, dtype=float)
        frame["parameters"] = pd.Series(dict(self.parameters), dtype="Int64")
        frame["training s"] = pd.Series(dict(self.seconds), dtype=float)
        frame.index.name = "model"
        return frame

    def by_year(self) -> pd.DataFrame:
        """``coverage`` as a table."""
        rows = {year: dict(row) for year, row in self.coverage.items()}
        found = pd.DataFrame.from_dict(rows, orient="index").rename_axis("year")
        return found.astype({"n": int} if len(found) else {})

    def _repr_html_(self) -> str:
        """For a notebook."""
        notes = (self.verdict, *self.short, *self.carried)
        return as_html([(self.extent, self.to_frame().reset_index())], notes, self.advice)

    def to_dict(self) -> dict[str, Any]:
        return {**asdict(self), "best": self.best, "advice": self.advice}

    @staticmethod
    def from_dict(values: Mapping[str, Any]) -> "Evaluation":
        return TypeAdapter(Evaluation).validate_python(values)


def promised(metric: str) -> float | None:
    """The level in percent that "coverage 80" or "VaR 95 hits %" is to be compared with."""
    found = _COVERAGE.fullmatch(metric) or _HITS.fullmatch(metric)
    return None if found is None else float(found[1])


def _too_short(name: str, metric: str, found: float, n: int) -> str:
    """What has to be said of a coverage far below its level, if it is."""
    level = promised(metric)
    if level is None:
        return ""
    passed = _HITS.fullmatch(metric) is not None
    held = 100 - found if passed else found
    margin = min(_SHORT, (100 - level) / 2) if passed else _SHORT
    if level - held <= margin:
        return ""
    by_chance = level - held <= 200 * math.sqrt(level / 100 * (1 - level / 100) / n)
    far = ", or so few tests missed by chance" if by_chance else ""
    if passed:
        what = metric.removesuffix(" hits %")
        return f"{what} of {name} was passed in {found:.1f} % of {n} tests: it is too low{far}"
    return f"{level:g} % regions of {name} held {held:.1f} % of {n} tests: they are too narrow{far}"


def lowest(losses: Mapping[str, float]) -> str:
    """The first model whose loss is the lowest but for rounding."""
    least = min(losses.values())
    return next(name for name, loss in losses.items() if loss <= least + _TIE * abs(least))
