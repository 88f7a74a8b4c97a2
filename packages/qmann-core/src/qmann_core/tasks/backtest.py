"""Out-of-sample predictions beside what came."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from jaxtyping import Shaped

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
