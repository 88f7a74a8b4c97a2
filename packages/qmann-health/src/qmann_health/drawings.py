"""Pictures of alarms and effects (extra ``plot``)."""

from typing import Any

from pandas import DataFrame

from qmann_core.plots import BLUE, GREY, RED, curve, panels, plain

_MARKS: dict[str, Any] = {"fmt": "o", "ms": 4, "color": BLUE, "elinewidth": 1}


def alarms(title: str, trace: DataFrame, table: DataFrame) -> Any:
    """A signal with its alarms, and below it the errors in units of the limit."""
    figure, (above, below) = panels(title, ["signal", "error / limit"], columns=1, size=(9.0, 2.6))
    curve(above, trace["row"], trace["value"], lw=0.6)
    curve(below, trace["row"], trace["height"], lw=0.6, color=GREY)
    below.axhline(1, color=BLUE, lw=1, ls="--")
    below.set(yscale="log", ylim=(0.01, None), xlabel="row")
    for axes in (above, below):
        for onset, end in zip(table["onset"], table["end"], strict=True):
            axes.axvspan(onset - 1, end + 1, color=RED, alpha=0.4)
    return figure


def forest(title: str, table: DataFrame) -> Any:
    """Effects with their intervals, a row each, beside no effect."""
    from matplotlib.figure import Figure

    low, high = (next(c for c in table if str(c).startswith(end)) for end in ("lo-", "hi-"))
    ratio = "hazard ratio" in table
    effect = table["hazard ratio" if ratio else "difference"]
    figure = Figure(figsize=(8.0, 1.2 + 0.24 * len(table)), layout="constrained")
    axes, place = figure.subplots(), range(len(table))
    figure.suptitle(title, fontsize=11, parse_math=False)
    axes.errorbar(effect, place, xerr=[effect - table[low], table[high] - effect], **_MARKS)
    axes.axvline(float(ratio), color=GREY, lw=1, ls="--")
    names = [
        f"{row['subgroup']}{', adjusted' * (row['adjusted'] == 'yes')}: {row['arm']}"
        for _, row in table.iterrows()
    ]
    axes.set_yticks(place, names, fontsize=8, parse_math=False)
    axes.set(xscale="log" if ratio else "linear", xlabel=effect.name)
    axes.invert_yaxis()
    plain(axes)
    return figure
