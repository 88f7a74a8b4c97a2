"""Pictures of reports (extra ``plot``)."""

from typing import Any

from pandas import DataFrame

from qmann_core.plots import BLUE, GREY, ORANGE, RED, curve, panels, plain, reliability

from .calibration import binned

_MARKS: dict[str, Any] = {"fmt": "o", "ms": 4, "color": BLUE, "elinewidth": 1}


def calibration_plot(title: str, rows: DataFrame) -> Any:
    """How often came true what one model stated, in ten groups of test rows; see `Task.track`."""
    figure, (axes,) = panels(title, [""], size=(4.6, 4.4), narrowest=5.6)
    reliability(axes, *binned(rows["outcome"].to_numpy(float), rows["prediction"].to_numpy(float)))
    return figure


def diagnosis_plot(title: str, rows: DataFrame, decisions: DataFrame) -> Any:
    """Reliability on the test rows, and net benefit by threshold beside treat all and none."""
    figure, axes = panels(title, ["Reliability", "Net benefit"], size=(4.6, 4.2))
    reliability(
        axes[0], *binned(rows["outcome"].to_numpy(float), rows["prediction"].to_numpy(float))
    )
    model, *others = decisions.columns.drop("threshold")
    styles = ({"color": BLUE}, *({"color": c, "lw": 1, "ls": "--"} for c in (ORANGE, GREY)))
    for name, style in zip((model, *others), styles, strict=True):
        curve(axes[1], decisions["threshold"], decisions[name], label=name, **style)
    top = max(0.05, 1.1 * decisions[model].max())
    axes[1].set(xlabel="threshold", ylabel="net benefit", ylim=(-top / 4, top))
    axes[1].legend(fontsize=8, frameon=False)
    return figure


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
