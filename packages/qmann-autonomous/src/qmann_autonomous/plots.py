"""Pictures of paths (extra ``plot``)."""

from typing import Any

import numpy as np
from pandas import DataFrame

from qmann_core.plots import GREY, panels

_SHOWN = 12


def map_of(title: str, table: DataFrame) -> Any:
    """The paths of the first agents, with the ellipse of the last step at the highest level."""
    from matplotlib.patches import Ellipse

    agents = table["agent"].unique()[:_SHOWN]
    figure, (axes,) = panels(title, [""], size=(6.4, 5.2))
    long, wide = [name for name in table.columns if name.startswith(("long-", "wide-"))][-2:]
    for name in agents:
        rows = table[table["agent"] == name]
        (line,) = axes.plot(rows["x m"] / 1e3, rows["y m"] / 1e3, marker=".", ms=3, lw=1)
        last = rows.iloc[-1]
        if np.isfinite(last[long]):
            size = (2e-3 * last[long], 2e-3 * last[wide])
            middle = (last["x m"] / 1e3, last["y m"] / 1e3)
            axes.add_patch(
                Ellipse(
                    middle, *size, angle=90 - last["bearing"], color=line.get_color(), alpha=0.2
                )
            )
        axes.annotate(str(name), (rows["x m"].iloc[0] / 1e3, rows["y m"].iloc[0] / 1e3), fontsize=6)
    axes.set(xlabel="x in km", ylabel="y in km", aspect="equal")
    axes.set_title(f"{long.partition('-')[2].removesuffix(' m')} % regions", fontsize=8, color=GREY)
    return figure
