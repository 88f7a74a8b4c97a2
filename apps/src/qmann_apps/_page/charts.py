"""Interactive charts; their colours are the theme's, in light and in dark."""

from collections.abc import Iterable, Sequence
from typing import Any

import altair as alt
from pandas import DataFrame

HEIGHT = 340
_FEW = 25
_ZOOM = alt.Scale(zero=False, padding=12)

Chart = alt.LayerChart | alt.FacetChart


def points(dates: Iterable[Any], values: Iterable[float], kind: str, case: str = "") -> DataFrame:
    """What the charts over time take.

    Args:
        dates: days.
        values: one for each.
        kind: what they are, for the legend.
        case: tells lines of one kind apart.
    """
    days = [f"{date:%Y-%m-%d}" for date in dates]
    return DataFrame({"date": days, "value": list(values), "kind": kind, "case": case})


def lines(table: DataFrame, kinds: Sequence[str], title: str, bands: DataFrame | None) -> Chart:
    """Lines over time; those of the first kind are thick and may have shaded intervals.

    Args:
        table: of ``points``; the last lie on top.
        kinds: in the order of the theme's colours.
        title: of the values.
        bands: of ``points``, the lower ends, with the upper ones as ``high``.
    """
    value = alt.Y("value:Q", title=title, scale=alt.Scale(zero=False))
    thick = 1.5 if bands is None else 2.5
    width: Any = (
        alt.when(alt.datum.kind == kinds[0]).then(alt.value(thick)).otherwise(alt.value(1.2))
    )
    base = alt.Chart(table).encode(x=_days(table), y=value, tooltip=_tips(title))
    drawn = base.mark_line().encode(
        color=_colours(kinds, table), detail="case:N", strokeWidth=width
    )
    layers: list[Any] = [drawn, base.mark_circle(size=70, opacity=0)]  # what a pointer finds
    if bands is not None:
        shade = alt.Chart(bands).mark_area(opacity=0.2).encode(x=_days(table), y=value, y2="high:Q")
        tips = [*_tips("From"), _number("high:Q", "To")]
        layers.insert(0, shade.encode(color=drawn.encoding.color, detail="case:N", tooltip=tips))
    return alt.layer(*layers).properties(height=HEIGHT)


def bars(table: DataFrame, marks: DataFrame, kinds: Sequence[str], title: str) -> Chart:
    """Bars and dots over time, and a line across for each mark.

    Args:
        table: of ``points``; the last kind are bars, the others dots.
        marks: value and name of each line; they have the first kind.
        kinds: in the order of the theme's colours.
        title: of the values.
    """
    value, colour, last = alt.Y("value:Q", title=title), _colours(kinds, table), kinds[-1]
    barred = alt.Chart(table[table["kind"] == last]).mark_bar(size=4)
    dotted = alt.Chart(table[table["kind"] != last]).mark_circle(size=60)
    over_time = {"x": _days(table), "y": value, "color": colour, "tooltip": _tips(title)}
    rule = alt.Chart(marks.assign(kind=kinds[0])).encode(y=value, color=colour)
    return alt.layer(
        *(shape.encode(**over_time) for shape in (barred, dotted)),
        rule.mark_rule(strokeWidth=2),
        rule.mark_text(align="left", dx=4, dy=9, x=0, fontWeight=600).encode(text="name:N"),
    ).properties(height=HEIGHT)


def frequencies(values: Iterable[float], title: str, counted: str) -> alt.Chart:
    """How often values occur.

    Args:
        values: any numbers.
        title: of the values.
        counted: what has them.
    """
    value = alt.X("value:Q", bin=alt.Bin(maxbins=40), title=title)
    bars = alt.Chart(DataFrame({"value": list(values)})).mark_bar()
    count = alt.Y("count()", title=counted)
    chart: alt.Chart = bars.encode(x=value, y=count).properties(height=260)
    return chart


def dots(
    rows: DataFrame, kinds: Sequence[str], title: str, bars: Sequence[tuple[str, str, int]]
) -> Chart:
    """A dot for each row, with bars around it; without names where there are many.

    Args:
        rows: name, kind, value, and the ends of the bars; all are shown to a pointer.
        kinds: in the order of the theme's colours.
        title: of the values.
        bars: columns of lower and upper ends, and a width.
    """
    few = len(rows) <= _FEW
    axis = alt.Axis(title=None, labelLimit=170, labelOverlap=False, labels=few, ticks=few)
    numbers = rows.select_dtypes("number")
    tips = [
        alt.Tooltip(c, format=".4g") if c in numbers else alt.Tooltip(c) for c in map(str, rows)
    ]
    place = alt.Y("name:N", sort=list(rows["name"]), axis=axis)
    base = alt.Chart(rows).encode(y=place, color=_colours(kinds, rows, 1), tooltip=tips)
    layers = [base.mark_point(filled=True, size=90, opacity=1).encode(x="value:Q")]
    for low, high, width in bars:
        start = alt.X(f"{low}:Q", title=title, scale=_ZOOM, axis=alt.Axis(tickCount=6))
        rule = base.mark_rule(strokeWidth=width, opacity=0.4)
        layers.insert(0, rule.encode(x=start, x2=f"{high}:Q"))
    height: Any = alt.Step(34) if few else HEIGHT
    return alt.layer(*layers).properties(height=height)


def _colours(kinds: Sequence[str], table: DataFrame, columns: int = 2) -> alt.Color:
    """Kinds in the order of the theme's colours; the legend names those that are there."""
    there = [kind for kind in kinds if kind in {*table["kind"], kinds[0]}]
    legend = alt.Legend(
        orient="top", title=None, labelLimit=0, columns=columns, values=there, symbolOpacity=1
    )
    scale = alt.Scale(domain=list(kinds))
    return alt.Color("kind:N", scale=scale, legend=legend if len(there) > 1 else None)


def _days(table: DataFrame) -> alt.X:
    """The axis of days, with as much of a date as its length needs."""
    years = int(table["date"].max()[:4]) - int(table["date"].min()[:4])
    axis = alt.Axis(format="%b %Y" if years > 1 else "%-d %b", labelOverlap=True, tickCount=8)
    # dates without a time would slip to the day before, west of Greenwich, on another scale
    return alt.X("date:T", scale=alt.Scale(type="utc"), title=None, axis=axis)


def _tips(title: str) -> list[alt.Tooltip]:
    day = alt.Tooltip("date:T", title="Day", format="%-d %b %Y", timeUnit="utcyearmonthdate")
    return [day, alt.Tooltip("kind:N", title=" "), _number("value:Q", title)]


def _number(field: str, title: str) -> alt.Tooltip:
    return alt.Tooltip(field, title=title, format=",.2f")
