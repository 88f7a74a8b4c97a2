"""Out-of-sample predictions beside what came."""

from collections.abc import Container, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float, Shaped

from ..data import Samples
from ..nn.outcomes import Outcome, Outputs


@dataclass(frozen=True)
class Backtest:
    """What every model of an evaluation answered on the test rows."""

    samples: Samples
    """Those rows, without inputs."""
    outputs: Mapping[str, Outputs]
    """By model, with regions."""
    probabilities: tuple[float, ...]
    """Of the scores' quantiles that the regions were made of."""

    @staticmethod
    def of(
        samples: Samples, outputs: Mapping[str, Outputs], probabilities: tuple[float, ...]
    ) -> "Backtest":
        """One rounded to single precision, as it is saved."""
        single = {
            name: {key: value.astype(np.float32).astype(np.float64) for key, value in each.items()}
            for name, each in outputs.items()
        }
        return Backtest(without_inputs(samples), single, probabilities)

    def without_records(self, least: int, kept: Container[str]) -> "Backtest":
        """The same of models that are kept, in which nobody finds a row.

        Rows are in the order of the first model's answers, without their names, units and times.
        Targets other than classes are means of ``least`` or more that are next to each other.
        """
        outputs = {name: each for name, each in self.outputs.items() if name in kept}
        first, n = next(iter(next(iter(outputs.values())).values())), len(self.samples)
        order = np.argsort(first.reshape(n, -1)[:, 0], kind="stable")
        samples = self.samples[order]
        y = [_together(column, least) for column in samples.y.flatten(1).numpy().T]
        samples = replace(
            samples,
            y=torch.from_numpy(np.column_stack(y)).reshape(samples.y.shape),
            time=np.arange(n).astype(samples.time.dtype),
            unit=np.zeros(n, dtype=np.int64),
            label=None,
        )
        sorted_outputs = {
            name: {key: value[order] for key, value in each.items()}
            for name, each in outputs.items()
        }
        return Backtest(samples, sorted_outputs, self.probabilities)

    def first(self) -> "Backtest":
        """Of one test row, which has all parts."""
        outputs = {
            name: {key: value[:1] for key, value in each.items()}
            for name, each in self.outputs.items()
        }
        return Backtest(self.samples[np.arange(1)], outputs, self.probabilities)

    def frame(self, outcome: Outcome) -> pd.DataFrame:
        """A row for each model, sample and target; see `Outcome.columns`."""
        parts = []
        for name, outputs in self.outputs.items():
            found = outcome.columns(outputs, self.samples, self.probabilities)
            times = len(next(iter(found.values()))) // len(self.samples)
            named = {key: np.repeat(each, times) for key, each in _names(self.samples).items()}
            parts.append(pd.DataFrame({"model": name, **named, **found}))
        return pd.concat(parts, ignore_index=True)


def _together(column: Float[np.ndarray, " row"], least: int) -> Float[np.ndarray, " row"]:
    if len(np.unique(column)) <= 2:  # of classes, none tells who has it
        return column
    found, order = np.empty_like(column), np.argsort(column, kind="stable")
    for rows in np.array_split(order, max(1, len(column) // least)):
        found[rows] = column[rows].mean()
    return found


def without_inputs(samples: Samples) -> Samples:
    """The same rows, of which nothing can be predicted."""
    return Samples(
        torch.empty(len(samples), 1),
        samples.y,
        regressors=torch.empty(len(samples), 0),
        time=samples.time.astype("datetime64[ns]") if samples.dated else samples.time,
        unit=samples.unit,
        units=samples.units,
        targets=samples.targets,
        lead=samples.lead,
        label=samples.label,
        aux=samples.aux,
    )


def _names(samples: Samples) -> dict[str, Shaped[np.ndarray, " sample"]]:
    """Columns that say which sample a row is of."""
    if samples.label is not None:
        return {"label": samples.label}
    unit = np.array(samples.units, dtype=object)[samples.unit]
    return {"unique_id": unit, "date" if samples.dated else "place": samples.time}
