"""Pictures of survival curves (extra ``plot``)."""

from typing import Any

from pandas import DataFrame

from qmann_core.plots import BLUE, GREY, PALE, curve, panels
from qmann_core.survival import Curve

_SHOWN = 6


def curves_plot(title: str, curves: DataFrame, every: Curve, horizon: float) -> Any:
    """The first patients' curves, with what held-out patients of like risk lived through."""
    asked = list(curves.groupby("row", sort=False))[:_SHOWN]
    names = [f"row {row}" for row, _ in asked]
    figure, axes = panels(title, names, size=(3.6, 2.8), narrowest=6.8)
    for panel, (_, part) in zip(axes, asked, strict=True):
        low, high = part.columns[-2:]
        label = f"{low[3:]} % of like risk"
        panel.fill_between(part["time"], part[low], part[high], color=PALE, lw=0, label=label)
        style = {"lw": 1, "ls": "--", "color": GREY, "label": "all (Kaplan-Meier)"}
        curve(panel, every.time, every.share, **style)
        curve(panel, part["time"], part["survival"], color=BLUE, label="this patient")
        panel.axvline(horizon, color=GREY, lw=0.6)
        panel.set(ylim=(0, 1), xlabel="time", ylabel="without event")
    axes[0].legend(fontsize=7, frameon=False)
    return figure
