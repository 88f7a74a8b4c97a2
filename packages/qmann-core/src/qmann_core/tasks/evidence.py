"""The remembered cases behind a prediction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Shaped
from pandas import DataFrame

from ..data import Samples
from ..memory import Recalled
from ..nn import Ensemble

_NAMES = ("weight", "fidelity", "row", "origin", "group", "payload")

Columns = Mapping[str, np.ndarray]

Cases = dict[str, np.ndarray]
"""Cases of one sample: an array for each of the names."""


@dataclass(frozen=True)
class Evidence:
    """Cases of the training part that weigh most for each prediction, the heaviest first.

    Where fewer were known when a sample was seen, the last ones weigh 0 and mean nothing.
    """

    weight: Float[np.ndarray, "sample case"]
    """Share in a recall from the network's memory, the mean over its members."""
    fidelity: Float[np.ndarray, "sample case"]
    """Similarity of case and sample as the memory sees them, in [0, 1], the mean likewise."""
    time: Shaped[np.ndarray, "sample case"]
    """Last day that the case had seen, datetime64."""
    series: Shaped[np.ndarray, "sample case"]
    """Name of the series that the case is from."""
    y: Float[np.ndarray, "sample case target"]
    """What followed: the case's targets."""
    label: Shaped[np.ndarray, "sample case"] | None
    """What names the case, where its time does not."""

    def to_frame(
        self, key: str, names: Sequence[str], cases: Columns, followed: Columns
    ) -> DataFrame:
        """A row for each case of each sample, with its weight in percent and its fidelity.

        Args:
            key: column of the samples' names.
            names: of the samples.
            cases: what says which case it is, an array (sample, case) for each column.
            followed: what is known of it, likewise.
        """
        recalled = {"weight %": 100 * self.weight, "fidelity": self.fidelity}
        columns = {**cases, **recalled, **followed}
        table = DataFrame(
            {
                key: np.repeat(np.asarray(names), self.weight.shape[1]),
                **{name: value.ravel() for name, value in columns.items()},
            }
        )
        return table[table["weight %"] > 0].reset_index(drop=True)


def gather(
    model: Ensemble,
    samples: Samples,
    names: Sequence[str],
    k: int,
    labels: Shaped[np.ndarray, " row"] | None = None,
) -> Evidence | None:
    """Evidence for each of a few samples; None for networks without memory.

    Args:
        model: the networks, each with a memory of its own of the same training part.
        samples: predicted ones.
        names: names of the series that the networks were trained on.
        k: most cases for each.
        labels: what names the samples that the networks were trained on, in their order.
    """
    memories = [member.memory for member in model]
    if any(memory is None for memory in memories):
        return None
    most = max(1, *(memory.n_cases for memory in memories if memory is not None))
    found = [member.recalled(samples, most) for member in model]
    merged = [_merge([_of_sample(each, row) for each in found]) for row in range(len(samples))]
    n = min(k, max(len(cases["weight"]) for cases in merged))
    parts = {name: np.stack([_first(cases[name], n) for cases in merged]) for name in _NAMES}
    return Evidence(
        weight=parts["weight"],
        fidelity=parts["fidelity"],
        time=parts["origin"].astype("datetime64[ns]"),
        series=np.array(names)[parts["group"]],
        y=parts["payload"],
        label=None if labels is None else labels[parts["row"]],
    )


def _of_sample(recalled: Recalled, row: int) -> Cases:
    """What one member recalled for one sample, without cases that weigh nothing."""
    parts = {name: getattr(recalled, name)[row].cpu().numpy() for name in _NAMES}
    kept = parts["weight"] > 0
    return {name: part[kept] for name, part in parts.items()}


def _merge(members: Sequence[Cases]) -> Cases:
    """All members' cases, each once, with mean weight and fidelity, the heaviest first."""
    joined = {name: np.concatenate([cases[name] for cases in members]) for name in _NAMES}
    _, first, case, count = np.unique(
        joined["row"], return_index=True, return_inverse=True, return_counts=True
    )
    merged = {name: part[first] for name, part in joined.items()}
    merged["weight"] = np.bincount(case, weights=joined["weight"]) / len(members)
    merged["fidelity"] = np.bincount(case, weights=joined["fidelity"]) / count
    order = np.argsort(-merged["weight"], kind="stable")
    return {name: part[order] for name, part in merged.items()}


def _first(values: np.ndarray, n: int) -> np.ndarray:
    """The first n, followed by zeros where there are fewer."""
    missing = max(0, n - len(values))
    return np.pad(values[:n], [(0, missing)] + [(0, 0)] * (values.ndim - 1))
