"""Pictures of reports (extra ``plot``)."""

from typing import Any

import numpy as np
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure
from pandas import DataFrame

_BLUE, _RED, _GREY, _ORANGE = "#1f5a99", "#b3382c", "#555555", "#d98a1f"
_COLUMNS = 4


def fan_chart(
    title: str, table: DataFrame, history: DataFrame, evidence: DataFrame | None
) -> Figure:
    """Latest prices, the forecast's mean and intervals, and what followed the remembered cases."""
    series = [(str(name), ahead) for name, ahead in table.groupby("unique_id", sort=False)]
    levels = [str(c)[3:] for c in table if str(c).startswith("lo-")]
    figure, panels = _grid(title, [name for name, _ in series])
    for panel, (name, ahead) in zip(panels, series, strict=True):
        past = history[name].dropna()
        last, dates = past.iloc[-1], [past.index[-1], *ahead["date"]]
        panel.plot(past.index, past, color=_GREY, lw=1, label="price")
        for number, level in enumerate(sorted(levels, key=float, reverse=True)):
            bounds = ([last, *ahead[f"{end}-{level}"]] for end in ("lo", "hi"))
            shade = 0.18 + 0.17 * number
            panel.fill_between(
                dates, *bounds, color=_BLUE, alpha=shade, lw=0, label=f"{level} % interval"
            )
        panel.plot(dates, [last, *ahead["mean"]], color=_BLUE, lw=1.5, label="forecast mean")
        if evidence is not None:
            _add_paths(panel, dates, last, evidence[evidence["unique_id"] == name])
    panels[0].legend(fontsize=8, frameon=False)
    return figure


def risk_chart(
    title: str, table: DataFrame, history: DataFrame, evidence: DataFrame | None
) -> Figure:
    """Latest returns, two sigma and the values at risk ahead, and returns of remembered cases."""
    rows = table.to_dict(orient="records")
    figure, panels = _grid(title, [str(row["unique_id"]) for row in rows])
    for panel, row in zip(panels, rows, strict=True):
        past = history[row["unique_id"]].dropna()
        panel.bar(past.index, past, color=_GREY, width=1.0, label="daily return, %")
        ahead = [row["from"], row["to"] + np.timedelta64(7, "D")]
        band = 2 * row["sigma %"]
        panel.fill_between(ahead, -band, band, color=_BLUE, alpha=0.35, lw=0, label="2 sigma ahead")
        for name in (key for key in row if str(key).startswith("VaR")):
            loss, label = row[name], str(name).removesuffix(" %")
            panel.plot(ahead, [-loss, -loss], color=_RED, lw=1.5)
            panel.annotate(label, (ahead[1], -loss), color=_RED, fontsize=8, va="center")
        if evidence is not None:
            cases = evidence[evidence["unique_id"] == row["unique_id"]]
            middle = [ahead[0] + (ahead[1] - ahead[0]) / 2] * len(cases)
            panel.scatter(
                middle, cases["return %"], s=14, color=_ORANGE, zorder=3, label="remembered cases"
            )
        panel.axhline(0, color=_GREY, lw=0.5)
        panel.margins(x=0.12)
    panels[0].legend(fontsize=8, frameon=False, loc="upper left")
    return figure


def _add_paths(panel: Any, dates: list[Any], last: float, cases: DataFrame) -> None:
    """What followed each case, from the last price on; the heavier, the darker."""
    columns = [str(c) for c in cases if str(c).startswith("+")]
    days = [0, *(int(c[1:].split()[0]) for c in columns)]
    heaviest = cases["weight %"].max()
    for number, (weight, *changes) in enumerate(cases[["weight %", *columns]].to_numpy()):
        path = [last * (1 + change / 100) for change in (0.0, *changes)]
        panel.plot(
            [dates[day] for day in days],
            path,
            color=_ORANGE,
            lw=0.9,
            alpha=0.35 + 0.65 * weight / heaviest,
            label=None if number else "after remembered cases",
        )


def _grid(title: str, names: list[str]) -> tuple[Figure, list[Any]]:
    """A figure with one panel for each series."""
    columns = min(len(names), _COLUMNS)
    rows = -(-len(names) // columns)
    figure = Figure(figsize=(max(8.0, 3.6 * columns), 1.0 + 3.2 * rows), layout="constrained")
    panels = figure.subplots(rows, columns, squeeze=False).ravel().tolist()
    for panel in panels[len(names) :]:
        panel.set_axis_off()
    for panel, name in zip(panels, names, strict=False):
        locator = AutoDateLocator(maxticks=6)  # type: ignore[no-untyped-call]
        panel.xaxis.set_major_locator(locator)
        formatter = ConciseDateFormatter(locator)  # type: ignore[no-untyped-call]
        panel.xaxis.set_major_formatter(formatter)
        panel.tick_params(labelsize=8)
        panel.spines[["top", "right"]].set_visible(False)
        panel.set_title(name, fontsize=10, parse_math=False)
    figure.suptitle(title, fontsize=11, parse_math=False)
    return figure, panels[: len(names)]
