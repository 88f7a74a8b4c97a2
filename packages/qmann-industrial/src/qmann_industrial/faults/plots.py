"""Pictures of faults (extra ``plot``)."""

from typing import Any

from pandas import DataFrame

from qmann_core.plots import panels
from qmann_core.tasks import confusion


def confusion_plot(title: str, rows: DataFrame) -> Any:
    """The same as shares of each fault's windows, a row each; see `Task.track`."""
    counts = confusion(rows, "fault")
    figure, (axes,) = panels(title, [""], size=(5.2, 4.8), narrowest=5.6)
    axes.imshow(counts.div(counts.sum(axis=1).clip(lower=1), axis=0), cmap="Blues", vmin=0, vmax=1)
    places = range(len(counts))
    axes.set_xticks(places, counts.columns, rotation=90, fontsize=7)
    axes.set_yticks(places, counts.index, fontsize=7)
    axes.set(xlabel="most probable", ylabel="fault")
    return figure
