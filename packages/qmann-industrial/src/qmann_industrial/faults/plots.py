"""Pictures of faults (extra ``plot``)."""

from typing import Any

import numpy as np
from pandas import DataFrame, Index

from qmann_core.plots import panels


def confusion(rows: DataFrame) -> DataFrame:
    """How often which fault was the most probable one, from one model's `Fitted.backtest`."""
    words = rows["target"].unique()
    columns = (rows[name].to_numpy(float) for name in ("outcome", "prediction"))
    truth, found = (each.reshape(-1, len(words)).argmax(axis=1) for each in columns)
    counts = np.zeros((len(words), len(words)), dtype=int)
    np.add.at(counts, (truth, found), 1)
    return DataFrame(counts, index=Index(words, name="fault"), columns=list(words))


def confusion_plot(title: str, rows: DataFrame) -> Any:
    """The same as shares of each fault's windows, a row each; see `Task.track`."""
    counts = confusion(rows)
    figure, (axes,) = panels(title, [""], size=(5.2, 4.8), narrowest=5.6)
    axes.imshow(counts.div(counts.sum(axis=1).clip(lower=1), axis=0), cmap="Blues", vmin=0, vmax=1)
    places = range(len(counts))
    axes.set_xticks(places, counts.columns, rotation=90, fontsize=7)
    axes.set_yticks(places, counts.index, fontsize=7)
    axes.set(xlabel="most probable", ylabel="fault")
    return figure
