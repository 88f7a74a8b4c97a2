"""Banks of remembered cases: what the quantum memory and its classical twin have in common."""

from abc import abstractmethod
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn
from torch.nn import functional

from ...errors import ConfigError, DataError
from .cases import Cases, representatives

_AT_ONCE = 2**24  # weights in one piece; larger reads go through the queries in pieces


@dataclass(frozen=True)
class Recalled:
    """The best k cases of each query, best first; where there are fewer, weight 0 and row -1."""

    weight: Float[Tensor, "batch k"]
    """Share in the read, averaged over the banks."""
    fidelity: Float[Tensor, "batch k"]
    """Likeness of query and key, from 0 to 1, averaged over the banks."""
    origin: Int64[Tensor, "batch k"]
    group: Int64[Tensor, "batch k"]
    row: Int64[Tensor, "batch k"]
    payload: Float[Tensor, "batch k payload"]


class CaseMemory(Cases):
    """Cases with their outcomes, read by likeness; every bank has keys of its own to all of them.

    read_b(q) = sum_a w_ab(q) v_a over the cases a that were settled when q was asked. What is
    stored are the features from which a bank makes its keys, not the keys: so keys never lag
    behind a trained projection, and its gradient comes from queries and keys alike.

    Args are those of `QuantumMemory`.
    """

    @property
    def read_size(self) -> int:
        """Width of a read: the banks side by side."""
        return self.config.n_banks * self.value_size

    def _projection(self, length: float) -> nn.Parameter | None:
        """A matrix per bank, whose rows have the root mean square ``length``; None if not learned.

        Uniform, not normal: on the device "meta", where twins are sized, a normal draw imports
        PyTorch's compiler.
        """
        if self.config.encoding != "learned":
            return None
        size = (self.config.n_banks, self.config.n_qubits, self.query_size)
        limit = length * (3 / self.query_size) ** 0.5
        return nn.Parameter(torch.empty(size).uniform_(-limit, limit))

    @abstractmethod
    def encode(self, features: Float[Tensor, "row feature"]) -> Float[Tensor, "bank row code"]:
        """What each bank compares: of queries and of the features of cases alike."""

    @abstractmethod
    def compare(
        self, queries: Float[Tensor, "bank batch code"], keys: Float[Tensor, "bank slot code"]
    ) -> Float[Tensor, "bank batch slot"]:
        """Likeness, from 0 to 1; 1 between equals."""

    @abstractmethod
    def strengths(
        self,
        queries: Float[Tensor, "bank batch code"],
        keys: Float[Tensor, "bank slot code"],
        readable: Float[Tensor, "#batch slot"] | None,
    ) -> Float[Tensor, "bank batch slot"]:
        """What the weights are proportional to; 0 where ``readable``, of 0 and 1, is 0."""

    @torch.no_grad()
    def consolidate(self, *, tolerance: float = 1e-6) -> int:
        """Merge near-duplicates and, where room is short, drop what is hardly used.

        Of cases of one group whose keys have a likeness above 1 - tolerance in all banks, the one
        settled last stays, with the mean of their values by uses, and its own payload: evidence
        is what did happen. What others knew earlier is then known from that time on only, so
        nothing leaks. Above 90 % of the capacity, cases whose weight was below 1 % of an equal
        share on average are dropped, the least used first. A case that none might read yet, for it
        was settled too late, is not.

        Args:
            tolerance: see above.

        Returns:
            Number of cases by which the memory is smaller.

        Raises:
            ConfigError: a tolerance outside of [0, 1).
        """
        if not 0 <= tolerance < 1:
            raise ConfigError(f"got tolerance {tolerance}: expected at least 0 and below 1")
        before = self.n_cases
        if before:
            self._merge(tolerance)
            self._drop_hardly_used()
        return before - self.n_cases

    def weights(
        self, query: Float[Tensor, "batch feature"], *, at: Int64[Tensor, " time"] | None = None
    ) -> Float[Tensor, "batch bank slot"]:
        """Shares of all stored cases in the read of each bank; see `forward`."""
        self._check_query(query, at)
        slots = slice(self.n_cases)
        strengths = self._strengths(query, self._readable(at, slots), slots)
        return _shares(strengths, strengths.sum(dim=-1, keepdim=True)).transpose(0, 1)

    def forward(
        self, query: Float[Tensor, "batch feature"], *, at: Int64[Tensor, " time"] | None = None
    ) -> Float[Tensor, "batch read"]:
        """The banks' reads side by side; zeros where there is no case to read.

        Cases settled after ``at``, the query's time, are not read. In training, a sample of
        ``config.sampled`` cases is read, drawn from torch's generator.

        Raises:
            DataError: ``query`` or ``at`` has another shape.
        """
        self._check_query(query, at)
        slots = self._read_slots()
        if torch.compiler.is_compiling():
            return self._read(query, at, slots)
        n_slots = slots.stop if isinstance(slots, slice) else len(slots)
        n_rows = max(1, _AT_ONCE // max(1, self.config.n_banks * n_slots))
        pieces = [slice(i, i + n_rows) for i in range(0, len(query), n_rows) or [0]]
        return torch.cat(
            [self._read(query[i], None if at is None else at[i], slots) for i in pieces]
        )

    @torch.no_grad()
    def recalled(
        self,
        query: Float[Tensor, "batch feature"],
        k: int,
        *,
        at: Int64[Tensor, " time"] | None = None,
    ) -> Recalled:
        """The k cases of most weight for each query, for evidence.

        Raises:
            DataError: k is not positive, or ``query`` or ``at`` has another shape.
        """
        if k < 1:
            raise DataError(f"got k {k}: expected at least 1")
        self._check_query(query, at)
        slots = slice(self.n_cases)
        readable = self._readable(at, slots)
        weights = self.weights(query, at=at).mean(dim=1)
        rank = weights if readable is None else weights.masked_fill(readable == 0, -1.0)
        ranked, best = rank.topk(min(k, self.n_cases))
        keys = self.encode(self.features[slots])
        likeness = self.compare(self.encode(query), keys).mean(dim=0)
        none = (0, k - best.shape[1])
        known = functional.pad(ranked >= 0, none)
        best, likeness = functional.pad(best, none), functional.pad(likeness.gather(1, best), none)

        def of(buffer: Tensor, otherwise: int) -> Tensor:
            return torch.where(known, buffer[best], otherwise)

        return Recalled(
            weight=functional.pad(ranked, none).clamp_min(0),
            fidelity=likeness * known,
            origin=of(self.origin, -1),
            group=of(self.group, -1),
            row=of(self.row, -1),
            payload=self.payload[best] * known.unsqueeze(-1),
        )

    def extra_repr(self) -> str:
        return f"{self.query_size} -> {self.read_size}, {self.n_cases} of {len(self.row)} cases"

    def _strengths(
        self, query: Tensor, readable: Tensor | None, slots: slice | Tensor
    ) -> Float[Tensor, "bank batch slot"]:
        features = _take(self.features, slots)
        n_queries = query.shape[0]  # not len(), which would fix it when traced
        codes = self.encode(torch.cat((query, features)))  # both at once: fewer, larger steps
        return self.strengths(codes[:, :n_queries], codes[:, n_queries:], readable)

    def _read(self, query: Tensor, at: Tensor | None, slots: slice | Tensor) -> Tensor:
        readable = self._readable(at, slots)
        strengths = self._strengths(query, readable, slots)
        values = functional.pad(_take(self.values, slots), (0, 1), value=1.0)
        sums = strengths @ values
        read, total = sums[..., :-1], sums[..., -1:]
        if self.training:
            self._count(_shares(1.0, total.detach()), strengths.detach(), readable, slots)
        return _shares(read, total).transpose(0, 1).flatten(1)

    def _count(
        self, scale: Tensor, strengths: Tensor, readable: Tensor | None, slots: slice | Tensor
    ) -> None:
        _, n_queries, n_slots = strengths.shape
        if readable is None:
            self.offers[slots] += n_queries
            scale = scale * n_slots
        else:
            self.offers[slots] += readable.sum(dim=0).to(self.offers)
            scale = scale * readable.sum(dim=1, keepdim=True)
        self.uses[slots] += (scale.mT @ strengths).mean(dim=(0, 1))

    def _read_slots(self) -> slice | Tensor:
        if torch.compiler.is_compiling():  # traced: of a shape that does not depend on contents
            return slice(len(self.row))
        count, sampled = self.n_cases, self.config.sampled
        if self.training and sampled is not None and sampled < count:
            return _even_sample(count, sampled, self.row.device)
        return slice(count)

    def _check_query(self, query: Tensor, at: Tensor | None) -> None:
        wide = query.dim() == 2 and query.shape[1] == self.query_size
        if not wide or (at is not None and at.shape != query.shape[:1]):
            raise DataError(
                f"got queries of shape {tuple(query.shape)} and at of shape "
                f"{None if at is None else tuple(at.shape)}: expected (batch, {self.query_size}) "
                "and (batch,), or None"
            )

    def _readable(
        self, at: Tensor | None, slots: slice | Tensor
    ) -> Float[Tensor, "#batch slot"] | None:
        """1 for cases that a query may read, 0 for others; None if every query may read all."""
        stored = None
        if torch.compiler.is_compiling():
            stored = (_take(self.row, slots) >= 0).to(self.values).unsqueeze(0)
        if at is None:
            return stored
        settled = (_take(self.settled, slots) <= at.unsqueeze(1)).to(self.values)
        return settled if stored is None else settled * stored

    def _merge(self, tolerance: float) -> None:
        held = slice(self.n_cases)
        into = representatives(
            self.encode(self.features[held]),
            self.compare,
            group=self.group[held],
            settled=self.settled[held],
            tolerance=tolerance,
        )
        own = torch.arange(len(into), device=into.device)
        if torch.equal(into, own):
            return
        share = self.uses[held] + torch.finfo(self.uses.dtype).tiny  # equal where none was used
        whole = torch.zeros_like(share).index_add_(0, into, share)
        share = (share / whole[into]).unsqueeze(1)
        mean = torch.zeros_like(self.values[held])
        self.values[held] = mean.index_add_(0, into, share * self.values[held])
        self._keep(own[into == own])


def _even_sample(count: int, n: int, device: torch.device) -> Int64[Tensor, " n"]:
    """N different numbers below count, each equally likely, one from each nth of their circle."""
    edges = torch.arange(n + 1, device=device) * count // n
    start, width = edges[:-1], edges.diff()
    turn = torch.randint(count, (), device=device)
    return (start + (torch.rand(n, device=device) * width).long() + turn) % count


def _take(buffer: Tensor, slots: slice | Tensor) -> Tensor:
    return buffer[slots] if isinstance(slots, slice) else buffer.index_select(0, slots)


def _shares(part: Tensor | float, whole: Tensor) -> Tensor:
    """Parts of the whole; 0 where that is 0, with finite gradients."""
    return part / whole.masked_fill(whole == 0, 1.0)
