"""Where Pauli gates are inserted, how likely each is, and which are drawn."""

from collections.abc import Sequence
from functools import reduce
from itertools import product
from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

Diagonal = Float[Tensor, " word"]


class Site(NamedTuple):
    """Where Pauli gates are inserted: after an operation, on some of its wires."""

    position: int
    wires: tuple[int, ...]
    quasi: Float[Tensor, " word"]
    """The quasi-probability of each word, in the order of `pauli_words`; they add up to 1."""


def signs(n_wires: int) -> Float[Tensor, "word word"]:
    """-1 where words anticommute, else 1: the Walsh-Hadamard transform, up to ``4**n_wires``."""
    one = torch.tensor(
        [[1, 1, 1, 1], [1, 1, -1, -1], [1, -1, 1, -1], [1, -1, -1, 1]], dtype=torch.float64
    )
    return reduce(torch.kron, [one] * n_wires)


def solved(wanted: Diagonal, letters: list[list[Float[Tensor, " letter"]]]) -> Diagonal:
    """The quasi-probabilities of words whose gates keep what ``letters`` say of each wire's."""
    kept = torch.stack([reduce(torch.kron, word) for word in product(*letters)])
    found = torch.linalg.solve((signs(len(letters)) * kept).T, wanted)
    return torch.where(found.abs() < 1e-15, 0.0, found)


def drawn(
    sites: Sequence[Site], samples: int, generator: torch.Generator
) -> tuple[Int[Tensor, "circuit site"], Float[Tensor, " circuit"]]:
    """Words at each site, different each time, and weights; first where nothing is inserted.

    The others are drawn under the condition that there is an insertion, whose first place is
    stratified.
    """
    if not sites:
        return torch.zeros(1, 0, dtype=torch.long), torch.ones(1, dtype=torch.float64)
    quasi = pad_sequence([site.quasi for site in sites], batch_first=True)
    gamma = quasi.abs().sum(1, keepdim=True)
    chances = quasi.abs() / gamma
    none = chances[:, 0].cumprod(0)
    first = torch.cat([none.new_ones(1), none[:-1]]) - none
    at = (torch.arange(samples) + torch.rand(samples, generator=generator)) / samples
    place = torch.searchsorted(first.cumsum(0) / first.sum(), at.double()).clamp_max(len(sites) - 1)
    some = chances.clone()
    some[:, 0] = 0
    free, forced = (
        torch.multinomial(p, samples, True, generator=generator).T for p in (chances, some)
    )
    order, place = torch.arange(len(sites)), place[:, None]
    words = torch.where(order < place, 0, torch.where(order == place, forced, free))
    words, counts = torch.unique(words, dim=0, return_counts=True)
    signs = quasi.sign()[order, words].prod(1)
    weights = gamma.prod() * first.sum() * signs * counts / samples
    words = torch.cat([torch.zeros_like(words[:1]), words])
    return words, torch.cat([quasi[:, 0].prod()[None], weights])
