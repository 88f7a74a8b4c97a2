"""What a pipeline found, stage by stage."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd
import torch
from jaxtyping import Float
from torch import Tensor

from ..circuits import Observable, Projector
from ..plots import panels
from .base import Found

_WITHIN = 1.959964  # standard errors, of 95 %


@dataclass(frozen=True, kw_only=True, eq=False)
class Step:
    """What came out of a stage."""

    name: str
    found: Found
    """What was found, then what might as well have been."""
    said: tuple[str, ...]
    scales: tuple[float | int, ...] = ()
    """Of an extrapolation, those that were reached."""
    points: tuple[Float[Tensor, "row observable"], ...] = ()
    """The values there."""

    @property
    def values(self) -> Float[Tensor, "row observable"]:
        return self.found[0]

    @property
    def errors(self) -> Float[Tensor, "row observable"]:
        """Standard errors; 0 without shots."""
        again = self.found[1:]
        return again.std(dim=0) if len(again) > 1 else torch.zeros_like(self.found[0])


@dataclass(frozen=True, kw_only=True, eq=False)
class Mitigation:
    """Mitigated values, and how they came about."""

    pipeline: str
    backend: str
    observables: tuple[Observable | Projector, ...]
    values: Float[Tensor, "row observable"]
    """Differentiable where the back end is."""
    steps: tuple[Step, ...]
    """The raw values, then those after every stage."""
    circuits: int
    shots: int
    seconds: float

    @property
    def errors(self) -> Float[Tensor, "row observable"]:
        """Standard errors by shots; a bias that mitigation leaves is not in them."""
        return self.steps[-1].errors

    @property
    def replicates(self) -> Float[Tensor, "replicate row observable"]:
        """What they might as well have been; none without shots."""
        return self.steps[-1].found[1:]

    @cached_property
    def table(self) -> pd.DataFrame:
        """For each stage, row and observable the value, its standard error and 95 % interval."""
        labels = [label(each) for each in self.observables]
        rows = [
            {
                "after": step.name,
                "row": row,
                "observable": labels[column],
                "value": value,
                "standard error": error,
                "lo-95": value - _WITHIN * error,
                "hi-95": value + _WITHIN * error,
            }
            for step in self.steps
            for row, (values, errors) in enumerate(
                zip(step.values.tolist(), step.errors.tolist(), strict=True)
            )
            for column, (value, error) in enumerate(zip(values, errors, strict=True))
        ]
        found = pd.DataFrame(rows)
        return found.drop(columns="row") if len(self.values) == 1 else found

    def plot(self, row: int = 0) -> Any:
        """Values of a row after each stage and, beside them, how they were extrapolated."""
        extrapolated = [step for step in self.steps if step.scales]
        names = [
            "after each stage",
            *(f"{step.name}, by scale of the noise" for step in extrapolated),
        ]
        title = f"Expectation values by {self.backend}, with 95 % intervals"
        figure, (first, *others) = panels(title, names, size=(5.0, 3.6))
        for column, observable in enumerate(self.observables):

            def bar(step: Step, column: int = column) -> tuple[float, float]:
                return float(step.values[row, column]), _WITHIN * float(step.errors[row, column])

            bars = tuple(zip(*map(bar, self.steps), strict=True))
            stages = [step.name for step in self.steps]
            drawn = first.errorbar(stages, *bars, marker="o", capsize=3, label=label(observable))
            colour = drawn.lines[0].get_color()
            for axes, step in zip(others, extrapolated, strict=True):
                points = [float(each[row, column]) for each in step.points]
                value, within = bar(step)
                axes.plot(step.scales, points, "o-", color=colour)
                axes.plot((0, step.scales[0]), (value, points[0]), ":", color=colour)
                axes.errorbar([0], [value], [within], marker="s", capsize=3, color=colour)
        first.legend(fontsize=8)
        return figure

    @property
    def notes(self) -> tuple[str, ...]:
        """What was run, and what stages decided."""
        spent = f"{self.shots:,} shots" if self.shots else "exact probabilities"
        ran = f"{self.circuits:,} circuits, {spent}"
        said = tuple(f"{step.name}: {each}" for step in self.steps for each in step.said)
        return (f"{self.pipeline} on {self.backend}: {ran}, {self.seconds:.2g} s", *said)


def label(observable: Observable | Projector) -> str:
    """As ``Z0 Z1`` or ``|01>``."""
    if isinstance(observable, Projector):
        return f"|{observable.bits}>"
    pairs = zip(observable.word, observable.wires, strict=True)
    return " ".join(f"{letter}{wire}" for letter, wire in pairs if letter != "I") or "I"
