"""The ledgers of several recalls side by side."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from ..hardware import GateCounts
from ..recall.result import RecallResult


@dataclass(frozen=True, eq=False)
class Searches:
    """What was asked in one mode, by two schedules."""

    matches: int | None
    """Entries that a scan finds; None where every entry counts by its weight."""
    ended_in: str
    """What the first one measured, by name."""
    result: RecallResult
    """By a schedule for an unknown number of matches."""
    known: RecallResult
    """By one that is told how much answers the question; all that does."""


def table(modes: Mapping[str, Searches]) -> pd.DataFrame:
    """A row for each cost and a column for each mode, as text."""
    columns = {mode: _column(each) for mode, each in modes.items()}
    labels = list(next(iter(columns.values())))
    return pd.DataFrame({"": labels} | {mode: list(c.values()) for mode, c in columns.items()})


def as_dict(result: RecallResult) -> dict[str, Any]:
    """The ledger of a recall, ready for JSON."""
    ledger = result.ledger
    return {
        "schedule": result.schedule,
        "success probability": result.success_probability,
        "oracle calls": ledger.oracle_calls,
        "loader calls": ledger.loader_calls,
        "measurements": ledger.shots,
        "keys compared by a scan": ledger.entries,
        "qubits": ledger.qubits,
        "gates": _gates(ledger.gates),
        "gates with QRAM": _gates(ledger.gates_with_qram),
        "seconds": ledger.seconds,
        "scan seconds": ledger.scan_seconds,
        "break-even query seconds": ledger.break_even_query_seconds,
    }


def _column(each: Searches) -> dict[str, str]:
    known, ledger = each.known, each.result.ledger
    even = ledger.break_even_query_seconds
    return {
        "keys that a scan compares": f"{ledger.entries:,}",
        "that match": "by weight" if each.matches is None else f"{each.matches:,}",
        "  their share of the weights, %": f"{100 * known.weights.sum():.1f}" * known.found,
        "oracle calls": f"{ledger.oracle_calls:,}",
        "loader calls": f"{ledger.loader_calls:,}",
        "measurements": f"{ledger.shots:,}",
        "probability of a good state": f"{each.result.success_probability:.6f}",
        "ended in": each.ended_in,
        "if matches are known: oracle calls": f"{known.oracle_calls:,}",
        "  loader calls": f"{known.loader_calls:,}",
        "  a good state in each attempt": f"{known.success_probability:.6f}",
        "qubits": _number(ledger.qubits),
        "gates, no QRAM": _number(_total(ledger.gates)),
        "gates, with QRAM": _number(_total(ledger.gates_with_qram)),
        "simulated in, ms": f"{1e3 * ledger.seconds:.3f}",
        "  of which a scan needs, ms": f"{1e3 * ledger.scan_seconds:.3f}",
        "break-even: a QRAM call below, us": "none made" if even is None else f"{1e6 * even:.3f}",
    }


def _total(counts: GateCounts | None) -> int | None:
    return None if counts is None else counts.total


def _number(value: int | None) -> str:
    return "no circuit" if value is None else f"{value:,}"


def _gates(counts: GateCounts | None) -> dict[str, int] | None:
    if counts is None:
        return None
    return {
        "total": counts.total,
        "one wire": counts.one_wire,
        "two wires": counts.two_wire,
        "Toffoli": counts.toffoli,
    }
