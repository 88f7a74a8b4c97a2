"""What a recall gives back."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from jaxtyping import Float, Float64, Int64

from ..hardware.ledger import Ledger

EXACT = "exact, simulated"
TABLE = "exact, simulated; matches from a table worked out beforehand: not a quantum recall"
_LIKELY = 0.01
AGED = "simulated, by the fidelities of the aged keys"


@dataclass(frozen=True, eq=False)
class RecallResult:
    """The entries that a recall is about, the best first, and what finding them costs.

    The weights are P(a | success), the probability that a successful search ends in that address;
    all of them add up to 1, those shown here to less where there are more than k.
    """

    addresses: Int64[np.ndarray, " best"]
    """By weight, above a threshold, where weights only ripple, by fidelity; ties by lower address;
    none if the search did not find one."""
    values: Float[np.ndarray, "best value"]
    weights: Float64[np.ndarray, " best"]
    errors: Float64[np.ndarray, " best"]
    """Standard errors of the weights; 0 where these are exact."""
    fidelities: Float64[np.ndarray, " best"]
    """|<q|k_a>|^2 of one copy; of a hard recall the probability that the predicate holds."""
    timestamps: Float64[np.ndarray, " best"]
    """Seconds since 1970."""
    tags: tuple[tuple[str, ...], ...]
    mode: str
    schedule: str
    success_probability: float
    """Of one attempt; of the schedule bbht, whose attempts differ, of all together, unless a back
    end ran one."""
    found: bool
    """Whether an attempt ended in an address that passed the classical check."""
    measured: int | None
    """The address that it ended in, drawn from the weights; None if not found."""
    miss_bound: float
    """The search ends without a hit at most this often where there is something to find: one entry
    that matches, that passes the threshold, or whose fidelity is more than rounding."""
    exactness: str
    ledger: Ledger

    @property
    def oracle_calls(self) -> int:
        return self.ledger.oracle_calls

    @property
    def loader_calls(self) -> int:
        return self.ledger.loader_calls

    def __len__(self) -> int:
        return len(self.addresses)

    def to_frame(self) -> pd.DataFrame:
        """One row for each entry, the best first."""
        columns = {
            "address": self.addresses,
            "weight": self.weights,
            "fidelity": self.fidelities,
            "timestamp": pd.to_datetime(self.timestamps, unit="s"),
            "tags": [" ".join(tags) for tags in self.tags],
        }
        values = {f"value_{i}": column for i, column in enumerate(self.values.T)}
        return pd.DataFrame({**columns, **values})

    def __str__(self) -> str:
        lines = [
            f"{self.mode} recall, schedule {self.schedule} ({self.exactness})",
            f"success probability {self.success_probability:.6g}",
            f"{self.oracle_calls} oracle calls, {self.loader_calls} loader calls",
        ]
        if not self.found:
            return "\n".join([*lines, _not_found(self.mode, self.miss_bound)])
        frame = self.to_frame()
        frame["timestamp"] = frame["timestamp"].dt.floor("s")
        shown = frame if any(self.tags) else frame.drop(columns="tags")
        return "\n".join([*lines, shown.to_string(index=False, float_format="{:.6g}".format)])


def _not_found(mode: str, bound: float) -> str:
    text = f"nothing found; where there is something, this happens at most with {bound:.2g}"
    if mode == "threshold" and bound > _LIKELY:
        return text + ": what lies below the threshold weighs too much, use more copies of each key"
    return text
