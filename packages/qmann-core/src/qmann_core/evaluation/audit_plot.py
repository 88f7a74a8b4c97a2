"""The picture of an audit, by matplotlib (extra ``plot``)."""

from collections.abc import Mapping, Sequence
from typing import Any

from .rivals import HYBRID, Rival

_BETTER, _WORSE, _NEITHER = "#1f5a99", "#b5651d", "#555f69"
_DOT, _LINE = "#9db9d6", "#1d2b38"
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
        colour = _BETTER if found.better else _WORSE if found.worse else _NEITHER
        rows = [place + 0.14] * len(rival.by_seed)
        axes.plot(rival.by_seed, rows, "o", color=_DOT, ms=5, alpha=0.7, mec="none")
        axes.plot(found.interval, [place - 0.14] * 2, color=colour, lw=2.5)
        axes.plot(found.difference, place - 0.14, "D", color=colour, ms=6)
    axes.set_yticks(range(len(rivals)), [_WORDS.get(rival.name, rival.name) for rival in rivals])
    axes.set_ylim(len(rivals) - 0.4, -0.6)
    axes.spines[["top", "right"]].set_visible(False)


def _draw_seconds(
    axes: Any, rivals: Sequence[Rival], seconds: Mapping[str, float], longest: float
) -> None:
    spent = [seconds.get(rival.name, 0.0) for rival in rivals]
    bars = axes.barh(range(len(rivals)), spent, 0.5, color=_DOT)
    ground = {"facecolor": "white", "edgecolor": "none", "pad": 0.5}
    texts = [f"{value:.2g}" for value in spent]
    axes.bar_label(bars, texts, fontsize=8, padding=3, bbox=ground, zorder=3)
    if HYBRID in seconds:
        label = f"hybrid, {seconds[HYBRID]:.2g} s"
        axes.axvline(seconds[HYBRID], color=_LINE, lw=1, ls="--", label=label)
    axes.set_xlim(0, 1.25 * longest)
    axes.spines[["top", "right"]].set_visible(False)


def _legend() -> tuple[list[Any], list[str]]:
    from matplotlib.lines import Line2D

    marks: dict[str, dict[str, Any]] = {
        "hybrid better": {"color": _BETTER, "marker": "D"},
        "hybrid worse": {"color": _WORSE, "marker": "D"},
        "no evidence; 95 % interval": {"color": _NEITHER, "marker": "D"},
        "one seed": {"color": _DOT, "marker": "o", "lw": 0},
    }
    return [Line2D([], [], **style) for style in marks.values()], list(marks)
