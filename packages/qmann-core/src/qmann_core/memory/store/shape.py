"""The fixed facts of a memory: how much it holds, of which type, and what it forgets when full."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, TypeAlias

from ...errors import ConfigError

KeyType: TypeAlias = Literal["float32", "float64", "uint8"]
Policy = Literal["error", "oldest", "least_recent", "least_used", "first_expired"]
"""What happens to a write that does not fit.

``error``: it is refused. Otherwise entries are replaced, those that have expired first, then
``oldest``: by timestamp; ``least_recent``: by last use, where writing counts as one;
``least_used``: by number of uses, then by last use; ``first_expired``: by time of expiry, then by
timestamp. What is equal in all that goes by lower address.
"""

ORDERS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "oldest": ("timestamps",),
        "least_recent": ("last_used",),
        "least_used": ("uses", "last_used"),
        "first_expired": ("expiry", "timestamps"),
    }
)
"""For each policy that makes room, the columns that say which entries go, lowest first."""
POLICIES: tuple[str, ...] = ("error", *ORDERS)
USAGE = ("uses", "last_used")
"""The columns that count recalls."""
_MOST = 2**31


@dataclass(frozen=True)
class Layout:
    """The fixed facts of a memory.

    Raises:
        ConfigError: a field is out of range.
    """

    capacity: int
    """Most entries; addresses are 0 to ``capacity - 1``."""
    key_width: int
    """Numbers in a key."""
    value_width: int = 0
    """Numbers in a value; 0 for keys alone."""
    dtype: KeyType = "float32"
    """Type of the keys; ``uint8`` for bits."""
    policy: Policy = "error"
    """What happens to a write that does not fit."""

    def __post_init__(self) -> None:
        lowest = {"capacity": 1, "key_width": 1, "value_width": 0}
        for name, low in lowest.items():
            number = getattr(self, name)
            if isinstance(number, bool) or not low <= number <= _MOST:
                raise ConfigError(f"{name} is {number!r}; expected {low} to {_MOST}")
        if self.policy not in POLICIES:
            raise ConfigError(f"policy is {self.policy!r}; expected one of {', '.join(POLICIES)}")
        if self.dtype not in ("float32", "float64", "uint8"):
            raise ConfigError(f"dtype is {self.dtype!r}; expected float32, float64 or uint8")

    @property
    def n_address(self) -> int:
        """Address wires n: the least with 2^n addresses or more, and at least 1."""
        return max(1, (self.capacity - 1).bit_length())

    @property
    def value_dtype(self) -> Literal["float32", "float64"]:
        """Type of the values: that of the keys, or float32 beside bits."""
        return "float32" if self.dtype == "uint8" else self.dtype

    def columns(self) -> dict[str, tuple[str, tuple[int, ...]]]:
        """The type of each column, and the shape of one of its rows."""
        numbers: dict[str, tuple[str, tuple[int, ...]]] = {
            "addresses": ("int64", ()),
            "keys": (self.dtype, (self.key_width,)),
            "values": (self.value_dtype, (self.value_width,)),
            "tag_codes": ("int32", ()),
            "uses": ("int64", ()),
        }
        return numbers | dict.fromkeys(("timestamps", "ttl", "last_used"), ("float64", ()))
