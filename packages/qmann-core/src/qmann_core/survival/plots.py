"""Pictures of stated and observed risks (extra ``plot``)."""

from typing import Any

from pandas import DataFrame

from ..plots import panels, reliability
from .calibration import by_groups


def risk_plot(title: str, rows: DataFrame) -> Any:
    """Risk at the horizon as stated and observed (Kaplan-Meier) in groups; see `Task.track`."""
    time, event, risk = (rows[n].to_numpy(float) for n in ("outcome", "event", "prediction"))
    groups = by_groups(time, event, risk, float(rows["horizon"].iloc[0]))
    figure, (axes,) = panels(title, [""], size=(4.6, 4.4), narrowest=5.6)
    reliability(axes, *groups.T)
    return figure
