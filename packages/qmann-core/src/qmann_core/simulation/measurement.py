"""Expectation values of the state of a whole batch, with small constants however many wires.

The value of a Pauli word is a signed sum of products of amplitudes, of squares where the word has
only Z and I. The sign of an amplitude is that of the leading half of its index times that of the
trailing half, so two products with small tables of signs sum for all words at once. Projectors read
sums of squares over the wires that they do not name.
"""

from itertools import groupby
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from ..circuits import Observable, Projector
from .parts import Amplitudes, real_and_imag
from .permutations import SignedPermutation, Word, parities, word
from .sweep import squares
from .tables import Arrays, Tensors

Values = Float[Tensor, "gate sample observable"]


class _Words(NamedTuple):
    """Words that sum the same products of amplitudes."""

    name: str
    flips: int
    is_imaginary: bool
    """Whether they sum the imaginary part of the products."""
    columns: list[int]
    n_leading: int
    """Wires in the leading half."""

    @classmethod
    def of(cls, key: tuple[int, bool], words: dict[int, Word], n_wires: int) -> "_Words":
        flips, is_imaginary = key
        return cls(f"words{flips}.{is_imaginary}", flips, is_imaginary, list(words), n_wires // 2)


class _Outcomes(NamedTuple):
    """Projectors on the same wires."""

    name: str
    columns: list[int]
    is_summed: tuple[bool, ...]
    """For every wire, whether its outcomes are summed."""
    takes_all: bool
    """Whether every outcome is read, in order."""


class Measurement:
    """What is read from a state of ``n_wires`` wires.

    Args:
        observables: what is measured, after the permutation.
        last: a last permutation of the amplitudes, carried into words; it must be empty if there
            are projectors.
        is_real: whether all amplitudes are real.
    """

    def __init__(
        self,
        observables: tuple[Observable | Projector, ...],
        last: SignedPermutation,
        *,
        is_real: bool,
    ) -> None:
        self.n_wires = last.n_wires
        self.n_observables = len(observables)
        self.is_real = is_real
        self.arrays: Arrays = {}
        found = {
            column: word(observable, last)
            for column, observable in enumerate(observables)
            if isinstance(observable, Observable)
        }
        keys = dict.fromkeys((flips, bool(power % 2)) for flips, _, power in found.values())
        self.words = [self._words(key, found) for key in keys]
        by_wires: dict[frozenset[int], list[int]] = {}
        for column, observable in enumerate(observables):
            if isinstance(observable, Projector):
                by_wires.setdefault(frozenset(observable.wires), []).append(column)
        self.outcomes = [
            self._outcomes(wires, columns, observables) for wires, columns in by_wires.items()
        ]
        order = [column for words in self.words for column in words.columns]
        order += [column for outcomes in self.outcomes for column in outcomes.columns]
        if order != sorted(order):
            self.arrays["observables"] = np.argsort(order).astype(np.int32)

    def values(
        self, state: Amplitudes, constants: Tensors, *, batch_last: bool
    ) -> Float[Tensor, "sample gate observable"]:
        """Expectation values of a state as from `moves`; ``batch_last`` says in which order."""
        sizes = (2**self.n_wires, -1) if batch_last else (-1, 2**self.n_wires)
        state = state.reshape(len(state), *sizes)
        values = [self._of_words(group, state, constants, batch_last) for group in self.words]
        if self.outcomes:
            squares = _squares(state)
            values += [
                self._of_outcomes(group, squares, constants, batch_last) for group in self.outcomes
            ]
        together = values[0] if len(values) == 1 else torch.cat(values, dim=-1)
        if "observables" in constants:
            together = together.index_select(-1, constants["observables"])
        return together.transpose(0, 1)

    def _words(self, key: tuple[int, bool], words: dict[int, Word]) -> _Words:
        group = {c: w for c, w in words.items() if (w.flips, bool(w.power % 2)) == key}
        made = _Words.of(key, group, self.n_wires)
        n_trailing = self.n_wires - made.n_leading
        halves = [divmod(each.signs, 2**n_trailing) for each in group.values()]
        leading, of_leading = np.unique([one for one, _ in halves], return_inverse=True)
        trailing, of_trailing = np.unique([other for _, other in halves], return_inverse=True)
        self.arrays |= {
            f"{made.name}.leading": _sign_table(leading, made.n_leading),
            f"{made.name}.trailing": _sign_table(trailing, n_trailing),
            f"{made.name}.pairs": (of_leading * len(trailing) + of_trailing).astype(np.int32),
        }
        # i**power times the real part, i times the imaginary one
        negative = [each.power in (1, 2) for each in group.values()]
        if any(negative):
            self.arrays[f"{made.name}.sign"] = np.where(negative, -1, 1).astype(np.int8)
        return made

    def _outcomes(
        self,
        wires: frozenset[int],
        columns: list[int],
        observables: tuple[Observable | Projector, ...],
    ) -> _Outcomes:
        """Outcomes are numbered by the bits of the wires in the register's order."""
        places = {wire: len(wires) - 1 - k for k, wire in enumerate(sorted(wires))}
        index = [
            sum(int(bit) << places[wire] for bit, wire in zip(o.bits, o.wires, strict=True))
            for o in (observables[column] for column in columns)
            if isinstance(o, Projector)
        ]
        name = "outcomes" + ".".join(map(str, sorted(wires)))
        takes_all = index == list(range(2 ** len(wires)))
        if not takes_all:
            self.arrays[f"{name}.index"] = np.array(index, dtype=np.int32)
        is_summed = tuple(wire not in wires for wire in range(self.n_wires))
        return _Outcomes(name, columns, is_summed, takes_all)

    def _of_words(
        self, group: _Words, state: Amplitudes, constants: Tensors, batch_last: bool
    ) -> Values:
        leading, trailing = (constants[f"{group.name}.{half}"] for half in ("leading", "trailing"))
        products = _products(state, self._flipped(state, group.flips, batch_last), group)
        n_gates = len(products)
        if batch_last:
            partial = leading @ products.reshape(n_gates, leading.shape[1], -1)
            partial = partial.reshape(n_gates * len(leading), trailing.shape[1], -1)
            sums = (trailing @ partial).reshape(
                n_gates, -1, state.shape[2], self._n_parts(products)
            )
            sums = sums.sum(-1).mT
        else:
            n_samples = state.shape[1]
            parts = self._n_parts(products)
            wide = trailing.repeat_interleave(parts, dim=1) if parts > 1 else trailing
            partial = products.reshape(-1, wide.shape[1]) @ wide.T
            partial = partial.reshape(n_gates * n_samples, leading.shape[1], len(trailing))
            sums = (leading @ partial).reshape(n_gates, n_samples, -1)
        values = sums.index_select(-1, constants[f"{group.name}.pairs"])
        sign = constants.get(f"{group.name}.sign")
        return values if sign is None else values * sign

    def _n_parts(self, products: Tensor) -> int:
        return 2 if products.ndim == 4 else 1

    def _flipped(self, state: Amplitudes, flips: int, batch_last: bool) -> Amplitudes:
        """The amplitudes at ``d ^ flips``; runs of bits that are flipped are reversed at once."""
        if not flips:
            return state
        bits = [bool(flips >> place & 1) for place in reversed(range(self.n_wires))]
        runs = [(flip, 2 ** len(list(run))) for flip, run in groupby(bits)]
        n_gates, one, other = state.shape
        before, after = ((n_gates,), (other,)) if batch_last else ((n_gates, one), ())
        parted = state.reshape(*before, *(size for _, size in runs), *after)
        axes = [len(before) + axis for axis, (flip, _) in enumerate(runs) if flip]
        return parted.flip(*axes).reshape(*state.shape)

    def _of_outcomes(
        self, group: _Outcomes, squares: Tensor, constants: Tensors, batch_last: bool
    ) -> Values:
        runs = [(summed, 2 ** len(list(run))) for summed, run in groupby(group.is_summed)]
        n_gates, one, other = squares.shape
        before, after = ((n_gates,), (other,)) if batch_last else ((n_gates, one), ())
        parted = squares.reshape(*before, *(size for _, size in runs), *after)
        axes = [len(before) + axis for axis, (summed, _) in enumerate(runs) if summed]
        kept = parted.sum(axes) if axes else parted
        sums = kept.reshape(n_gates, -1, other).mT if batch_last else kept.reshape(n_gates, one, -1)
        return sums if group.takes_all else sums.index_select(-1, constants[f"{group.name}.index"])


def _sign_table(masks: NDArray[np.int64], n_bits: int) -> NDArray[np.int8]:
    """The sign of every index under every mask: (mask, index)."""
    return np.stack([1 - 2 * parities(int(mask), n_bits) for mask in masks])


def _squares(state: Amplitudes) -> Float[Tensor, "..."]:
    if isinstance(state, Tensor) and not state.is_complex():
        return squares(state)
    real, imag = real_and_imag(state)
    return squares(real) + squares(imag)


def _products(state: Amplitudes, flipped: Amplitudes, group: _Words) -> Float[Tensor, "..."]:
    """Real or imaginary part of conj(state) * flipped.

    Of complex tensors the two summands of a real part stay apart, along a last axis.
    """
    if isinstance(state, Tensor) and isinstance(flipped, Tensor):
        if not state.is_complex():
            return _real_products(state, flipped, group)
        if not group.is_imaginary:
            return _real_products(torch.view_as_real(state), torch.view_as_real(flipped), group)
    (a, b), (c, d) = real_and_imag(state), real_and_imag(flipped)
    return a * d - b * c if group.is_imaginary else a * c + b * d


def _real_products(
    state: Float[Tensor, "*shape"], flipped: Float[Tensor, "*shape"], group: _Words
) -> Float[Tensor, "*shape"]:
    if group.is_imaginary:
        return torch.zeros_like(state)
    return state * flipped if group.flips else squares(state)
