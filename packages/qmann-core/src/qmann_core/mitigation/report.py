"""What a pipeline found, stage by stage."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd
from jaxtyping import Float
from torch import Tensor

from ..circuits import Observable, Projector

_WITHIN = 1.959964  # standard errors, of 95 %


@dataclass(frozen=True, kw_only=True, eq=False)
class Step:
    """What came out of a stage."""

    name: str
    values: Float[Tensor, "row observable"]
    errors: Float[Tensor, "row observable"]
    """Standard errors; 0 without shots."""
    said: tuple[str, ...]
    scales: tuple[float | int, ...] = ()
    """Of an extrapolation, those that were reached."""
    points: tuple[Float[Tensor, "row observable"], ...] = ()
    """The values there."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Mitigation:
    """Mitigated values, and how they came about."""

    pipeline: str
    backend: str
    observables: tuple[Observable | Projector, ...]
    values: Float[Tensor, "row observable"]
    """Differentiable where the back end is."""
    replicates: Float[Tensor, "replicate row observable"]
    """What they might as well have been; none without shots."""
    steps: tuple[Step, ...]
    """The raw values, then those after every stage."""
    circuits: int
    shots: int
    seconds: float

    @property
    def errors(self) -> Float[Tensor, "row observable"]:
        """Standard errors by shots; a bias that mitigation leaves is not in them."""
        return self.steps[-1].errors

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
                "error": error,
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
        """Values after each stage and, beside them, what was extrapolated: a matplotlib figure."""
        import matplotlib.pyplot as plt

        steps = [step for step in self.steps if step.scales]
        figure, axes = plt.subplots(
            1, 1 + len(steps), figsize=(5 * (1 + len(steps)), 4), squeeze=False, sharey=True
        )
        first, *others = axes[0]
        for column, observable in enumerate(self.observables):
            values = [float(step.values[row, column]) for step in self.steps]
            errors = [_WITHIN * float(step.errors[row, column]) for step in self.steps]
            names = [step.name for step in self.steps]
            first.errorbar(names, values, errors, marker="o", capsize=3, label=label(observable))
            for axis, step in zip(others, steps, strict=True):
                points = [float(each[row, column]) for each in step.points]
                (line,) = axis.plot(step.scales, points, "o-")
                found = float(step.values[row, column]), _WITHIN * float(step.errors[row, column])
                axis.plot((0, step.scales[0]), (found[0], points[0]), ":", color=line.get_color())
                axis.errorbar(
                    [0], *([each] for each in found), marker="s", capsize=3, color=line.get_color()
                )
        first.set(title="After each stage", ylabel="expectation value")
        first.legend(fontsize="small")
        for axis, step in zip(others, steps, strict=True):
            axis.set(title=step.name, xlabel="scale of the noise")
        figure.tight_layout()
        return figure

    @property
    def notes(self) -> tuple[str, ...]:
        """What was run, and what stages decided."""
        ran = (
            f"{self.circuits:,} circuits, {self.shots:,} shots"
            if self.shots
            else (f"{self.circuits:,} circuits, exact probabilities")
        )
        said = tuple(f"{step.name}: {each}" for step in self.steps for each in step.said)
        return (f"{self.pipeline} on {self.backend}: {ran}, {self.seconds:.2g} s", *said)


def label(observable: Observable | Projector) -> str:
    """As ``Z0 Z1`` or ``|01>``."""
    if isinstance(observable, Projector):
        return f"|{observable.bits}>"
    pairs = zip(observable.word, observable.wires, strict=True)
    return " ".join(f"{letter}{wire}" for letter, wire in pairs if letter != "I") or "I"
