"""Pictures of paths (extra ``plot``)."""

from typing import Any

import numpy as np
from pandas import DataFrame

from qmann_core.plots import GREY, panels

_SHOWN, _FAR = 12, 3000  # agents, m


def map_of(title: str, table: DataFrame) -> Any:
    """The paths of the first agents, with the ellipse of the last step at the highest level."""
    from matplotlib.patches import Ellipse

    agents = table["agent"].unique()[:_SHOWN]
    table = table[table["agent"].isin(agents)]
    figure, (axes,) = panels(title, [""], size=(6.4, 5.2))
    long, wide = [name for name in table.columns if name.startswith(("long-", "wide-"))][-2:]
    far = table[["x m", "y m"]].agg(np.ptp).max() > _FAR
    unit, scale = ("km", 1e-3) if far else ("m", 1.0)
    for name, rows in table.groupby("agent", sort=False):
        x, y = scale * rows["x m"], scale * rows["y m"]
        (line,) = axes.plot(x, y, marker=".", ms=3, lw=1)
        last = rows.iloc[-1]
        if np.isfinite(last[long]):
            size = (2 * scale * last[long], 2 * scale * last[wide])
            middle, angle = (x.iloc[-1], y.iloc[-1]), 90 - last["bearing"]
            shape = Ellipse(middle, *size, angle=angle, color=line.get_color(), alpha=0.2)
            axes.add_patch(shape)
        axes.annotate(str(name), (x.iloc[0], y.iloc[0]), fontsize=6)
    axes.set(xlabel=f"x in {unit}", ylabel=f"y in {unit}", aspect="equal")
    axes.set_title(f"{long.partition('-')[2].removesuffix(' m')} % regions", fontsize=8, color=GREY)
    return figure
