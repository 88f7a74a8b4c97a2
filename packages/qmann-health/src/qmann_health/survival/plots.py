"""Pictures of survival curves (extra ``plot``)."""

from typing import Any

from pandas import DataFrame

from qmann_core.plots import BLUE, GREY, PALE, curve, panels, reliability
from qmann_core.survival import Curve, by_groups

_SHOWN = 6


def risk_plot(title: str, rows: DataFrame) -> Any:
    """Risk at the horizon as stated and observed (Kaplan-Meier) in groups; see `Task.track`."""
    time, event, risk = (rows[n].to_numpy(float) for n in ("outcome", "event", "prediction"))
    groups = by_groups(time, event, risk, float(rows["horizon"].iloc[0]))
    figure, (axes,) = panels(title, [""], size=(4.6, 4.4), narrowest=5.6)
    reliability(axes, *groups.T)
    return figure


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
