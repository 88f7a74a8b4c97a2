"""Interactive charts; their colours are the theme's, in light and in dark."""

from collections.abc import Iterable, Sequence
from numbers import Real
from typing import Any

import altair as alt
from pandas import DataFrame

HEIGHT = 340
_FEW = 25
_ZOOM = alt.Scale(zero=False, padding=12)
_BLUE = "#3f80bd"  # of keys, in light and in dark

Chart = alt.Chart | alt.LayerChart | alt.FacetChart


def points(dates: Iterable[Any], values: Iterable[float], kind: str, case: str = "") -> DataFrame:
    """What the charts over time take.

    Args:
        dates: days, or numbers.
        values: one for each.
        kind: what they are, for the legend.
        case: tells lines of one kind apart.
    """
    days = [each if isinstance(each, Real) else f"{each:%Y-%m-%d}" for each in dates]
    return DataFrame({"date": days, "value": list(values), "kind": kind, "case": case})


def lines(
    table: DataFrame,
    kinds: Sequence[str],
    title: str,
    bands: DataFrame | None,
    across: str = "",
) -> Chart:
    """Lines over time; those of the first kind are thick and may have shaded intervals.

    Args:
        table: of ``points``; the last lie on top.
        kinds: in the order of the theme's colours.
        title: of the values.
        bands: of ``points``, the lower ends, with the upper ones as ``high``; the widest first.
        across: what the numbers are that stand in the place of days.
    """
    value = alt.Y("value:Q", title=title, scale=alt.Scale(zero=False))
    thick = 1.5 if bands is None else 2.5
    width: Any = (
        alt.when(alt.datum.kind == kinds[0]).then(alt.value(thick)).otherwise(alt.value(1.2))
    )
    base = alt.Chart(table).encode(x=_days(table, across), y=value, tooltip=_tips(title, across))
    drawn = base.mark_line().encode(
        color=_colours(kinds, table), detail="case:N", strokeWidth=width
    )
    layers: list[Any] = [drawn, base.mark_circle(size=70, opacity=0)]  # what a pointer finds
    if bands is not None:
        tips = [*_tips("From", across, "case:N"), _number("high:Q", "To")]
        shade = alt.Chart(bands).mark_area().encode(x=_days(table, across), y=value, y2="high:Q")
        layers.insert(
            0,
            shade.encode(
                color=drawn.encoding.color, opacity=_shades(bands), detail="case:N", tooltip=tips
            ),
        )
    return alt.layer(*layers).properties(height=HEIGHT)


def bars(table: DataFrame, marks: DataFrame, kinds: Sequence[str], title: str) -> Chart:
    """Bars over time, and a line across for each mark.

    Args:
        table: of ``points``.
        marks: value and name of each line.
        kinds: of the lines and of the bars.
        title: of the values.
    """
    value, colour = alt.Y("value:Q", title=title), _colours(kinds, table)
    over_time = {"x": _days(table), "y": value, "color": colour, "tooltip": _tips(title)}
    rule = alt.Chart(marks.assign(kind=kinds[0])).encode(y=value, color=colour)
    return alt.layer(
        alt.Chart(table).mark_bar(size=4).encode(**over_time),
        rule.mark_rule(strokeWidth=2),
        rule.mark_text(align="left", dx=4, dy=9, x=0, fontWeight=600).encode(text="name:N"),
    ).properties(height=HEIGHT)


def marked(
    table: DataFrame, marks: Iterable[float], kinds: Sequence[str], title: str, across: str
) -> Chart:
    """A line, and another one down for each mark.

    Args:
        table: of ``points``, all of the second kind.
        marks: places across.
        kinds: of the marks and of the line.
        title: of the values.
        across: what the numbers are that stand in the place of days.
    """
    where, colour = _days(table, across), _colours(kinds, table)
    down = alt.Chart(DataFrame({"date": list(marks)}).assign(kind=kinds[0]))
    value = alt.Y("value:Q", title=title, scale=alt.Scale(zero=False))
    line = alt.Chart(table).mark_line(strokeWidth=1)
    tips = _tips(title, across)
    return alt.layer(
        down.mark_rule(strokeWidth=6, opacity=0.5).encode(x=where, color=colour, tooltip=tips[:2]),
        line.encode(x=where, y=value, color=colour, tooltip=tips),
    ).properties(height=HEIGHT)


def watched(table: DataFrame, title: str, across: str, kinds: tuple[str, str]) -> Chart:
    """A height along rows, on a logarithmic scale, its limit, which is 1, and bands of alarms.

    Args:
        table: of ``points`` with a column ``alarm`` that says in which rows there is one.
        title: of the height.
        across: what the numbers are that stand in the place of days.
        kinds: what the height and the bands are called.
    """
    began = (~table["alarm"]).cumsum()[table["alarm"]]
    bands = table[table["alarm"]].groupby(began)["date"].agg(["min", "max"]).assign(kind=kinds[1])
    colour = alt.Color(
        "kind:N",
        scale=alt.Scale(domain=kinds, range=[_BLUE, "#d0533f"]),
        legend=alt.Legend(orient="top", title=None, symbolOpacity=1),
    )
    where, scale = _days(table, across), alt.Scale(type="log", nice=False)
    value = alt.Y("value:Q", title=title, scale=scale)
    ends = [_number("min:Q", "From"), _number("max:Q", "To")]
    shade = alt.Chart(bands).mark_rect(opacity=0.3).encode(color=colour, tooltip=ends, x2="max:Q")
    line = alt.Chart(table).mark_line(strokeWidth=1.5)
    limit = alt.Chart(DataFrame({"value": [1.0]})).mark_rule(strokeDash=[5, 4], color="gray")
    return alt.layer(
        shade.encode(x=alt.X("min:Q", title=across)),
        line.encode(x=where, y=value, color=colour, tooltip=_tips(title, across)),
        limit.encode(y=value),
    ).properties(height=HEIGHT)


def tracks(table: DataFrame, limits: Sequence[str], so_far: str, beyond: str) -> Chart:
    """Thin bars over time, the lines of limits, and dots where these were passed.

    Args:
        table: of ``points``.
        limits: kinds that are lines.
        so_far: the kind that is bars.
        beyond: the kind that is dots.
    """
    kinds = [*limits, so_far, beyond]
    over_time = {
        "x": _days(table),
        "y": alt.Y("value:Q", title="Change, %"),
        "color": _colours(kinds, table),
        "tooltip": _tips("Change, %"),
    }
    bars = alt.Chart(table[table["kind"] == so_far]).mark_rule(strokeWidth=0.8, opacity=0.7)
    steps = alt.Chart(table[table["kind"].isin(limits)]).mark_line(strokeWidth=1.6)
    dots = alt.Chart(table[table["kind"] == beyond]).mark_circle(size=32, opacity=1)
    base = {"y2": alt.datum(0)}
    return alt.layer(
        bars.encode(**over_time, **base), *(each.encode(**over_time) for each in (steps, dots))
    ).properties(height=HEIGHT)


def shares(rows: DataFrame) -> alt.Chart:
    """How often class 1 came, by how probable it was said to be.

    Args:
        rows: outcome and prediction, a probability.
    """
    said = alt.X("prediction:Q", bin=alt.Bin(step=0.1), title="Probability of class 1 as predicted")
    came = alt.Y("mean(outcome):Q", title="Share that was class 1", axis=alt.Axis(format="%"))
    chart = alt.Chart(rows[["prediction", "outcome"]]).mark_bar()
    tips = [alt.Tooltip("count()", title="Cases"), alt.Tooltip("mean(outcome):Q", format=".0%")]
    drawn: alt.Chart = chart.encode(x=said, y=came, tooltip=tips).properties(height=260)
    return drawn


def against(
    rows: DataFrame,
    unit: str,
    kinds: Sequence[str],
    axes: tuple[str, str] = ("measured", "predicted"),
) -> Chart:
    """One of two columns over the other, and the line where both are the same.

    Args:
        rows: name, kind, and both.
        unit: of both.
        kinds: in the order of the theme's colours.
        axes: the column to the right, and the one upwards.
    """
    both = rows[[*axes]].to_numpy()
    line = alt.Chart(DataFrame({name: [both.min(), both.max()] for name in axes}))
    titles = [f"{axis.capitalize()}, {unit}".removesuffix(", ") for axis in axes]
    x, y = (
        channel(f"{axis}:Q", title=title, scale=_ZOOM)
        for channel, axis, title in zip((alt.X, alt.Y), axes, titles, strict=True)
    )
    tips = ["name:N", *(_number(f"{axis}:Q", axis.capitalize()) for axis in axes)]
    dot = alt.Chart(rows).mark_circle(size=36, opacity=0.7)
    dots = dot.encode(x=x, y=y, color=_colours(kinds, rows, 1), tooltip=tips)
    rule = line.mark_line(strokeDash=[5, 4], strokeWidth=1.5, color="gray").encode(x=x, y=y)
    return alt.layer(rule, dots).properties(height=HEIGHT)


def crossed(counts: DataFrame, axes: tuple[str, str]) -> Chart:
    """How often two classes came together, the paler the rarer in its row.

    Args:
        counts: a row and a column for each class.
        axes: what rows and columns are.
    """
    long = counts.rename_axis(index="row").reset_index().melt("row", var_name="column")
    long["share"] = long["value"] / long.groupby("row")["value"].transform("sum").clip(lower=1)
    how: Any = {"sort": list(counts), "axis": alt.Axis(labelOverlap=False, labelAngle=-45)}
    y, x = alt.Y("row:N", title=axes[0], **how), alt.X("column:N", title=axes[1], **how)
    tips = [alt.Tooltip(c, title=t) for c, t in zip(("row", "column"), axes, strict=True)]
    base = alt.Chart(long).encode(x=x, y=y, tooltip=[*tips, alt.Tooltip("value", title="Windows")])
    opacity = alt.Opacity("share:Q", legend=None, scale=alt.Scale(domain=[0, 1], range=[0, 1]))
    cells = base.mark_rect(color=_BLUE).encode(opacity=opacity)
    ink = alt.when(alt.datum.share > 0.5).then(alt.value("white")).otherwise(alt.value("gray"))
    text = base.mark_text(fontWeight=600).encode(text="value:Q", color=ink)
    return alt.layer(cells, text).properties(height=HEIGHT)


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


def _days(table: DataFrame, across: str = "") -> alt.X:
    """The axis of days, with as much of a date as its length needs; or of numbers."""
    if across:
        return alt.X("date:Q", title=across, scale=alt.Scale(nice=False, zero=False))
    years = int(table["date"].max()[:4]) - int(table["date"].min()[:4])
    axis = alt.Axis(
        format="%b %Y" if years > 1 else "%-d %b %Y", labelOverlap=True, tickCount=6 if years else 5
    )
    # dates without a time would slip to the day before, west of Greenwich, on another scale
    return alt.X("date:T", scale=alt.Scale(type="utc"), title=None, axis=axis)


def _shades(bands: DataFrame) -> alt.Opacity:
    """The wider an interval is, the paler; with a key."""
    levels = list(dict.fromkeys(bands["case"]))
    scale = alt.Scale(
        type="ordinal", domain=levels, range=[0.2 + 0.15 * place for place in range(len(levels))]
    )
    legend = alt.Legend(orient="bottom", title=None, symbolType="square", symbolFillColor=_BLUE)
    return alt.Opacity("case:N", scale=scale, legend=legend)


def _tips(title: str, across: str = "", kind: str = "kind:N") -> list[alt.Tooltip]:
    day = alt.Tooltip("date:T", title="Day", format="%-d %b %Y", timeUnit="utcyearmonthdate")
    return [
        _number("date:Q", across) if across else day,
        alt.Tooltip(kind, title=" "),
        _number("value:Q", title),
    ]


def _number(field: str, title: str) -> alt.Tooltip:
    return alt.Tooltip(field, title=title, format=",.2f")
