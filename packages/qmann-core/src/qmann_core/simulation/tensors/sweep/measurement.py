"""Expectation values of the state of a whole batch, with small constants however many wires.

The value of a Pauli word is a signed sum of products of amplitudes, of squares where the word has
only Z and I. The sign of an amplitude is that of the leading half of its index times that of the
trailing half, so two products with small tables of signs sum for all words at once. Projectors read
sums of squares over the wires that they do not name.
"""

from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from ....circuits import Observable, Projector
from ...lowering.permutations import SignedPermutation, Word, parities, word
from ..parts import A, Amplitudes, real_and_imag
from ..state import real_row
from ..tables import Arrays, Tensors

Values = Float[Tensor, "gate sample observable"]


class _Words(NamedTuple):
    """Words that sum the same products of amplitudes."""

    flips: int
    is_imaginary: bool
    """Whether they sum the imaginary part of the products."""
    columns: list[int]

    @property
    def name(self) -> str:
        return f"words{self.flips}.{'imag' if self.is_imaginary else 'real'}"


class _Outcomes(NamedTuple):
    """Projectors on the same wires."""

    wires: tuple[int, ...]
    """In the register's order."""
    columns: list[int]
    takes_all: bool
    """Whether every outcome is read, in order."""

    @property
    def name(self) -> str:
        return "outcomes" + ".".join(map(str, self.wires))


class Measurement:
    """What is read from a state.

    Without observables, that is a complex state itself, real and imaginary parts in turn.

    Args:
        observables: what is measured, after the permutation.
        last: a last permutation of the amplitudes, carried into words; it must be empty unless
            all observables are words.
    """

    def __init__(
        self, observables: tuple[Observable | Projector, ...], last: SignedPermutation
    ) -> None:
        self.n_wires = last.n_wires
        self.arrays: Arrays = {}
        words: dict[tuple[int, bool], dict[int, Word]] = {}
        projectors: dict[tuple[int, ...], dict[int, Projector]] = {}
        for column, observable in enumerate(observables):
            if isinstance(observable, Projector):
                wires = tuple(sorted(observable.wires))
                projectors.setdefault(wires, {})[column] = observable
            else:
                carried = word(observable, last)
                key = (carried.flips, bool(carried.power % 2))
                words.setdefault(key, {})[column] = carried
        self._words = [self._words_of(*item) for item in words.items()]
        self._outcomes = [self._outcomes_of(*item) for item in projectors.items()]
        order = [column for words_ in self._words for column in words_.columns]
        order += [column for outcomes in self._outcomes for column in outcomes.columns]
        if order != sorted(order):
            self.arrays["observables"] = np.argsort(order).astype(np.int32)

    def values(
        self, state: Amplitudes, constants: Tensors, *, batch_last: bool
    ) -> Float[Tensor, "sample gate observable"]:
        """Expectation values of a state as from `moves`; ``batch_last`` says in which order."""
        sizes = (2**self.n_wires, -1) if batch_last else (-1, 2**self.n_wires)
        state = state.reshape(len(state), *sizes)
        values = [self._read_words(each, state, constants, batch_last) for each in self._words]
        if self._outcomes:
            probabilities = _squares(state)
            values += [
                self._read_outcomes(each, probabilities, constants, batch_last)
                for each in self._outcomes
            ]
        if not values:
            values = [real_row(state.mT if batch_last else state)]
        together = values[0] if len(values) == 1 else torch.cat(values, dim=-1)
        if "observables" in constants:
            together = together.index_select(-1, constants["observables"])
        return together.transpose(0, 1)

    def _words_of(self, key: tuple[int, bool], words: dict[int, Word]) -> _Words:
        made = _Words(*key, list(words))
        n_trailing = self.n_wires - self.n_wires // 2
        halves = [divmod(each.signs, 2**n_trailing) for each in words.values()]
        leading, of_leading = np.unique([one for one, _ in halves], return_inverse=True)
        trailing, of_trailing = np.unique([other for _, other in halves], return_inverse=True)
        self.arrays |= {
            f"{made.name}.leading": _sign_table(leading, self.n_wires - n_trailing),
            f"{made.name}.trailing": _sign_table(trailing, n_trailing),
            f"{made.name}.pairs": (of_leading * len(trailing) + of_trailing).astype(np.int32),
        }
        # the real part of i**power z is that of z, or its imaginary part, or minus one of them
        is_negative = [each.power in (1, 2) for each in words.values()]
        if any(is_negative):
            self.arrays[f"{made.name}.sign"] = np.where(is_negative, -1, 1).astype(np.int8)
        return made

    def _outcomes_of(self, wires: tuple[int, ...], projectors: dict[int, Projector]) -> _Outcomes:
        """Outcomes are numbered by the bits of the wires in the register's order."""
        places = {wire: len(wires) - 1 - k for k, wire in enumerate(wires)}
        index = [
            sum(int(bit) << places[wire] for bit, wire in zip(each.bits, each.wires, strict=True))
            for each in projectors.values()
        ]
        made = _Outcomes(wires, list(projectors), index == list(range(2 ** len(wires))))
        if not made.takes_all:
            self.arrays[f"{made.name}.index"] = np.array(index, dtype=np.int32)
        return made

    def _read_words(
        self, words: _Words, state: Amplitudes, constants: Tensors, batch_last: bool
    ) -> Values:
        leading, trailing = (constants[f"{words.name}.{half}"] for half in ("leading", "trailing"))
        flipped = state
        if words.flips:
            bits = [words.flips >> place & 1 for place in reversed(range(self.n_wires))]
            parted, axes = _by_runs(state, bits, batch_last)
            flipped = parted.flip(*axes).reshape(*state.shape)  # the amplitudes at d ^ flips
        products = _products(state, flipped, words)
        n_gates, one, other, *parts = products.shape
        if batch_last:
            partial = leading @ products.reshape(n_gates, leading.shape[1], -1)
            partial = partial.reshape(n_gates * len(leading), trailing.shape[1], -1)
            sums = (trailing @ partial).reshape(n_gates, -1, other, *parts)
            sums = (sums.sum(-1) if parts else sums).mT
        else:
            wide = trailing.repeat_interleave(2, dim=1) if parts else trailing
            partial = products.reshape(-1, wide.shape[1]) @ wide.T
            partial = partial.reshape(n_gates * one, leading.shape[1], len(trailing))
            sums = (leading @ partial).reshape(n_gates, one, -1)
        values = sums.index_select(-1, constants[f"{words.name}.pairs"])
        sign = constants.get(f"{words.name}.sign")
        return values if sign is None else values * sign

    def _read_outcomes(
        self, outcomes: _Outcomes, probabilities: Tensor, constants: Tensors, batch_last: bool
    ) -> Values:
        n_gates, one, other = probabilities.shape
        is_summed = [wire not in outcomes.wires for wire in range(self.n_wires)]
        parted, axes = _by_runs(probabilities, is_summed, batch_last)
        kept = parted.sum(axes) if axes else parted
        sums = kept.reshape(n_gates, -1, other).mT if batch_last else kept.reshape(n_gates, one, -1)
        if outcomes.takes_all:
            return sums
        return sums.index_select(-1, constants[f"{outcomes.name}.index"])


def _by_runs(numbers: A, is_marked: Sequence[int], batch_last: bool) -> tuple[A, tuple[int, ...]]:
    """An axis for each run of wires that are marked alike; and the axes of those marked."""
    runs = [(mark, 2 ** len(list(run))) for mark, run in groupby(is_marked)]
    n_gates, one, other = numbers.shape
    before, after = ((n_gates,), (other,)) if batch_last else ((n_gates, one), ())
    parted = numbers.reshape(*before, *(size for _, size in runs), *after)
    return parted, tuple(len(before) + axis for axis, (mark, _) in enumerate(runs) if mark)


def _sign_table(masks: NDArray[np.int64], n_bits: int) -> NDArray[np.int8]:
    """The sign of every index under every mask: (mask, index)."""
    return np.stack([1 - 2 * parities(int(mask), n_bits) for mask in masks])


def _squares(state: Amplitudes) -> Float[Tensor, "..."]:
    if isinstance(state, Tensor) and not state.is_complex():
        return state.square()
    real, imag = real_and_imag(state)
    return real.square() + imag.square()


def _products(state: Amplitudes, flipped: Amplitudes, words: _Words) -> Float[Tensor, "..."]:
    """Real or imaginary part of conj(state) * flipped.

    Of complex tensors the two summands of a real part stay apart, along a last axis.
    """
    if isinstance(state, Tensor) and isinstance(flipped, Tensor):
        if not state.is_complex():
            return torch.zeros_like(state) if words.is_imaginary else state * flipped
        if not words.is_imaginary:
            return torch.view_as_real(state) * torch.view_as_real(flipped)
    (a, b), (c, d) = real_and_imag(state), real_and_imag(flipped)
    return a * d - b * c if words.is_imaginary else a * c + b * d
