"""The picture of a demonstration, by matplotlib (extra ``plot``)."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from qmann_core.memory import RecallResult

from .windows import HORIZON, Windows

_QUERY, _CASE, _SCAN = "#1d2b38", "#1f5a99", "#b5651d"


def picture(windows: Windows, shown: RecallResult, recalls: Mapping[str, RecallResult]) -> Figure:
    """The query, the windows that a recall gave back and what followed them; and the calls.

    Args:
        windows: of the demonstration.
        shown: the recall whose windows are drawn, darker the more they weigh.
        recalls: by mode, whose calls are drawn beside those of a scan.
    """
    figure = Figure(figsize=(11, 4.2), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=(3, 2))
    _draw_windows(left, windows, shown)
    _draw_calls(right, len(windows), recalls)
    return figure


def _draw_windows(axes: Any, windows: Windows, shown: RecallResult) -> None:
    days = np.arange(-len(windows.query), 1)
    after = np.array([0, 1, HORIZON])
    most = shown.weights.max(initial=0.0)
    for address, weight in zip(shown.addresses, shown.weights, strict=True):
        style = {"color": _CASE, "alpha": 0.3 + 0.6 * float(weight / most)}
        label = f"{windows.days[address]:%Y-%m-%d}, weight {100 * weight:.2g} %"
        axes.plot(days, _path(windows.changes[address]), label=label, **style)
        followed = np.concatenate([[0.0], windows.followed[address]])
        axes.plot(after, followed, linestyle="--", marker=".", **style)
    label = f"query: {windows.day:%Y-%m-%d}"
    axes.plot(days, _path(windows.query), color=_QUERY, linewidth=2.5, label=label)
    axes.axvline(0, color="#999999", linewidth=0.8)
    axes.set(
        title=f"{shown.mode.capitalize()} recall, and what followed (dashed)",
        xlabel="days from the last one of the window",
        ylabel="price against that day, %",
    )
    axes.legend(fontsize=8, frameon=False)


def _draw_calls(axes: Any, n_entries: int, recalls: Mapping[str, RecallResult]) -> None:
    places = np.arange(len(recalls))
    bars = (
        ("oracle calls", [each.oracle_calls for each in recalls.values()], _CASE),
        ("loader calls", [each.loader_calls for each in recalls.values()], "#8fb3d9"),
    )
    for number, (label, counts, colour) in enumerate(bars):
        axes.bar(places + 0.35 * number - 0.175, counts, 0.35, label=label, color=colour)
    label = f"keys that a scan compares: {n_entries:,}"
    axes.axhline(n_entries, color=_SCAN, linestyle="--", label=label)
    axes.set_yscale("log")
    axes.set_ylim(0.5, 4 * max(n_entries, *(each.loader_calls for each in recalls.values())))
    axes.set_xticks(places, list(recalls))
    axes.set(title="Calls of one search, counted; simulated", ylabel="calls")
    axes.legend(fontsize=8, frameon=False, loc="upper left")


def _path(changes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Prices before and on each day against the last one, in percent."""
    sums = np.concatenate([[0.0], np.cumsum(changes / 100)])
    return np.asarray(100 * np.expm1(sums - sums[-1]))
