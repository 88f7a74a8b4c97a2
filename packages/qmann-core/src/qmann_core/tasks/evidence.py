"""The remembered cases behind a prediction."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int, Num, Shaped
from pandas import DataFrame

from ..config import MemoryConfig
from ..data import Samples
from ..memory import QuantumMemory, Recalled
from ..nn import Ensemble

_QUERIES = 1024  # that fit into memory at once
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
    """Last day that the case had seen, or its place in the order of the split."""
    series: Shaped[np.ndarray, "sample case"]
    """Name of the series that the case is from."""
    y: Float[np.ndarray, "sample case target"]
    """What followed: the case's targets."""
    level: Float[np.ndarray, "sample case"] | None
    """Logarithm of the size that the model gives what was to follow, if cases are alike in that."""
    row: Int[np.ndarray, "sample case"]
    """Its number in the training part."""
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


@dataclass(frozen=True)
class Known:
    """What a model was trained on, where labels name the samples."""

    label: Shaped[np.ndarray, " row"]
    """In the order of the training part."""
    y: Float[np.ndarray, "row target"]
    """Their targets."""

    def recall(
        self,
        keys: Num[np.ndarray, "row feature"],
        queries: Num[np.ndarray, "sample feature"],
        k: int,
    ) -> Evidence:
        """The ``k`` cases most like each query, by a quantum memory of keys as amplitudes.

        The fidelity is (q.k)^2 / (|q|^2 |k|^2), simulated, and weights are its 4th powers: 4
        copies of each key.

        Args:
            keys: of the cases, at most 4,096 features wide.
            queries: of what is asked for.
            k: most cases for each.
        """
        n_qubits = max(1, (keys.shape[1] - 1).bit_length())
        config = MemoryConfig(
            kind="quantum", capacity=len(keys), n_qubits=n_qubits, encoding="amplitude", copies=4
        )
        width = self.y.shape[1]
        memory = QuantumMemory(keys.shape[1], width, config, payload_size=width)
        row, y = torch.arange(len(keys)), torch.from_numpy(self.y.astype(np.float32))
        memory.write(
            torch.from_numpy(keys.astype(np.float32)),
            y,
            payload=y,
            **dict.fromkeys(("settled", "origin", "group", "row"), row),
        )
        asked = torch.split(torch.from_numpy(queries.astype(np.float32)), _QUERIES)
        found = [memory.recalled(part, min(k, len(keys))) for part in asked]
        parts = {n: torch.cat([getattr(f, n) for f in found]).numpy() for n in _NAMES}
        return _evidence(parts, parts["origin"], parts["group"], width, self)


def own_first(
    row: Int[np.ndarray, "sample case"], own: Int[np.ndarray, " sample"]
) -> Int[np.ndarray, "sample case"]:
    """Cases with the one that is the sample itself, -1 where none is, before others like it."""
    order = np.argsort(row != own[:, None], axis=1, kind="stable")
    row = np.take_along_axis(row, order, axis=1)
    row[:, 0] = np.where(own < 0, row[:, 0], own)
    return row


def gather(
    model: Ensemble, samples: Samples, names: Sequence[str], k: int, known: Known | None = None
) -> Evidence | None:
    """Evidence for each of a few samples; None for networks without memory.

    Args:
        model: the networks, each with a memory of its own of the same training part.
        samples: predicted ones.
        names: names of the series that the networks were trained on.
        k: most cases for each.
        known: what the networks were trained on, where labels name it.
    """
    memories = [member.memory for member in model]
    if any(memory is None for memory in memories):
        return None
    most = max(1, *(memory.n_cases for memory in memories if memory is not None))
    merged: list[Cases] = []
    for start in range(0, len(samples), _QUERIES):
        part = samples[np.arange(start, min(start + _QUERIES, len(samples)))]
        found = [member.recalled(part, most) for member in model]
        merged += [_merge([_of_sample(each, row) for each in found], k) for row in range(len(part))]
    n = max(len(cases["weight"]) for cases in merged)
    parts = {name: np.stack([_padded(cases[name], n) for cases in merged]) for name in _NAMES}
    time = parts["origin"].astype("datetime64[ns]") if samples.dated else parts["origin"]
    width = math.prod(samples.y.shape[1:])
    return _evidence(parts, time, np.array(names)[parts["group"]], width, known)


def _evidence(
    parts: Cases, time: np.ndarray, series: np.ndarray, n_targets: int, known: Known | None
) -> Evidence:
    kept = parts["payload"]
    return Evidence(
        weight=parts["weight"],
        fidelity=parts["fidelity"],
        time=time,
        series=series,
        y=kept[..., :n_targets] if known is None else known.y[parts["row"]],
        level=kept[..., n_targets] if kept.shape[-1] > n_targets else None,
        row=parts["row"],
        label=None if known is None else known.label[parts["row"]],
    )


def _of_sample(recalled: Recalled, row: int) -> Cases:
    """What one member recalled for one sample, without cases that weigh nothing."""
    parts = {name: getattr(recalled, name)[row].cpu().numpy() for name in _NAMES}
    kept = parts["weight"] > 0
    return {name: part[kept] for name, part in parts.items()}


def _merge(members: Sequence[Cases], k: int) -> Cases:
    """The ``k`` heaviest of all members' cases, each once, with mean weight and fidelity."""
    joined = {name: np.concatenate([cases[name] for cases in members]) for name in _NAMES}
    _, first, case, count = np.unique(
        joined["row"], return_index=True, return_inverse=True, return_counts=True
    )
    merged = {name: part[first] for name, part in joined.items()}
    merged["weight"] = np.bincount(case, weights=joined["weight"]) / len(members)
    merged["fidelity"] = np.bincount(case, weights=joined["fidelity"]) / count
    order = np.argsort(-merged["weight"], kind="stable")[:k]
    return {name: part[order] for name, part in merged.items()}


def _padded(values: np.ndarray, n: int) -> np.ndarray:
    """These, followed by zeros until there are n."""
    found = np.zeros((n, *values.shape[1:]), dtype=values.dtype)
    found[: len(values)] = values
    return found
