"""Pictures (extra ``plot``): figures made of panels, and the marks that many of them share.

matplotlib is imported where a figure is made, so that nothing else waits for it; axes are its Axes.
"""

from collections.abc import Mapping, Sequence
from typing import Any

BLUE, RED, ORANGE, GREY, PALE = "#1f5a99", "#b3382c", "#d98a1f", "#555555", "#9db9d6"
SERIES = BLUE, RED, ORANGE, "#3c7d4a", "#7a4f9a", GREY
"""Of values that are told apart by their colour; no more than these are."""


def panels(
    title: str,
    names: Sequence[str],
    *,
    columns: int = 4,
    size: tuple[float, float] = (3.6, 3.2),
    narrowest: float = 8.0,
) -> tuple[Any, list[Any]]:
    """A figure and its axes, one below each name.

    Args:
        title: above all of them; neither it nor the names are read as formulas.
        names: at least one panel is there, which is empty where there are none.
        columns: panels side by side, at most.
        size: of a panel in inches.
        narrowest: width of the figure in inches, at least.
    """
    from matplotlib.figure import Figure

    across = max(1, min(len(names), columns))
    down = max(1, -(-len(names) // across))
    width, height = size
    figure = Figure(
        figsize=(max(narrowest, width * across), 1.0 + height * down), layout="constrained"
    )
    axes = figure.subplots(down, across, squeeze=False).ravel().tolist()
    for empty in axes[len(names) :]:
        empty.set_axis_off()
    for each, name in zip(axes, names, strict=False):
        plain(each)
        each.tick_params(labelsize=8)
        each.set_title(name, fontsize=10, parse_math=False)
    figure.suptitle(title, fontsize=11, parse_math=False)
    return figure, axes[: len(names)]


def plain(axes: Any) -> None:
    """Only the two axes that have numbers."""
    axes.spines[["top", "right"]].set_visible(False)


def dates(axes: Any) -> None:
    """Few and short dates below."""
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    locator = AutoDateLocator(maxticks=6)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]


def curve(axes: Any, x: Any, y: Any, **style: Any) -> None:
    """A line of values over x; ``drawstyle="steps-post"`` for what changes at events."""
    axes.plot(x, y, **{"color": BLUE, "lw": 1.5, **style})


def points(axes: Any, x: Any, y: Any, within: Any, **style: Any) -> None:
    """Values over x, with bars that go as far as ``within`` to both sides, if there are any."""
    bars = list(within) if any(within) else None
    axes.errorbar(x, y, bars, **{"fmt": "o", "ms": 4, "capsize": 3, "elinewidth": 1.0, **style})


def fan(axes: Any, x: Any, bands: Mapping[str, tuple[Any, Any]], middle: Any, label: str) -> None:
    """Intervals around a line.

    Args:
        axes: to draw on.
        x: of all ends and of the line.
        bands: lower and upper ends by name, the widest first; the narrower, the darker.
        middle: the line.
        label: name of the line.
    """
    for number, (name, (low, high)) in enumerate(bands.items()):
        shade = 0.18 + 0.17 * number
        axes.fill_between(x, low, high, color=BLUE, alpha=shade, lw=0, label=name)
    curve(axes, x, middle, label=label)


def bars(axes: Any, values: Sequence[float], *, longest: float) -> None:
    """Bars from the left at the rows 0, 1, 2, ..., each with its number behind it."""
    drawn = axes.barh(range(len(values)), values, 0.5, color=PALE)
    ground = {"facecolor": "white", "edgecolor": "none", "pad": 0.5}
    texts = [f"{value:.2g}" for value in values]
    axes.bar_label(drawn, texts, fontsize=8, padding=3, bbox=ground, zorder=3)
    axes.set_xlim(0, 1.25 * longest)
    plain(axes)


def predicted_against_measured(title: str, rows: Any) -> Any:
    """Predictions over what was measured, with their widest interval; a panel for each target.

    Args:
        title: above.
        rows: of one model of a backtest, with target, outcome, prediction, and lo- and hi- ends.
    """
    groups = [(str(name), part) for name, part in rows.groupby("target", sort=False)]
    names = [name if len(groups) > 1 else "" for name, _ in groups]
    figure, axes = panels(title, names, size=(5.0, 4.6), narrowest=6.4)
    for each, (_, part) in zip(axes, groups, strict=True):
        for low, high in interval_columns(part)[:1]:
            below, above = part["prediction"] - part[low], part[high] - part["prediction"]
            ends = [below.clip(lower=0), above.clip(lower=0)]
            style = {"fmt": "none", "ecolor": PALE, "elinewidth": 0.8, "zorder": 1}
            label = f"{low[3:]} % interval"
            each.errorbar(part["outcome"], part["prediction"], ends, label=label, **style)
        each.scatter(part["outcome"], part["prediction"], s=10, color=BLUE, label="test rows")
        ends = [part["outcome"].min(), part["outcome"].max()]
        curve(each, ends, ends, color=GREY, lw=1, ls="--", label="as measured")
        each.set(xlabel="measured", ylabel="predicted")
        each.legend(fontsize=8, frameon=False)
    return figure


def forecast_against_outcome(title: str, rows: Any, unit: str = "") -> Any:
    """Predictions with their intervals, and what came, over time; a panel for each series.

    Of several targets, the first is drawn.

    Args:
        title: above.
        rows: of one model of a backtest, with unique_id and date as well.
        unit: of what is predicted.
    """
    target = rows["target"].iloc[0]
    series = rows[rows["target"] == target].groupby("unique_id", sort=False)
    groups = [(f"{name}, {target}", part) for name, part in series]
    figure, axes = panels(title, [name for name, _ in groups], columns=2, size=(6.4, 3.2))
    for each, (_, part) in zip(axes, groups, strict=True):
        dates(each)
        bands = {
            f"{low[3:]} % interval": (part[low], part[high]) for low, high in interval_columns(part)
        }
        fan(each, part["date"], bands, part["prediction"], "forecast")
        each.set_ylabel(unit)
        each.scatter(part["date"], part["outcome"], s=3, color=GREY, label="what came", zorder=3)
    axes[0].legend(fontsize=8, frameon=False)
    return figure


def interval_columns(rows: Any) -> list[tuple[str, str]]:
    """Names of both ends of each interval, the widest first."""
    levels = sorted((str(c)[3:] for c in rows if str(c).startswith("lo-")), key=float, reverse=True)
    return [(f"lo-{level}", f"hi-{level}") for level in levels]


def reliability(axes: Any, stated: Sequence[float], observed: Sequence[float]) -> None:
    """How often came true what was stated with some probability; on the dashed line, as often."""
    curve(axes, (0, 1), (0, 1), color=GREY, lw=1, ls="--", label="as stated")
    curve(axes, stated, observed, marker="o", ms=4, label="observed")
    axes.set(xlim=(0, 1), ylim=(0, 1), aspect="equal", xlabel="stated", ylabel="observed")
    plain(axes)
