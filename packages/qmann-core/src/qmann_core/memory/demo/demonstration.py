"""One series recalled in three modes."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from ...errors import ConfigError
from ..hardware.ledger import Claims, claims
from ..keys.predicates import Within
from ..qmatrix import QMatrix
from ..recall.question import Query
from ..recall.result import RecallResult
from . import costs
from .picture import picture
from .windows import HORIZON, Windows, cut

DISTANCE = 1
"""Days that may have gone the other way, in a hard recall."""
THRESHOLD = 0.5
"""Of the fidelity."""
SOFT_COPIES, STEP_COPIES = 4, 8
"""Of each key in a soft and in a threshold recall: F to this power is far enough apart."""
_CASES = 5
_NO_FORECAST = "What followed windows that are alike is no forecast; nothing was tested here."


@dataclass(frozen=True, eq=False)
class Recalled:
    """One mode of recall."""

    asks: str
    searches: costs.Searches

    @property
    def result(self) -> RecallResult:
        return self.searches.result


@dataclass(frozen=True, eq=False)
class Demonstration:
    """Windows like one of a series; see `demonstrate`."""

    source: str
    windows: Windows
    modes: Mapping[str, Recalled]

    def cases(self, mode: str) -> pd.DataFrame:
        """The windows that a recall is about, the best first, and what followed them."""
        frame = self.modes[mode].result.to_frame()
        return pd.DataFrame(
            {
                "last day": frame["timestamp"],
                "days": [signs(bits) for bits in self.windows.bits[frame["address"]]],
                "weight %": 100 * frame["weight"],
                "fidelity": frame["fidelity"],
                "next day %": frame["value_0"],
                f"{HORIZON} days %": frame["value_1"],
            }
        )

    def tables(self) -> list[tuple[str, pd.DataFrame]]:
        """The query, the cases of each mode and the ledger, each with a title."""
        asked = pd.DataFrame(
            {
                "asked about": [self._day],
                "days": [signs(self.windows.query_bits)],
                "stored windows": [f"{len(self.windows):,}"],
                "of days": [len(self.windows.query)],
            }
        )
        titled = [(self._title(mode), self.cases(mode)) for mode in self.modes]
        ledger = costs.table({mode: each.searches for mode, each in self.modes.items()})
        return [(self.source, asked), *titled, ("Ledger of one search, simulated", ledger)]

    def notes(self) -> str:
        """What may be said and what must be, for a terminal."""
        return str(self._claims())

    def to_dict(self) -> dict[str, Any]:
        """Everything, ready for JSON."""
        return {
            "source": self.source,
            "query": {
                "last day": self._day,
                "days": signs(self.windows.query_bits),
                "changes %": self.windows.query.tolist(),
            },
            "entries": len(self.windows),
            "window": len(self.windows.query),
            "simulated": True,
            "modes": {mode: self._mode(mode) for mode in self.modes},
            "may be said": list(self._claims().may),
            "must be said": list(self._claims().must),
        }

    def plot(self) -> Any:
        """What like windows looked like and what followed, and the calls; a matplotlib figure."""
        results = {mode: each.result for mode, each in self.modes.items()}
        return picture(self.windows, results["soft"], results)

    @property
    def _day(self) -> str:
        return f"{self.windows.day:%Y-%m-%d}"

    def _title(self, mode: str) -> str:
        each = self.modes[mode]
        if each.result.found:
            return f"{mode.capitalize()} recall: {each.asks}"
        bound = each.result.miss_bound
        return (
            f"{mode.capitalize()} recall: {each.asks}\n"
            f"nothing found; where there is something, this happens at most with {bound:.2g}"
        )

    def _claims(self) -> Claims:
        of_recall = claims(len(self.windows))
        return replace(of_recall, must=(*of_recall.must, _NO_FORECAST))

    def _mode(self, mode: str) -> dict[str, Any]:
        each, frame = self.modes[mode], self.cases(mode)
        frame["last day"] = frame["last day"].dt.strftime("%Y-%m-%d")
        return {
            "asks": each.asks,
            "found": each.result.found,
            "matches": each.searches.matches,
            "ended in": each.searches.ended_in if each.result.found else None,
            "miss bound": each.result.miss_bound,
            "cases": frame.to_dict(orient="records"),
            "costs": costs.as_dict(each.result),
            "costs, matches known": costs.as_dict(each.searches.known),
        }


def demonstrate(
    prices: pd.Series, *, window: int = 8, query: str | None = None, seed: int = 0
) -> Demonstration:
    """Store the windows of a series and recall those like one of them, in three modes.

    Hard recall asks for the same days of rise and fall in bits (basis encoding), soft and
    threshold recall for changes alike in size, as angles: amplitudes would not tell a rise from a
    fall, because a state and its negative are the same.

    Args:
        prices: positive, by day; its name is shown.
        window: days of a key, 2 to 20.
        query: last day of the window that is asked about, or its row from 1; None for the newest.
        seed: of what is measured, 0 or more.

    Raises:
        ConfigError: a window or a seed out of range, a query that is neither date nor row.
        DataError: too few rows, or a query that is not among them.
    """
    if seed < 0:
        raise ConfigError(f"the seed is {seed}: expected a whole number from 0")
    windows = cut(prices, window, query)
    bits = QMatrix(len(windows), window, encoding="basis", value_width=2)
    bits.write(windows.bits, windows.followed, timestamp=windows.seconds)
    angles = QMatrix(len(windows), window, encoding="angle", value_width=2)
    angles.write(windows.angles, windows.followed, timestamp=windows.seconds)

    def ask(
        memory: QMatrix, question: Query, asks: str, matches: int | None, **how: Any
    ) -> Recalled:
        result = memory.recall(question, _CASES, seed=seed, **how)
        known = memory.recall(question, len(windows), schedule="known", seed=seed, **how)
        measured = result.measured
        ended = "nothing" if measured is None else f"{windows.days[measured]:%Y-%m-%d}"
        return Recalled(asks, costs.Searches(matches, ended, result, known))

    pattern, key = Within(windows.query_bits, DISTANCE), windows.query_angles
    alike = angles.recall(key, len(windows), schedule="known").fidelities
    modes = {
        "hard": ask(
            bits,
            pattern,
            f"days up (+) as in {signs(pattern.bits)}, {DISTANCE} may differ",
            int(np.count_nonzero(pattern.matches(windows.bits))),
            mode="hard",
        ),
        "soft": ask(
            angles,
            key,
            f"daily changes as angles, weights F^{SOFT_COPIES}",
            None,
            copies=SOFT_COPIES,
        ),
        "threshold": ask(
            angles,
            key,
            f"fidelity F from {THRESHOLD}, by a step of F^{STEP_COPIES}",
            int(np.count_nonzero(alike >= THRESHOLD)),
            mode="threshold",
            threshold=THRESHOLD,
            copies=STEP_COPIES,
        ),
    }
    return Demonstration(str(prices.name), windows, modes)


def signs(bits: Any) -> str:
    """Days of a rise as +, others as -."""
    return "".join("+" if bit else "-" for bit in bits)
