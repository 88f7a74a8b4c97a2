"""Pictures of reports (extra ``plot``)."""

from typing import Any

from pandas import DataFrame

from qmann_core.plots import bars, interval_columns, panels

_SHOWN = 20


def answers(title: str, table: DataFrame) -> Any:
    """The first materials with their values and intervals, or chances of their classes."""
    shown = table[table["error"].eq("")].head(_SHOWN)
    names = shown["material"].tolist()
    figure, (axes,) = panels(title, [""], size=(6.4, 0.8 + 0.3 * len(shown)))
    places = range(len(shown))
    if "value" in shown:
        for low, high in interval_columns(shown):
            label = f"{low.removeprefix('lo-')} % interval"
            axes.hlines(places, shown[low], shown[high], lw=5, alpha=0.35, label=label)
        axes.plot(shown["value"], places, "o", color="black", label="value")
        axes.set_xlabel(str(shown["unit"].iloc[0]) or "value")
        axes.legend(fontsize=7, frameon=False)
    else:
        bars(axes, shown["probability"].tolist(), longest=1.0)
        names = [f"{name}: {word}" for name, word in zip(names, shown["class"], strict=True)]
        axes.set_xlabel("probability of that class")
    axes.set_yticks(places, names)
    axes.invert_yaxis()
    return figure
