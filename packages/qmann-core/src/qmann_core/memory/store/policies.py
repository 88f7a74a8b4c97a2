"""What a full memory forgets to make room."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Literal

import numpy as np
from jaxtyping import Int64, Shaped

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


def lowest(
    columns: Sequence[Shaped[np.ndarray, " slot"]], count: int
) -> Int64[np.ndarray, " victim"]:
    """The ``count`` slots that come first when sorted by the first column, then the second, ...

    As a set, what ``np.lexsort`` gives where the last column has no ties; but O(s), because of
    each column only the ties at the boundary are looked at further.
    """
    slots = np.arange(len(columns[0]))
    chosen = [slots[:0]]
    for column in columns:
        values = column[slots]
        boundary = values.min()
        # Often enough, for one slot always; and partitioning among many ties is slow.
        if np.count_nonzero(values == boundary) < count:
            boundary = np.partition(values, count - 1)[count - 1]
        chosen.append(slots[values < boundary])
        slots, count = slots[values == boundary], count - len(chosen[-1])
        if len(slots) == count:
            break
    return np.concatenate([*chosen, slots[:count]])
