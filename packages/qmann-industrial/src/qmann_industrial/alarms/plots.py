"""Pictures of alarms (extra ``plot``)."""

from typing import Any

from pandas import DataFrame

from qmann_core.plots import BLUE, GREY, RED, curve, panels

_RUNS = 6


def alarms_plot(title: str, trace: DataFrame) -> Any:
    """The height of the first runs along their rows, with alarms."""
    runs = list(dict.fromkeys(trace["run"]))[:_RUNS]
    figure, every = panels(title, [str(run) for run in runs], columns=1, size=(9.0, 1.7))
    for axes, run in zip(every, runs, strict=True):
        mine = trace[trace["run"] == run]
        curve(axes, mine["row"], mine["height"], lw=0.8, color=GREY)
        axes.fill_between(
            mine["row"], 0, 1, where=mine["alarm"], color=RED, alpha=0.25,
            transform=axes.get_xaxis_transform(), lw=0,
        )  # fmt: skip
        axes.axhline(1, color=BLUE, lw=1, ls="--")
        axes.set(yscale="log", ylabel="over limit")
    every[-1].set_xlabel("row")
    return figure
