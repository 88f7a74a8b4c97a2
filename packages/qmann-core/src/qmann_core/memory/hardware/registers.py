"""Which wires hold what."""

from dataclasses import dataclass

from ...errors import CircuitError
from .controlled import Wires
from .loading import KeyEncoding, n_key_wires


@dataclass(frozen=True)
class Layout:
    """Registers of a recall: the address first, its most significant bit on wire 0, then the key.

    Args:
        encoding: of the keys.
        width: features of a key.
        n_address: address wires; there are ``2**n_address`` addresses.
        copies: of the key, one after the other; b of them raise every fidelity to the power b.

    Raises:
        CircuitError: a number is not at least 1.
    """

    encoding: KeyEncoding
    width: int
    n_address: int
    copies: int = 1

    def __post_init__(self) -> None:
        for name in ("width", "n_address", "copies"):
            if getattr(self, name) < 1:
                raise CircuitError(f"{name} is at least 1, got {getattr(self, name)}")

    @property
    def address_wires(self) -> Wires:
        return tuple(range(self.n_address))

    @property
    def key_wires(self) -> Wires:
        """Of all copies."""
        n_keys = self.copies * n_key_wires(self.encoding, self.width)
        return tuple(range(self.n_address, self.n_address + n_keys))

    @property
    def by_copy(self) -> tuple[Wires, ...]:
        """The key wires of each copy."""
        size = n_key_wires(self.encoding, self.width)
        starts = range(0, self.copies * size, size)
        return tuple(self.key_wires[start : start + size] for start in starts)

    @property
    def n_wires(self) -> int:
        """Of address and key; work wires come after them."""
        return self.n_address + len(self.key_wires)
