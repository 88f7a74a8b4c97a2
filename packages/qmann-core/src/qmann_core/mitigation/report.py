"""What a pipeline found, stage by stage."""

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd
from jaxtyping import Float
from torch import Tensor

from ..circuits import Observable, Projector
from ..plots import SERIES, panels, points
from .base import WITHIN, Done, Found, Stage, standard_errors


@dataclass(frozen=True, kw_only=True, eq=False)
class Step:
    """What came out of a stage."""

    name: str
    found: Found
    """What was found, then what might as well have been."""
    said: tuple[str, ...]
    stage: Stage | None = None
    """What it came out of; none of raw values, and of what was chosen."""
    done: Done | None = None
    """What that was given."""

    @property
    def values(self) -> Float[Tensor, "row observable"]:
        return self.found[0]

    @property
    def errors(self) -> Float[Tensor, "row observable"]:
        """Standard errors; 0 without shots."""
        return standard_errors(self.found)


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
                "lo-95": value - WITHIN * error,
                "hi-95": value + WITHIN * error,
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
        """Values of a row after each stage and, beside them, what each stage did.

        Of many observables the first six are drawn.
        """
        did = [(s.name, s.stage, s.done) for s in self.steps if s.stage and s.done]
        which = f" of row {row}" if len(self.values) > 1 else ""
        title = f"Expectation values{which} by {self.backend}, with 95 % intervals"
        names = ["after each stage", *(name for name, _, _ in did)]
        figure, (first, *others) = panels(
            title, names, columns=2 if len(names) == 4 else 3, size=(4.0, 3.2)
        )
        self._draw_steps(first, row)
        figure.legend(loc="outside lower center", ncols=len(SERIES), fontsize=8, frameon=False)
        for axes, (_, stage, done) in zip(others, did, strict=True):
            laid = done.job.circuit.observables
            there, here = ([w for o in each for w in o.wires] for each in (laid, self.observables))
            stage.draw(done, axes, row, dict(zip(there, here, strict=True)))
        return figure

    def _draw_steps(self, axes: Any, row: int) -> None:
        n = min(len(SERIES), len(self.observables))
        for column, (colour, observable) in enumerate(zip(SERIES, self.observables, strict=False)):
            places = [k + 0.1 * (column - (n - 1) / 2) for k in range(len(self.steps))]
            values = [float(step.values[row, column]) for step in self.steps]
            within = [WITHIN * float(step.errors[row, column]) for step in self.steps]
            axes.plot(places, values, ":", color=colour, lw=1)
            points(axes, places, values, within, color=colour, label=label(observable))
        names = [re.sub("(?<=[a-z])(?=[A-Z])", "\n", step.name) for step in self.steps]
        axes.set_xticks(range(len(names)), names)
        axes.set(ylabel="expectation value", xlim=(-0.4, len(self.steps) - 0.6))

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
