"""One series recalled in three modes, and what may be said of it."""

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ..circuits import GateCounts
from ..ledger import Ledger
from ..predicates import Within
from ..qmatrix import QMatrix
from ..result import RecallResult
from .windows import HORIZON, Windows, cut

DISTANCE = 1
"""Days that may have gone the other way, in a hard recall."""
THRESHOLD = 0.5
"""Of the fidelity."""
COPIES = 4
"""Of each key: fidelities to this power are far enough apart for a search."""
_CASES = 5
_WIDTH = 78


@dataclass(frozen=True, eq=False)
class Recalled:
    """One mode of recall."""

    asks: str
    result: RecallResult
    """By the schedule for an unknown number of matches."""
    known: RecallResult
    """The same question by the schedule that is told how much answers it."""
    matches: int | None
    """Entries that a scan finds; None where every entry counts by its weight."""


@dataclass(frozen=True, eq=False)
class Demonstration:
    """Windows like one of a series; see `demonstrate`."""

    source: str
    windows: Windows
    modes: Mapping[str, Recalled]

    def tables(self) -> list[tuple[str, pd.DataFrame]]:
        """The cases of each mode and the ledger, each with a title."""
        titled = [
            (f"{mode.capitalize()} recall: {each.asks}", self._cases(each))
            for mode, each in self.modes.items()
        ]
        head = (
            f"{self.source}: {len(self.windows):,} windows of {len(self.windows.query)} days; "
            f"asked about {self._day}"
        )
        title, cases = titled[0]
        return [(f"{head}\n\n{title}", cases), *titled[1:], ("Ledger, one search", self._ledger())]

    def notes(self) -> tuple[str, ...]:
        """What may be said and what must be, in lines for a terminal."""
        lists = (("May be said", self.may_be_said()), ("Must be said", self.must_be_said()))
        return tuple(
            "\n".join([f"{title}:", *(_item(text) for text in texts)]) + "\n"
            for title, texts in lists
        )

    def may_be_said(self) -> list[str]:
        """Claims that these figures bear out."""
        return [
            "Calls are counted; they grow as sqrt(N / M) for M matches among N entries.",
            "The simulation is exact, O(N d) for keys of d numbers, and is that of a circuit "
            "of gates (QMatrix.to_circuit).",
            "The weights of a soft recall are those of attention with the fidelity as its kernel.",
        ]

    def must_be_said(self) -> list[str]:
        """What a reader would otherwise get wrong."""
        hard = self.modes["hard"].result.ledger
        gates = "" if hard.gates is None else f": here {_short(hard.gates)} in a hard recall"
        return [
            f"Simulated: it looked at all {len(self.windows):,} keys, as a scan does. "
            "Nothing is faster, and loading is O(N).",
            f"Without a QRAM each loader call is O(N) gates{gates}. A search is O(N^1.5), worse "
            "than a scan.",
            "Measured fidelity of a bucket-brigade QRAM: 0.800 with 2 layers, 0.604 with 3 "
            "(arXiv:2506.16682). One that beats this scan does not exist.",
            "A search ends in one window; all weights are read from the simulated state. "
            "n qubits give n bits when they are read.",
            "What followed like windows is no forecast; no test was made here.",
        ]

    def to_dict(self) -> dict[str, Any]:
        """Everything, ready for JSON."""
        return {
            "source": self.source,
            "query": {
                "day": self._day,
                "changes %": self.windows.query.tolist(),
                "up or down": _signs(self.windows.query_bits),
            },
            "entries": len(self.windows),
            "window": len(self.windows.query),
            "simulated": True,
            "modes": {mode: self._mode(each) for mode, each in self.modes.items()},
            "may be said": self.may_be_said(),
            "must be said": self.must_be_said(),
        }

    def plot(self) -> Any:
        """What like windows looked like and what followed, and the calls; a matplotlib figure."""
        from .picture import picture

        return picture(self)

    @property
    def _day(self) -> str:
        return np.datetime_as_string(self.windows.day, unit="D")

    def _cases(self, each: Recalled) -> pd.DataFrame:
        frame = each.result.to_frame()
        return pd.DataFrame(
            {
                "last day": frame["timestamp"],
                "up or down": [_signs(bits) for bits in self.windows.bits[frame["address"]]],
                "weight %": 100 * frame["weight"],
                "fidelity": frame["fidelity"],
                "next day %": frame["value_0"],
                f"{HORIZON} days %": frame["value_1"],
            }
        )

    def _mode(self, each: Recalled) -> dict[str, Any]:
        result, cases = each.result, self._cases(each)
        measured = result.measured
        return {
            "asks": each.asks,
            "matches": each.matches,
            "cases": cases.assign(
                **{"last day": cases["last day"].dt.strftime("%Y-%m-%d")}
            ).to_dict(orient="records"),
            "found": result.found,
            "measured": None
            if measured is None
            else np.datetime_as_string(self.windows.days[measured], unit="D"),
            "miss bound": result.miss_bound,
            "schedules": {
                schedule: {
                    "success probability": one.success_probability,
                    **_costs(one.ledger),
                }
                for schedule, one in (("bbht", result), ("known", each.known))
            },
        }

    def _ledger(self) -> pd.DataFrame:
        columns = {mode: _column(each, len(self.windows)) for mode, each in self.modes.items()}
        rows = list(next(iter(columns.values())))
        return pd.DataFrame({"": rows} | {mode: list(c.values()) for mode, c in columns.items()})


def demonstrate(
    prices: pd.Series, *, window: int = 8, query: str | None = None, seed: int = 0
) -> Demonstration:
    """Store the windows of a series and recall those like one of them, in three modes.

    Args:
        prices: positive, by day; its name is shown.
        window: days of a key, 2 to 20.
        query: last day of the window that is asked about, or its row from 1; None for the newest.
        seed: of what is measured.

    Raises:
        ConfigError: a window or a seed out of range, a query that is neither date nor row.
        DataError: too few rows, or a query that is not among them.
    """
    windows = cut(prices, window, query)
    generator = np.random.default_rng(abs(seed))
    bits = QMatrix(len(windows), window, encoding="basis", value_width=2)
    bits.write(windows.bits, windows.followed, timestamp=windows.seconds)
    angles = QMatrix(len(windows), window, encoding="angle", value_width=2)
    angles.write(windows.angles, windows.followed, timestamp=windows.seconds)

    like = Within(windows.query_bits, DISTANCE)
    key = windows.query_angles
    every = angles.recall(key, len(windows), schedule="known")  # and the keys are encoded
    return Demonstration()
