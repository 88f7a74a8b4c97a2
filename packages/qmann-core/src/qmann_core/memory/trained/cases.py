"""Remembered cases in buffers: what is kept of each, and what gives way when room is short."""

import math
from abc import ABC
from collections.abc import Callable
from numbers import Integral

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from ...base import QMANNBase
from ...config import MemoryConfig
from ...errors import ConfigError, DataError

_FULL = 0.9  # above this share of the capacity, consolidation drops what is hardly used
_BLOCK = 256  # cases whose neighbours are compared at a time
_HARDLY = 0.01  # of what a case would get if all were read alike


class Cases(QMANNBase, ABC):
    """Cases with their outcomes, in slots 0 to ``n_cases`` - 1 of buffers of fixed shape.

    So contents travel in ``state_dict``, copies and pickles like any statistic learned from data.
    Args are those of `QuantumMemory`.
    """

    features: Tensor
    """(capacity, query_size)"""
    values: Tensor
    """(capacity, value_size)"""
    payload: Tensor
    """(capacity, payload_size)"""
    settled: Tensor
    """(capacity,) From when on a case may be read: when its outcome was known."""
    origin: Tensor
    """(capacity,) A case's own time."""
    group: Tensor
    """(capacity,) The series it is from."""
    row: Tensor
    """(capacity,) Its sample; -1 in a free slot."""
    uses: Tensor
    """(capacity,) Weights it got in training, in equal shares of each read, summed."""
    offers: Tensor
    """(capacity,) Number of those reads: of queries in training that might read it."""
    written: Tensor
    """(capacity,) The number of the write that stored it."""
    occupied: Tensor
    """() Number of cases."""
    step: Tensor
    """() Number of writes so far."""

    def __init__(
        self, query_size: int, value_size: int, config: MemoryConfig, *, payload_size: int = 0
    ) -> None:
        super().__init__()
        sizes = query_size, value_size, payload_size
        if not all(
            isinstance(n, Integral) and n >= m for n, m in zip(sizes, (1, 1, 0), strict=True)
        ):
            raise ConfigError(
                f"got query_size {query_size!r}, value_size {value_size!r}, payload_size "
                f"{payload_size!r}: expected at least 1, 1 and 0"
            )
        if not isinstance(config, MemoryConfig):
            raise ConfigError(
                f"got config of type {type(config).__name__}: expected a MemoryConfig"
            )
        self.query_size = query_size
        self.value_size = value_size
        self.config = config
        capacity = config.capacity
        self.register_buffer("features", torch.zeros(capacity, query_size))
        self.register_buffer("values", torch.zeros(capacity, value_size))
        self.register_buffer("payload", torch.zeros(capacity, payload_size))
        self.register_buffer("uses", torch.zeros(capacity))
        self.register_buffer("row", torch.full((capacity,), -1))
        for name in ("settled", "origin", "group", "offers", "written"):
            self.register_buffer(name, torch.zeros(capacity, dtype=torch.int64))
        for name in ("occupied", "step"):
            self.register_buffer(name, torch.zeros((), dtype=torch.int64))

    @property
    def capacity(self) -> int:
        """Most cases that are stored."""
        return self.config.capacity

    @property
    def n_cases(self) -> int:
        """Number of cases that are stored."""
        return int(self.occupied)

    @torch.no_grad()
    def write(
        self,
        features: Tensor,
        values: Tensor,
        *,
        settled: Tensor,
        origin: Tensor,
        group: Tensor,
        row: Tensor,
        payload: Tensor | None = None,
    ) -> None:
        """Store cases, in the memory's precision; a stored case of the same row is replaced.

        Of more cases than the capacity, an even sample is stored. Where room is short, the least
        used of the cases stored before give way: those whose weight was least on average when they
        might be read, among equals those written first, and last those that none might read yet.
        A replaced case keeps its count of uses.

        Args:
            features: (case, query_size).
            values: (case, value_size).
            settled: (case,) int64, the time from when on a case may be read.
            origin: (case,) int64, its own time.
            group: (case,) int64, the series it is from.
            row: (case,) int64, its sample, at least 0.
            payload: (case, payload_size); zeros when None.

        Raises:
            DataError: shapes or types that do not fit, numbers that are not finite, a row that is
                negative or given twice; nothing is stored then.
        """
        if payload is None:
            payload = self.payload.new_zeros(len(features), self.payload.shape[1])
        given = {
            "features": features,
            "values": values,
            "payload": payload,
            "settled": settled,
            "origin": origin,
            "group": group,
            "row": row,
        }
        self._check(given)
        if len(row) > self.capacity:
            even = torch.arange(self.capacity, device=row.device) * len(row) // self.capacity
            given = {name: x[even.to(x.device)] for name, x in given.items()}
        slots, new = self._places(given["row"].to(self.row.device))
        for name, x in given.items():
            buffer: Tensor = getattr(self, name)
            buffer[slots] = x.to(buffer)
        for count in (self.uses, self.offers):
            count[slots[new]] = 0
        self.written[slots] = self.step
        self.step += 1
        self.occupied.copy_((self.row >= 0).sum())

    def clear(self) -> None:
        """Forget all cases."""
        self._keep(self.row.new_empty(0))
        self.step.zero_()

    @torch.no_grad()
    def refresh(self, encode: Callable[[Tensor], Tensor]) -> None:
        """Give the stored cases new features; ``encode`` maps rows (case,) to (case, query_size).

        Raises:
            DataError: features of another shape, or that are not finite.
        """
        count = self.n_cases
        features = encode(self.row[:count])
        self._check({"features": features, "row": self.row[:count]})
        self.features[:count] = features.to(self.features)

    def _check(self, given: dict[str, Tensor]) -> None:
        n = len(given["row"])
        for name, x in given.items():
            buffer: Tensor = getattr(self, name)
            expected = (n, *buffer.shape[1:])
            if x.shape != expected:
                raise DataError(
                    f"{name} of the cases have shape {tuple(x.shape)}: expected {expected}, "
                    "a row for each case"
                )
            if x.is_floating_point() != buffer.is_floating_point():
                raise DataError(
                    f"{name} of the cases are of {x.dtype}: expected numbers like {buffer.dtype}"
                )
            if x.is_floating_point() and not x.isfinite().all():
                raise DataError(f"{name} of the cases hold NaN or inf; leave these cases out")
        rows = given["row"]
        if n and rows.min() < 0:
            raise DataError(f"got row {int(rows.min())}: expected rows of at least 0")
        if (rows.sort().values.diff() == 0).any():
            raise DataError("a row is given twice; each sample is one case")

    def _places(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        """Where each row is stored or is to be stored, and whether it is new."""
        count = self.n_cases
        stored, order = self.row[:count].sort()
        slots = torch.full_like(rows, -1)
        if count:
            near = torch.searchsorted(stored, rows).clamp_max(count - 1)
            slots = torch.where(stored[near] == rows, order[near], slots)
        new = slots < 0
        n_new = int(new.sum())
        n_free = len(self.row) - count
        appended = torch.arange(count, count + min(n_new, n_free), device=rows.device)
        slots[new] = torch.cat((appended, self._least_used(n_new - len(appended), slots[~new])))
        return slots, new

    def _least_used(self, n: int, spared: Tensor) -> Tensor:
        """N slots whose cases can go: the least used, among them those written first."""
        order = self.written[: self.n_cases].sort(stable=True).indices
        order = order[self._use()[order].sort(stable=True).indices]
        if len(spared):
            order = order[~torch.isin(order, spared)]
        return order[:n]

    def _use(self) -> Tensor:
        """Mean weight of each slot in equal shares of a read; inf where none might read it."""
        return torch.where(self.offers > 0, self.uses / self.offers, torch.inf)

    def _drop_hardly_used(self) -> None:
        excess = self.n_cases - math.ceil(_FULL * self.capacity)
        if excess <= 0:
            return
        gone = self._least_used(excess, self.row.new_empty(0))
        gone = gone[self._use()[gone] < _HARDLY]
        stays = self.row >= 0
        stays[gone] = False
        self._keep(stays.nonzero().squeeze(1))

    def _keep(self, slots: Tensor) -> None:
        """Move the cases in these slots to the front and forget all others."""
        for name, buffer in self.named_buffers(recurse=False):
            if buffer.dim():  # all but the counts of cases and of writes
                kept = buffer[slots]
                buffer.fill_(-1 if name == "row" else 0)
                buffer[: len(slots)] = kept
        self.occupied.fill_(len(slots))


def representatives(
    keys: Float[Tensor, "bank case code"],
    compare: Callable[[Tensor, Tensor], Tensor],
    *,
    group: Int64[Tensor, " case"],
    settled: Int64[Tensor, " case"],
    tolerance: float,
) -> Int64[Tensor, " case"]:
    """The case that can stand for each case: itself, or the last settled that is nearly equal.

    Nearly equal are cases of one group whose likeness is above 1 - tolerance in every bank. What
    stands for others stands for itself, so no chain of small steps joins cases that differ; where
    duplicates form such a chain, some are left for the next time.

    Cases are put in order of group and of their first key's first number, and each is compared
    with the 256 to 511 before and behind it: of up to 512 cases all pairs are seen, of more all
    but those with hundreds of others between them, in time and memory linear in the cases.
    """
    order = keys[0, :, 0].sort().indices
    order = order[group[order].sort(stable=True).indices]
    n = len(order)
    rank = torch.empty_like(order)
    rank[settled.sort(stable=True).indices] = torch.arange(n, device=rank.device)
    keys, group, placed = keys[:, order], group[order], rank[order]
    best = placed.clone()
    for start in range(0, n, _BLOCK):
        here = slice(start, start + _BLOCK)
        around = slice(max(0, start - _BLOCK), start + 2 * _BLOCK)
        near = (compare(keys[:, here], keys[:, around]) > 1 - tolerance).all(dim=0)
        near &= group[here].unsqueeze(1) == group[around]
        highest = placed[around].expand_as(near).masked_fill(~near, -1).amax(dim=1)
        best[here] = torch.maximum(placed[here], highest)
    by_rank = torch.empty_like(order)
    by_rank[placed] = order
    stand_in = torch.empty_like(order)
    stand_in[order] = by_rank[best]
    itself = stand_in[stand_in] == stand_in
    return torch.where(itself, stand_in, torch.arange(n, device=order.device))
