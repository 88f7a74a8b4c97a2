"""What the wires of a setting read, by expectation values of words: on any back end."""

from functools import lru_cache, reduce
from itertools import product

import torch
from jaxtyping import Float
from torch import Tensor

from ..circuits import Observable
from ..simulation import Measurement


@lru_cache(maxsize=32)
def words(setting: Measurement) -> tuple[Observable, ...]:
    """The ``2**k`` words on some of a setting's k wires, the identity first."""
    wires, letters = setting.wires, [f"I{letter}" for _, letter in setting.basis]
    return tuple(Observable("".join(word), wires) for word in product(*letters))


def chances(
    values: Float[Tensor, "*batch word"], setting: Measurement
) -> Float[Tensor, "*batch outcome"]:
    """Probabilities, or relative frequencies, of what the wires read: ``2**-k H <W>``.

    H is the Hadamard matrix, whose row of an outcome has the signs of all `words` there.
    """
    wire = values.new_tensor([[1.0, 1.0], [1.0, -1.0]])
    signs = reduce(torch.kron, [wire] * len(setting.wires), values.new_ones(1, 1))
    return values @ signs.mT / len(signs)
