"""The entries of a memory, as a circuit loads them."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Int, Num

from ...circuits import Operation
from ...errors import CircuitError
from .loading import KeyEncoding, check_features, load_keys, prepare
from .registers import Layout


@dataclass(frozen=True, eq=False)
class Contents:
    """Keys at addresses; what is prepared is |M> = s^(-1/2) sum_a |a>|k_a>.

    Args:
        encoding: of the keys.
        addresses: of the s entries.
        keys: one a row.
        n_address: address wires.
        copies: of every key.

    Raises:
        CircuitError: there is no entry, an address is out of range or given twice, the keys are
            not one finite row for each address, are not bits (basis) or are zero (amplitude).
    """

    encoding: KeyEncoding
    addresses: Int[np.ndarray, " entry"]
    keys: Num[np.ndarray, "row feature"]
    n_address: int
    copies: int = 1

    def __post_init__(self) -> None:
        _check_addresses(self.addresses, 2**self.layout.n_address)
        if len(self.keys) != len(self.addresses):
            raise CircuitError(
                f"{len(self.keys)} keys for {len(self.addresses)} addresses; give one for each"
            )
        check_features(self.encoding, self.keys, "key")

    @property
    def layout(self) -> Layout:
        return Layout(self.encoding, self.keys.shape[1], self.n_address, self.copies)

    @cached_property
    def addressing(self) -> tuple[Operation, ...]:
        """|0...0> to the equal superposition of the occupied addresses."""
        return prepare(self.addresses, self.n_address)

    @cached_property
    def loader(self) -> tuple[Operation, ...]:
        """|a>|0...0> to |a>|k_a>, every copy."""
        return tuple(
            step
            for wires in self.layout.by_copy
            for step in load_keys(
                self.encoding, self.addresses, self.keys, self.n_address, key_wires=wires
            )
        )


def _check_addresses(addresses: Int[np.ndarray, " entry"], size: int) -> None:
    if not len(addresses):
        raise CircuitError("the memory is empty, so there is no state to prepare; write to it")
    low, high = addresses.min(), addresses.max()
    if low < 0 or high >= size:
        raise CircuitError(f"addresses are between 0 and {size - 1}, got {low} to {high}")
    if len(np.unique(addresses)) < len(addresses):
        raise CircuitError("an address occurs twice; give every key one of its own")
