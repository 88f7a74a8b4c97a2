"""Pictures of reports (extra ``plot``)."""

from typing import Any

import numpy as np
from pandas import DataFrame

from qmann_core.plots import BLUE, GREY, ORANGE, PALE, RED, curve, dates, fan, panels


def fan_chart(title: str, table: DataFrame, history: DataFrame, evidence: DataFrame | None) -> Any:
    """Latest prices, the forecast's mean and intervals, and what followed the remembered cases."""
    series = [(str(name), ahead) for name, ahead in table.groupby("unique_id", sort=False)]
    levels = sorted((str(c)[3:] for c in table if str(c).startswith("lo-")), key=float)
    figure, axes = panels(title, [name for name, _ in series])
    for panel, (name, ahead) in zip(axes, series, strict=True):
        past = history[name].dropna()
        last, days = past.iloc[-1], [past.index[-1], *ahead["date"]]
        dates(panel)
        curve(panel, past.index, past, color=GREY, lw=1, label="price")
        bands = {
            f"{level} % interval": ([last, *ahead[f"lo-{level}"]], [last, *ahead[f"hi-{level}"]])
            for level in reversed(levels)
        }
        fan(panel, days, bands, [last, *ahead["mean"]], "forecast mean")
        if evidence is not None:
            _add_paths(panel, days, last, evidence[evidence["unique_id"] == name])
    axes[0].legend(fontsize=8, frameon=False)
    return figure


def risk_chart(title: str, table: DataFrame, history: DataFrame, evidence: DataFrame | None) -> Any:
    """Latest returns, two sigma and the values at risk ahead, and returns of remembered cases."""
    rows = table.to_dict(orient="records")
    figure, axes = panels(title, [str(row["unique_id"]) for row in rows])
    for panel, row in zip(axes, rows, strict=True):
        past = history[row["unique_id"]].dropna()
        dates(panel)
        panel.bar(past.index, past, color=GREY, width=1.0, label="daily return, %")
        ahead = [row["from"], row["to"] + np.timedelta64(7, "D")]
        band = 2 * row["sigma %"]
        panel.fill_between(ahead, -band, band, color=BLUE, alpha=0.35, lw=0, label="2 sigma ahead")
        for name in (key for key in row if str(key).startswith("VaR")):
            loss, label = row[name], str(name).removesuffix(" %")
            curve(panel, ahead, [-loss, -loss], color=RED)
            panel.annotate(label, (ahead[1], -loss), color=RED, fontsize=8, va="center")
        if evidence is not None:
            cases = evidence[evidence["unique_id"] == row["unique_id"]]
            middle = [ahead[0] + (ahead[1] - ahead[0]) / 2] * len(cases)
            panel.scatter(
                middle, cases["return %"], s=14, color=ORANGE, zorder=3, label="remembered cases"
            )
        panel.axhline(0, color=GREY, lw=0.5)
        panel.margins(x=0.12)
    axes[0].legend(fontsize=8, frameon=False, loc="upper left")
    return figure


def risk_track(title: str, rows: DataFrame) -> Any:
    """Each day's loss, the values at risk that were told before, and the days that passed them."""
    groups = [(str(name), part) for name, part in rows.groupby("unique_id", sort=False)]
    figure, axes = panels(title, [name for name, _ in groups], columns=2, size=(6.4, 3.2))
    for panel, (_, part) in zip(axes, groups, strict=True):
        dates(panel)
        panel.bar(part["date"], -part["outcome"], color=PALE, width=1.0, label="return, %")
        levels = [str(c).removeprefix("hit ") for c in part if str(c).startswith("hit ")]
        for level, colour in zip(levels, (ORANGE, RED) * len(levels), strict=False):
            limit, hits = part[f"VaR {level} %"], part[part[f"hit {level}"]]
            curve(panel, part["date"], -limit, color=colour, lw=1, label=f"VaR {level}")
            label = f"passed: {len(hits)} of {len(part)} ({len(hits) / len(part):.1%})"
            style = {"s": 14, "color": colour, "zorder": 3}
            panel.scatter(hits["date"], -hits["outcome"], label=label, **style)
        panel.axhline(0, color=GREY, lw=0.5)
        panel.legend(fontsize=7, frameon=False)
    return figure


def _add_paths(panel: Any, days: list[Any], last: float, cases: DataFrame) -> None:
    """What followed each case, from the last price on; the heavier, the darker."""
    columns = [str(c) for c in cases if str(c).startswith("+")]
    steps = [0, *(int(c[1:].split()[0]) for c in columns)]
    heaviest = cases["weight %"].max()
    for number, (weight, *changes) in enumerate(cases[["weight %", *columns]].to_numpy()):
        path = [last * (1 + change / 100) for change in (0.0, *changes)]
        label = None if number else "after remembered cases"
        alpha = 0.35 + 0.65 * weight / heaviest
        places = [days[step] for step in steps]
        curve(panel, places, path, color=ORANGE, lw=0.9, alpha=alpha, label=label)
