"""Interactive charts; their colours are the theme's, in light and in dark."""

from collections.abc import Iterable, Sequence
from typing import Any

import altair as alt
from pandas import DataFrame

HEIGHT = 340

Chart = alt.LayerChart | alt.FacetChart


def days(dates: Iterable[Any]) -> list[str]:
    """Dates as the charts take them."""
    return [f"{date:%Y-%m-%d}" for date in dates]


def lines(table: DataFrame, kinds: Sequence[str], title: str) -> Chart:
    """Lines over time; those of the first kind lie on top, and are thick beside others.

    Args:
        table: date, value, kind, and case, which tells lines of one kind apart.
        kinds: kinds of lines in the order of the theme's colours.
        title: of the values.
    """
    value = alt.Y("value:Q", title=title, scale=alt.Scale(zero=False))
    tips = [_tip(), alt.Tooltip("kind:N", title=" "), _number("value:Q", title)]
    first = table["kind"] == kinds[0]
    layers = []
    for part, width in ((table[~first], 1.3), (table[first], 2.8 if len(kinds) > 1 else 1.5)):
        if not part.empty:
            base = alt.Chart(part).encode(x=_days(table), y=value, tooltip=tips)
            line = base.mark_line(strokeWidth=width)
            layers.append(line.encode(color=_colours(kinds, table), detail="case:N"))
            layers.append(base.mark_circle(size=70, opacity=0))  # what a pointer finds
    return alt.layer(*layers).properties(height=HEIGHT)


def fan(table: DataFrame, bands: DataFrame, kinds: Sequence[str], title: str) -> Chart:
    """Lines over time with shaded intervals around the first kind of them.

    Args:
        table: what ``lines`` takes.
        bands: date, low, high and level of each interval.
        kinds: kinds of lines in the order of the theme's colours.
        title: of the values.
    """
    low = alt.Y("low:Q", title=title, scale=alt.Scale(zero=False))
    tips = [_tip(), alt.Tooltip("level:N", title="Interval")]
    tips += [_number("low:Q", "From"), _number("high:Q", "To")]
    shades = alt.Chart(bands.assign(kind=kinds[0])).mark_area(opacity=0.2)
    shades = shades.encode(
        x=_days(table),
        y=low,
        y2="high:Q",
        color=_colours(kinds, table),
        detail="level:N",
        tooltip=tips,
    )
    return alt.layer(shades, lines(table, kinds, title)).properties(height=HEIGHT)


def bars(table: DataFrame, marks: DataFrame, kinds: Sequence[str], title: str) -> Chart:
    """Bars and dots over time, and a line across for each mark.

    Args:
        table: date, value and kind; the last kind are bars, the others dots.
        marks: value and name of each line; they have the first kind.
        kinds: in the order of the theme's colours.
        title: of the values.
    """
    colour = _colours(kinds, table)
    value = alt.Y("value:Q", title=title)
    tips = [_tip(), alt.Tooltip("kind:N", title=" "), _number("value:Q", title)]
    last = table["kind"] == kinds[-1]
    parts = (alt.Chart(table[last]).mark_bar(size=4), alt.Chart(table[~last]).mark_circle(size=60))
    rule = alt.Chart(marks.assign(kind=kinds[0])).encode(y=value, color=colour)
    return alt.layer(
        *(part.encode(x=_days(table), y=value, color=colour, tooltip=tips) for part in parts),
        rule.mark_rule(strokeWidth=2).encode(tooltip=[alt.Tooltip("name:N", title=" ")]),
        rule.mark_text(align="left", dx=4, dy=9, x=0, fontWeight=600).encode(text="name:N"),
    ).properties(height=HEIGHT)


def _colours(kinds: Sequence[str], table: DataFrame) -> alt.Color:
    """Kinds in the order of the theme's colours; the legend names those that are there."""
    there = [kind for kind in kinds if kind in {*table["kind"], kinds[0]}]
    legend = alt.Legend(
        orient="top", title=None, labelLimit=0, columns=2, values=there, symbolOpacity=1
    )
    scale = alt.Scale(domain=list(kinds))
    return alt.Color("kind:N", scale=scale, legend=legend if len(there) > 1 else None)


def _days(table: DataFrame) -> alt.X:
    """The axis of days, with as much of a date as its length needs."""
    years = int(table["date"].max()[:4]) - int(table["date"].min()[:4])
    axis = alt.Axis(format="%b %Y" if years > 1 else "%-d %b", labelOverlap=True, tickCount=8)
    # dates without a time would slip to the day before, west of Greenwich, on another scale
    return alt.X("date:T", scale=alt.Scale(type="utc"), title=None, axis=axis)


def _tip() -> alt.Tooltip:
    return alt.Tooltip("date:T", title="Day", format="%-d %b %Y", timeUnit="utcyearmonthdate")


def _number(field: str, title: str) -> alt.Tooltip:
    return alt.Tooltip(field, title=title, format=",.2f")
