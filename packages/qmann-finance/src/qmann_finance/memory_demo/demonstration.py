"""One series recalled in three modes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from pandas import DataFrame

from qmann_core.data import whole
from qmann_core.errors import DataError
from qmann_core.memory import GateCounts, QMatrix, RecallResult, Within, claims
from qmann_core.tasks import Result

from ..config import FinanceConfig
from ..data import Prices
from .windows import HORIZON, Windows, bits, cut, signs

DISTANCE = 1
"""Days that may have gone the other way, in a hard recall."""
THRESHOLD = 0.5
"""Of the fidelity."""
SOFT_COPIES, STEP_COPIES = 4, 8
"""Of each key in a soft and in a threshold recall: F to this power is far enough apart."""
_CASES = 5
_TOLD = ", told"
"""Of a search that is told how much answers the question."""
_NO_FORECAST = "What followed windows that are alike is no forecast; nothing was tested here."


@dataclass(frozen=True, kw_only=True, eq=False)
class Demonstration(Result):
    """Windows like one of a series; see `recall_windows`."""

    windows: Windows
    results: Mapping[str, RecallResult]
    """By mode, of a search that is told nothing."""

    @property
    def titled(self) -> tuple[tuple[str, DataFrame], ...]:
        """The query, the windows of each mode, and a ledger for each kind of search, as text."""
        assert self.figures is not None
        told = ["", *(name for name in self.figures if str(name).endswith(_TOLD))]
        text = self.figures.map(_text)
        query = DataFrame([self._query | {"stored windows": f"{len(self.windows):,}"}])
        return (
            (self.title, query.drop(columns="changes %")),
            *(
                (f"{str(mode).capitalize()} recall", found.drop(columns="recall"))
                for mode, found in self.table.groupby("recall")
            ),
            ("Ledger of one search, simulated", text.drop(columns=told[1:])),
            (
                "If it is told how many match",
                text[told].rename(columns=lambda name: name.removesuffix(_TOLD)),
            ),
        )

    def to_dict(self) -> dict[str, Any]:
        """Everything, ready for JSON."""
        return super().to_dict() | {"query": self._query}

    def plot(self) -> Any:
        """What like windows looked like and what followed, and the calls; a matplotlib figure."""
        from .picture import picture

        return picture(self.windows, self.results["soft"], self.results)

    @property
    def _query(self) -> dict[str, Any]:
        changes = self.windows.query
        last = f"{self.windows.day:%Y-%m-%d}"
        return {"last day": last, "days": signs(changes), "changes %": changes.tolist()}


def recall_windows(
    prices: Prices,
    application: FinanceConfig,  # noqa: ARG001 - what every lookup is given
    *,
    window: int | str = 8,
    query: str | None = None,
    seed: int | str = 0,
) -> Demonstration:
    """Store the windows of a series and recall those like one of them, in three modes.

    Hard recall asks for the same days of rise and fall in bits (basis encoding), soft and
    threshold recall for changes alike in size, as angles: amplitudes would not tell a rise from a
    fall, because a state and its negative are the same.

    Args:
        prices: of one series.
        application: not used.
        window: days of a key, 2 to 20.
        query: last day of the window that is asked about, or its row from 1; None for the newest.
        seed: of what is measured, 0 or more.

    Raises:
        ConfigError: a window or a seed out of range, a query that is neither date nor row.
        DataError: several series, too few rows, or a query that is not among them.
    """
    drawn = whole("seed", seed, least=0)
    if len(prices.names) > 1:
        raise DataError(
            f"{prices.source}: {len(prices.names)} series, and windows are recalled of one: name "
            f"it by --tickers {prices.names[0]}"
        )
    [name] = prices.names
    windows = cut(prices.frames[name]["close"], name, whole("window", window), query)
    seconds = windows.days.to_numpy().astype("datetime64[s]").astype(np.float64)
    by_bits, by_angles = (
        QMatrix(len(windows), len(windows.query), encoding=encoding, value_width=2)
        for encoding in ("basis", "angle")
    )
    by_bits.write(bits(windows.changes), windows.followed, timestamp=seconds)
    by_angles.write(windows.angles(windows.changes), windows.followed, timestamp=seconds)
    key = windows.angles(windows.query)
    pattern = Within(tuple(bits(windows.query).tolist()), DISTANCE)
    above = {"mode": "threshold", "threshold": THRESHOLD, "copies": STEP_COPIES}
    asked: dict[str, tuple[QMatrix, Any, dict[str, Any]]] = {
        "hard": (by_bits, pattern, {"mode": "hard"}),
        "soft": (by_angles, key, {"copies": SOFT_COPIES}),
        "threshold": (by_angles, key, above),
    }
    alike = by_angles.recall(key, len(windows), schedule="known").fidelities
    matches: dict[str, int | str] = {
        "hard": int(pattern.matches(bits(windows.changes)).sum()),
        "soft": "by weight",
        "threshold": int((alike >= THRESHOLD).sum()),
    }
    results, ledgers = {}, {}
    for mode, (memory, question, how) in asked.items():
        results[mode] = memory.recall(question, _CASES, seed=drawn, **how)
        told = memory.recall(question, len(windows), schedule="known", seed=drawn, **how)
        share = 100 * float(told.weights.sum())
        for column, result in ((mode, results[mode]), (mode + _TOLD, told)):
            found = {"that match": matches[mode], "  their share of the weights, %": share}
            ledgers[column] = found | _ledger(result, windows)
    said = claims(len(windows))
    return Demonstration(
        title=f"Windows of {name} like this one",
        table=pd.concat([_cases(mode, results[mode], windows) for mode in asked]),
        figures=DataFrame(ledgers).rename_axis("").reset_index(),
        notes=(
            f"hard: days up (+) as in {signs(windows.query)}, {DISTANCE} may differ",
            f"soft: daily changes as angles, weights F^{SOFT_COPIES}",
            f"threshold: fidelity F from {THRESHOLD}, by a step of F^{STEP_COPIES}",
            *_not_found(results),
            *(f"may be said: {text}" for text in said.may),
            *(f"must be said: {text}" for text in (*said.must, _NO_FORECAST)),
            *prices.notes,
        ),
        windows=windows,
        results=results,
    )


def _cases(mode: str, result: RecallResult, windows: Windows) -> DataFrame:
    """The windows that a recall is about, the best first, and what followed them."""
    frame = result.to_frame()
    return DataFrame(
        {
            "recall": mode,
            "last day": frame["timestamp"],
            "days": [signs(changes) for changes in windows.changes[frame["address"]]],
            "weight %": 100 * frame["weight"],
            "fidelity": frame["fidelity"],
            "next day %": frame["value_0"],
            f"{HORIZON} days %": frame["value_1"],
        }
    )


def _ledger(result: RecallResult, windows: Windows) -> dict[str, Any]:
    """What a search found and cost."""
    ledger, measured = result.ledger, result.measured
    call = ledger.break_even_query_seconds
    return {
        "found": result.found,
        "ended in": None if measured is None else f"{windows.days[measured]:%Y-%m-%d}",
        "keys that a scan compares": ledger.entries,
        "oracle calls": ledger.oracle_calls,
        "loader calls": ledger.loader_calls,
        "measurements": ledger.shots,
        "probability of a good state": result.success_probability,
        "it is missed with at most": result.miss_bound,
        "qubits": ledger.qubits,
        **_gates("gates, no QRAM", ledger.gates),
        **_gates("gates, with QRAM", ledger.gates_with_qram),
        "simulated in, ms": 1e3 * ledger.seconds,
        "  of which a scan needs, ms": 1e3 * ledger.scan_seconds,
        "break-even: a QRAM call below, us": None if call is None else 1e6 * call,
    }


def _gates(name: str, counts: GateCounts | None) -> Mapping[str, int | None]:
    if counts is None:
        return {name: None}
    parts = {"on one wire": counts.one_wire, "on two": counts.two_wire, "Toffoli": counts.toffoli}
    return {name: counts.total, **{f"  {part}, {name[7:]}": n for part, n in parts.items()}}


def _not_found(results: Mapping[str, RecallResult]) -> list[str]:
    return [
        f"{mode}: nothing found; where there is something, this happens at most with "
        f"{result.miss_bound:.2g}"
        for mode, result in results.items()
        if not result.found
    ]


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    return "none" if value is None else f"{value:.6g}" if isinstance(value, float) else str(value)
