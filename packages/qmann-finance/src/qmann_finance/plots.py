"""Pictures of reports (extra ``plot``)."""

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

if TYPE_CHECKING:
    from .reports import Forecast, VolatilityForecast

_BLUE, _RED, _GREY = "#1f5a99", "#b3382c", "#555555"
_COLUMNS = 4


def fan_chart(report: "Forecast") -> Figure:
    """Latest prices, and the forecast's mean and intervals."""
    groups = [(str(name), table) for name, table in report.table.groupby("unique_id", sort=False)]
    figure, panels = _grid(len(groups))
    for panel, (name, table) in zip(panels, groups, strict=False):
        past = report.history[name].dropna()
        now = [past.index[-1], *table["date"]]
        last = past.iloc[-1]
        panel.plot(past.index, past, color=_GREY, lw=1, label="price")
        levels = sorted((c[3:] for c in map(str, table) if c[:3] == "lo-"), key=float, reverse=True)
        for number, level in enumerate(levels):
            lower, upper = ([last, *table[f"{end}-{level}"]] for end in ("lo", "hi"))
            shade = 0.18 + 0.17 * number
            panel.fill_between(
                now, lower, upper, color=_BLUE, alpha=shade, lw=0, label=f"{level} %"
            )
        panel.plot(now, [last, *table["mean"]], color=_BLUE, lw=1.5, label="mean")
        panel.set_title(name, fontsize=10)
    panels[0].legend(fontsize=8, frameon=False, loc="upper left")
    figure.suptitle(f"{report.title} ({report.model}, simulated circuits)", fontsize=11)
    return figure


def risk_chart(report: "VolatilityForecast") -> Figure:
    """Latest returns, two sigma around zero, and the values at risk ahead."""
    figure, panels = _grid(len(report.table))
    for panel, (_, row) in zip(panels, report.table.iterrows(), strict=False):
        past = report.history[row["unique_id"]].dropna()
        panel.bar(past.index, past, color=_GREY, width=1.0, label="daily return, %")
        ahead = np.array([row["from"], row["to"] + np.timedelta64(5, "D")])
        bound = 2 * row["sigma %"]
        panel.fill_between(ahead, -bound, bound, color=_BLUE, alpha=0.35, lw=0, label="two sigma")
        for name in (c for c in map(str, report.table) if c.startswith("VaR")):
            panel.hlines(-row[name], *ahead, color=_RED, lw=1.5)
            panel.annotate(name.removesuffix(" %"), (ahead[0], -row[name]), fontsize=7, color=_RED)
        panel.set_title(row["unique_id"], fontsize=10)
    panels[0].legend(fontsize=8, frameon=False, loc="upper left")
    figure.suptitle(f"{report.title} ({report.model}, simulated circuits)", fontsize=11)
    return figure


def _grid(n: int) -> tuple[Figure, list]:  # type: ignore[type-arg]
    columns = min(n, _COLUMNS)
    rows = -(-n // columns)
    figure = Figure(figsize=(max(8.0, 4.0 * columns), 1.2 + 3.2 * rows), layout="constrained")
    panels = figure.subplots(rows, columns, squeeze=False).ravel().tolist()
    for panel in panels[n:]:
        panel.set_axis_off()
    for panel in panels:
        panel.tick_params(labelsize=8)
        panel.tick_params(axis="x", rotation=30)
    return figure, panels
