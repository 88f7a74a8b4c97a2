"""Alarms in a vital sign: what the samples before do not explain.

What a model misses of the next sample is an error e; an alarm is |e| beyond a limit that is
extrapolated from errors on normal samples that were left out.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from pandas import DataFrame
from torch import Tensor

from qmann_core.data import Folds, Samples, sliding
from qmann_core.evaluation import linear_ridge
from qmann_core.nn import Aux, Head, OneSided, SolvedReadout, Squared
from qmann_core.tasks import Outputs, Prediction, Report, Score

from .config import SignalConfig
from .reports import RESEARCH
from .signals import Signal

_SHARE = 0.1  # of the errors, the largest, which make the tail

Errors = Float[np.ndarray, " sample"]
Over = Bool[np.ndarray, " sample"]


def windows(signal: Signal, application: SignalConfig) -> Samples:
    """A window for each sample that has enough before it, and the sample as the target."""
    values, window = signal.values, application.window
    target = np.arange(window, len(values))
    return Samples(
        torch.from_numpy(sliding(values[:, None], window)[:-1].astype(np.float32)),
        torch.from_numpy(values[target, None]),
        time=target - 1,
        units=(signal.name,),
        targets={"target": (signal.name,)},
        aux={"marked": torch.from_numpy(signal.marked[target])},
        test=target >= signal.normal,
    )


def tail(errors: Errors) -> Float[np.ndarray, "2"]:
    """Where the tail of absolute errors begins, u, and the mean excess b of those beyond."""
    sizes = np.abs(errors)
    begin = np.quantile(sizes, 1 - _SHARE)
    return np.array([begin, (sizes[sizes > begin] - begin).mean()])


def limits(outputs: Outputs, probability: float) -> Errors:
    """Size of an error that normal samples stay below with a probability p, for each sample.

    The tail is exponential: with P(|e| > u) = s, the limit is u + b log(s / (1 - p)) (peaks over
    threshold, Pickands 1975, doi:10.1214/aos/1176343003, of shape 0). Of tails that are lighter,
    as those of normal errors, fewer are beyond it than promised.
    """
    begin, excess = outputs["tail"].T
    return np.asarray(begin + excess * np.log(_SHARE / (1 - probability)))


class NextSample(OneSided, Head):
    """The next sample by least squares on what fixed circuits say of the window before it.

    In place of conformal quantiles, which cannot reach so far, it gives a tail of errors.
    """

    names = ("location",)
    region = "tail"
    mean: Tensor
    unit: Tensor
    tail: Tensor

    def __init__(self, n_features: int, samples: Samples) -> None:
        super().__init__()
        del n_features  # none, of fixed circuits
        self.location = SolvedReadout(Squared(), samples.regressors.shape[1], 1)
        for name, size in (("mean", 1), ("unit", 1), ("tail", 2)):
            self.register_buffer(name, torch.ones(size).double())

    def fit(self, train: Samples) -> Tensor:
        """Solve; the tail is that of errors on later samples than were solved on."""
        self.mean.copy_(train.y.mean(dim=0))
        self.unit.copy_(train.y.std(dim=0))
        wanted = (train.y - self.mean) / self.unit
        left_out, loss = self.location.fit(train, wanted)
        errors = (self.unit * (wanted - left_out))[left_out.isfinite()]
        self.tail.copy_(torch.from_numpy(tail(errors.numpy())))
        return loss

    def forward(
        self, features: Float[Tensor, "batch feature"], regressors: Float[Tensor, "batch regressor"]
    ) -> Float[Tensor, "batch 1"]:
        found: Tensor = self.mean + self.unit * self.location(features, regressors)
        return found

    def loss(
        self, raw: Float[Tensor, "batch 1"], y: Float[Tensor, "batch 1"], aux: Aux
    ) -> Float[Tensor, ""]:
        del aux
        return ((y - raw) / self.unit).square().mean()

    def decode(self, raw: Float[Tensor, "batch 1"]) -> dict[str, Tensor]:
        return {"location": raw, "tail": self.tail.expand(len(raw), -1)}

    def nonconformity(
        self, outputs: Outputs, samples: Samples
    ) -> Float[np.ndarray, "sample score"]:
        return np.abs(samples.y.numpy() - outputs["location"])

    def bound(
        self, outputs: Outputs, quantiles: Float[np.ndarray, "sample score probability"]
    ) -> Float[np.ndarray, "sample end"]:
        """The tail, as it is."""
        del quantiles
        return outputs["tail"]


def autoregression(records: Any, samples: Samples, folds: Folds, application: Any) -> Outputs:
    """A linear function of the window, its penalty and its errors by samples left out."""
    found = linear_ridge(records, samples, folds, application)
    return _with_tail(found["location"], samples, folds)


def second_difference(_records: Any, samples: Samples, folds: Folds, _: Any) -> Outputs:
    """2 x_t - x_(t-1), a straight line on from the last two samples: nothing is learned."""
    x = samples.x.double().numpy()
    return _with_tail(2 * x[:, -1] - x[:, -2], samples, folds)


def _with_tail(location: Float[np.ndarray, "sample 1"], samples: Samples, folds: Folds) -> Outputs:
    known = folds[0].train
    found = tail((samples.y.numpy() - location)[known, 0])
    return {"location": location, "tail": np.tile(found, (len(location), 1))}


def merged(over: Over, gap: int) -> Int[np.ndarray, "alarm 2"]:
    """First and last sample of each alarm: of samples over the limit that are ``gap`` apart."""
    place = np.flatnonzero(over)
    parts = np.split(place, np.flatnonzero(np.diff(place) > gap) + 1)
    return np.array([(part[0], part[-1]) for part in parts if len(part)], int).reshape(-1, 2)


def delays(over: Over, marked: Over, gap: int) -> Float[np.ndarray, " episode"]:
    """Samples from the onset of each marked stretch to the first over the limit; NaN if none is.

    It counts until a window after the stretch; nothing before it does, and no other sample is
    taken for found because this one was (no point adjustment).
    """
    found = []
    for first, last in merged(marked, 1):
        hits = np.flatnonzero(over[first : last + gap + 1])
        found.append(hits[0] if len(hits) else np.nan)
    return np.array(found)


def score_alarms(
    outputs: Outputs, test: Samples, train: Samples, probabilities: tuple[float, ...]
) -> Score:
    """Absolute error, how often it is over the limit, and alarms; where marked, false ones, delay.

    Alarms are false that begin outside of marked stretches and the window after them.
    """
    del train
    error = np.abs(test.y.numpy() - outputs["location"])[:, 0]
    over, gap = error > limits(outputs, probabilities[-1]), test.x.shape[1]
    figures: dict[str, Any] = {"absolute error": error, "over limit %": 100.0 * over}
    alarms, marked = merged(over, gap), test.aux["marked"].numpy()
    figures["alarms"] = float(len(alarms))
    if marked.any():
        waited = delays(over, marked, gap)
        figures["false alarms"] = float((~_near(marked, gap)[alarms[:, 0]]).sum())
        figures["found %"] = 100 * float(np.isfinite(waited).mean())
        if np.isfinite(waited).any():
            figures["delay"] = float(np.nanmean(waited))
    return figures


def _near(marked: Over, gap: int) -> Over:
    """Within a marked stretch or the window after it."""
    return np.convolve(marked, np.ones(gap + 1))[: len(marked)] > 0


@dataclass(frozen=True, kw_only=True)
class MonitorReport(Report):
    """Alarms in what was watched of a signal.

    The table has a row for each: its number; onset and end, as rows of the signal from 0; samples
    from one to the other; both in seconds where the rate is known; its height, the largest error
    over the limit, and the value there. Of RR intervals, rows are intervals; beat is the number,
    from 0, of the heartbeat that ends the first of them, and its onset in seconds is when it was.
    Where anomalies are marked, ``marked`` says whether it begins in one or in the window after it,
    and delay by how many samples after its onset.
    """

    trace: DataFrame = field(repr=False)
    """Of each sample watched: row, value, predicted, and height, the error over the limit."""

    def plot(self) -> Any:
        """What was watched with its alarms, and the errors in units of the limit."""
        from .drawings import alarms

        return alarms(self.heading, self.trace, self.table)


def monitor_report(prediction: Prediction) -> MonitorReport:
    """Alarms in the samples that are not taken for normal."""
    signal: Signal = prediction.records
    rarity = 1 / (1 - prediction.probabilities[-1])
    meant = f"errors beyond the limit are meant to be one in {rarity:,.0f} normal {signal.counted}"
    said = (RESEARCH, f"{meant}; alarms are what differs from the normal stretch, no diagnosis")
    common = prediction.common(
        f"Alarms in {signal.source}",
        lambda by: _table(by, signal),
        evidence=None,
        notes=(*said, *signal.notes),
    )
    return MonitorReport(trace=_trace(prediction), **common)


def _trace(prediction: Prediction) -> DataFrame:
    samples, found = prediction.samples, prediction.outputs["location"][:, 0]
    value, watched = samples.y[:, 0].numpy(), samples.test
    height = np.abs(value - found) / limits(prediction.outputs, prediction.probabilities[-1])
    told = {"row": samples.time + 1, "value": value, "predicted": found, "height": height}
    return DataFrame({name: column[watched] for name, column in told.items()})


def _table(prediction: Prediction, signal: Signal) -> DataFrame:
    trace, gap = _trace(prediction), prediction.application.window
    row, height = trace["row"].to_numpy(), trace["height"].to_numpy()
    first, last = merged(height > 1, gap).T
    peak = [a + int(height[a : b + 1].argmax()) for a, b in zip(first, last, strict=True)]
    told: dict[str, Any] = {
        "alarm": np.arange(1, len(first) + 1),
        "onset": row[first],
        "end": row[last],
        signal.counted: last - first + 1,
    }
    ends = int(signal.beats is not None)  # an interval is known when it ends
    if ends:
        told["beat"] = row[first] + 1
    if (edges := signal.edges) is not None:
        told["onset s"] = edges[row[first] + ends]
        told["lasts s"] = edges[row[last] + 1] - edges[row[first]]
    told |= {"height": height[peak], "value": trace["value"].to_numpy()[peak]}
    marked = signal.marked[row]
    if marked.any():
        begun = np.maximum.accumulate(np.where(np.diff(marked, prepend=False) & marked, row, -1))
        told["marked"] = _near(marked, gap)[first]
        told["delay"] = np.where(told["marked"], row[first] - begun[first], np.nan)
    return DataFrame(told)
