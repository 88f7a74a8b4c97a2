"""Pictures of alarms and effects (extra ``plot``)."""

from typing import Any

from pandas import DataFrame

from qmann_core.plots import BLUE, GREY, RED, curve, panels


def alarms(title: str, trace: DataFrame, table: DataFrame) -> Any:
    """A signal with its alarms, and below it the errors in units of the limit."""
    figure, (above, below) = panels(title, ["signal", "error / limit"], columns=1, size=(9.0, 2.6))
    curve(above, trace["row"], trace["value"], lw=0.6)
    curve(below, trace["row"], trace["height"], lw=0.6, color=GREY)
    below.axhline(1, color=BLUE, lw=1, ls="--")
    below.set(yscale="log", ylim=(0.01, None), xlabel="sample")
    for axes in (above, below):
        for onset, end in zip(table["onset"], table["end"], strict=True):
            axes.axvspan(onset - 1, end + 1, color=RED, alpha=0.4)
    return figure
