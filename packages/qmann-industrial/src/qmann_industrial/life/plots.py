"""Pictures of remaining lives (extra ``plot``)."""

from typing import Any

from pandas import DataFrame

from qmann_core.plots import GREY, bars, fan, interval_columns, panels

_SHOWN, _RANKED = 8, 20


def curves_plot(title: str, curves: DataFrame, cap: float) -> Any:
    """Remaining life by age of the first machines, with its intervals; open ends are at the cap."""
    units = list(curves.groupby("unit", sort=False))[:_SHOWN]
    figure, axes = panels(title, [str(name) for name, _ in units], size=(3.6, 2.6))
    for each, (_, part) in zip(axes, units, strict=True):
        bands = {
            f"{low[3:]} % interval": (part[low], part[high].fillna(cap))
            for low, high in interval_columns(part)
        }
        fan(each, part["age"], bands, part["remaining"], "remaining life")
        each.axhline(cap, color=GREY, lw=0.8, ls="--", label="cap: that or more")
        each.set(xlabel="age", ylim=(0, 1.08 * cap))
    axes[0].legend(fontsize=7, frameon=False)
    return figure


def ranking_plot(title: str, table: DataFrame, horizon: float) -> Any:
    """Bars of the probabilities of the first machines, the largest above."""
    first = table.head(_RANKED)
    probability = first.iloc[:, 2].tolist()
    size = (6.4, 0.6 + 0.26 * len(first))
    figure, (axes,) = panels(title, [""], size=size)
    bars(axes, probability, longest=max(probability))
    axes.set_yticks(range(len(first)), first["unit"].tolist())
    axes.invert_yaxis()
    axes.set_xlabel(f"probability of a failure within {horizon:g}")
    return figure
