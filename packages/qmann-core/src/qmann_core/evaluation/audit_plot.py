"""The picture of an audit, by matplotlib (extra ``plot``)."""

from collections.abc import Mapping, Sequence
from typing import Any

from ..plots import BLUE, GREY, ORANGE, PALE, bars, plain
from .rivals import HYBRID, Rival

_LINE = "#1d2b38"
_WORDS = {
    "classical": "classical twin",
    "separable": "no entanglement",
    "frozen": "circuits not trained",
}


def picture(
    title: str, metric: str, parts: Sequence[Sequence[Rival]], seconds: Mapping[str, float]
) -> Any:
    """For each rival the difference, its interval and a dot for each seed; beside it the CPU time.

    Args:
        title: above it.
        metric: name of the loss.
        parts: rivals whose differences are of one size share an axis.
        seconds: of CPU time, by model.
    """
    from matplotlib.figure import Figure

    heights = [len(rivals) + 0.5 for rivals in parts]
    figure = Figure(figsize=(10, 1.8 + 0.55 * sum(heights)), layout="constrained")
    grid = figure.subplots(
        len(parts), 2, width_ratios=(3, 1), height_ratios=heights, squeeze=False, sharey="row"
    )
    longest = max(seconds.values(), default=1.0)
    for (left, right), rivals in zip(grid, parts, strict=True):
        _draw_differences(left, rivals)
        _draw_seconds(right, rivals, seconds, longest)
    grid[-1][0].set_xlabel(f"{metric}, hybrid less rival (left of the line the hybrid is better)")
    grid[-1][1].set_xlabel("CPU seconds of one training")
    grid[0][0].legend(
        *_legend(), fontsize=8, frameon=False, ncols=4, loc="lower left", bbox_to_anchor=(0, 1)
    )
    grid[0][1].legend(fontsize=8, frameon=False, loc="lower left", bbox_to_anchor=(0, 1))
    figure.suptitle(title, fontsize=11)
    return figure


def _draw_differences(axes: Any, rivals: Sequence[Rival]) -> None:
    axes.axvline(0, color=_LINE, lw=1)
    for place, rival in enumerate(rivals):
        found = rival.comparison
        colour = BLUE if found.better else ORANGE if found.worse else GREY
        rows = [place + 0.14] * len(rival.by_seed)
        axes.plot(rival.by_seed, rows, "o", color=PALE, ms=5, alpha=0.7, mec="none")
        axes.plot(found.interval, [place - 0.14] * 2, color=colour, lw=2.5)
        axes.plot(found.difference, place - 0.14, "D", color=colour, ms=6)
    axes.set_yticks(range(len(rivals)), [_WORDS.get(rival.name, rival.name) for rival in rivals])
    axes.set_ylim(len(rivals) - 0.4, -0.6)
    plain(axes)


def _draw_seconds(
    axes: Any, rivals: Sequence[Rival], seconds: Mapping[str, float], longest: float
) -> None:
    bars(axes, [seconds.get(rival.name, 0.0) for rival in rivals], longest=longest)
    if HYBRID in seconds:
        label = f"hybrid, {seconds[HYBRID]:.2g} s"
        axes.axvline(seconds[HYBRID], color=_LINE, lw=1, ls="--", label=label)


def _legend() -> tuple[list[Any], list[str]]:
    from matplotlib.lines import Line2D

    marks: dict[str, dict[str, Any]] = {
        "hybrid better": {"color": BLUE, "marker": "D"},
        "hybrid worse": {"color": ORANGE, "marker": "D"},
        "no evidence; 95 % interval": {"color": GREY, "marker": "D"},
        "one seed": {"color": PALE, "marker": "o", "lw": 0},
    }
    return [Line2D([], [], **style) for style in marks.values()], list(marks)
