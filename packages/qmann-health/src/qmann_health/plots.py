"""Pictures of reports (extra ``plot``)."""

from typing import Any

from pandas import DataFrame

from qmann_core.plots import GREY, ORANGE, curve, panels, reliability

from .calibration import binned


def calibration_plot(title: str, rows: DataFrame) -> Any:
    """How often came true what one model stated, in ten groups of test rows; see `Task.track`."""
    figure, (axes,) = panels(title, [""], size=(4.6, 4.4), narrowest=5.6)
    reliability(axes, *_stated(rows))
    return figure


def diagnosis_plot(title: str, rows: DataFrame, decisions: DataFrame) -> Any:
    """Reliability on the test rows, and net benefit by threshold beside treat all and none."""
    figure, axes = panels(title, ["Reliability", "Net benefit"], size=(4.6, 4.2))
    reliability(axes[0], *_stated(rows))
    model, *others = decisions.columns.drop("threshold")
    curve(axes[1], decisions["threshold"], decisions[model], label=model)
    for name, color in zip(others, (ORANGE, GREY), strict=True):
        curve(axes[1], decisions["threshold"], decisions[name], label=name, color=color, lw=1)
    top = max(0.05, 1.1 * decisions[model].max())
    axes[1].set(xlabel="threshold", ylabel="net benefit", ylim=(-top / 4, top))
    axes[1].legend(fontsize=8, frameon=False)
    return figure


def _stated(rows: DataFrame) -> tuple[list[float], list[float]]:
    return binned(rows["outcome"].to_numpy(float), rows["prediction"].to_numpy(float))
