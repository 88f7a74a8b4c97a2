"""Samples: what features make of records, and what every model reads."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Bool, Float, Int, Int64, Shaped
from torch import Tensor

from ..errors import DataError
from .splits import nanoseconds, settled


@dataclass(frozen=True, init=False)
class Samples:
    """Rows that a model learns from, all units together."""

    x: Float[Tensor, "sample *axis feature"]
    """What the controller reads: windows (sample, time, feature), or of any other rank."""
    y: Float[Tensor, "sample *target"]
    """Targets; NaN where they are not known yet."""
    regressors: Float[Tensor, "sample regressor"]
    """What the head's closed-form part reads, which is fitted before training; by default a
    constant and all of ``x``."""
    time: Shaped[np.ndarray, " sample"]
    """Last day that a sample has seen, datetime64, or a counter, int64; by default the place of the
    sample among all."""
    unit: Int[np.ndarray, " sample"]
    """Which series, patient, engine or vessel a sample belongs to, an index into ``units``."""
    units: tuple[str, ...]
    """Names of the units."""
    targets: Mapping[str, tuple[str, ...]]
    """For each axis of ``y`` its name and the names along it. An axis "class" holds 1 for the class
    of the sample and 0 for the others."""
    lead: tuple[int, ...]
    """Steps of its unit after a sample, at least 1, at which each target, along the first axis, is
    known."""
    label: Shaped[np.ndarray, " sample"] | None
    """Text that names each sample, where the time does not."""
    aux: Mapping[str, Shaped[Tensor, "sample ..."]]
    """Columns beside ``y`` that head, loss and score see: event flags, weights, masks, labels."""
    test: Bool[np.ndarray, " sample"] | None
    """Which samples a split that is not one in time tests on."""

    def __init__(
        self,
        x: Float[Tensor, "sample *axis feature"],
        y: Float[Tensor, "sample *target"],
        *,
        regressors: Float[Tensor, "sample regressor"] | None = None,
        time: Shaped[np.ndarray, " sample"] | None = None,
        unit: Int[np.ndarray, " sample"] | None = None,
        units: tuple[str, ...] = ("samples",),
        targets: Mapping[str, tuple[str, ...]] | None = None,
        lead: tuple[int, ...] | None = None,
        label: Shaped[np.ndarray, " sample"] | None = None,
        aux: Mapping[str, Shaped[Tensor, "sample ..."]] | None = None,
        test: Bool[np.ndarray, " sample"] | None = None,
    ) -> None:
        n = len(x)
        parts = {
            "x": x,
            "y": y,
            "regressors": _with_constant(x) if regressors is None else regressors,
            "time": np.arange(n) if time is None else time,
            "unit": np.zeros(n, dtype=np.int64) if unit is None else unit,
            "units": units,
            "targets": _numbered(y) if targets is None else targets,
            "lead": (1,) * y.shape[1] if lead is None else lead,
            "label": label,
            "aux": {} if aux is None else aux,
            "test": test,
        }
        for name, value in parts.items():
            object.__setattr__(self, name, value)
        self._check()

    def _check(self) -> None:
        columns = {name: getattr(self, name) for name in ("x", "y", "regressors", "time", "unit")}
        columns |= {"label": self.label, "test": self.test, **self.aux}
        n_rows = {name: len(column) for name, column in columns.items() if column is not None}
        if len(set(n_rows.values())) > 1:
            found = ", ".join(f"{name}: {n}" for name, n in n_rows.items())
            raise DataError(f"got columns of different numbers of rows, {found}")
        sizes = [tuple(map(len, self.targets.values())), (len(self.lead),)]
        if sizes != [tuple(self.y.shape[1:]), (self.y.shape[1],)]:
            raise DataError(
                f"got targets of the shape {tuple(self.y.shape[1:])}, names for {sizes[0]} and "
                f"leads for {sizes[1]}: expected a name each, and a lead along the first axis"
            )
        if min(self.lead, default=0) < 1:
            raise DataError(
                f"got leads {self.lead}: expected one or more targets, each known 1 step or later "
                "after the last one that its sample has seen"
            )
        if self.time.dtype.kind not in "Mi":
            raise DataError(
                f"got time of the type {self.time.dtype}: expected dates or whole numbers"
            )

    def __len__(self) -> int:
        return len(self.time)

    def __getitem__(
        self, index: Int[np.ndarray, " row"] | Bool[np.ndarray, " sample"]
    ) -> "Samples":
        rows = torch.from_numpy(np.asarray(index))
        return replace(
            self,
            x=self.x[rows],
            y=self.y[rows],
            regressors=self.regressors[rows],
            time=self.time[index],
            unit=self.unit[index],
            label=None if self.label is None else self.label[index],
            aux={name: column[rows] for name, column in self.aux.items()},
            test=None if self.test is None else self.test[index],
        )

    def spread(self, n: int) -> "Samples":
        """At most ``n`` of them, evenly spread."""
        return self if len(self) <= n else self[np.linspace(0, len(self) - 1, n).astype(np.int64)]

    @property
    def dated(self) -> bool:
        """Whether the samples have dates."""
        return bool(self.time.dtype.kind == "M")

    @property
    def reach(self) -> int:
        """Steps that ``y`` looks ahead: the embargo between training and test."""
        return max(self.lead)

    @property
    def known(self) -> Bool[np.ndarray, " sample"]:
        """Which samples have a complete target."""
        return torch.isfinite(self.y).flatten(1).all(dim=-1).numpy()

    @property
    def origin(self) -> Int64[Tensor, " sample"]:
        """``time`` as nanoseconds, or as the counter that it is."""
        return torch.from_numpy(nanoseconds(self.time))

    @property
    def settled(self) -> Int64[Tensor, " sample"]:
        """From when on a sample's target is known, in nanoseconds; always after its origin.

        Where these samples end before that, just after the last of them: whatever is predicted
        later comes after an embargo of ``reach``.
        """
        return torch.from_numpy(settled(self.time, self.unit, self.reach))


def _with_constant(x: Float[Tensor, "sample *axis feature"]) -> Float[Tensor, "sample regressor"]:
    return torch.cat((x.new_ones(len(x), 1), x.flatten(1)), dim=1)


def _numbered(y: Float[Tensor, "sample *target"]) -> Mapping[str, tuple[str, ...]]:
    axes = ["target"] if y.ndim == 2 else [f"target axis {axis}" for axis in range(1, y.ndim)]
    return {name: tuple(map(str, range(n))) for name, n in zip(axes, y.shape[1:], strict=True)}
