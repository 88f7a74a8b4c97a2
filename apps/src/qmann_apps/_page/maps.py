"""Maps of places in metres, with one scale in both directions, and roads from above."""

from collections.abc import Mapping
from typing import Any

import altair as alt
import numpy as np
from numpy.typing import NDArray
from pandas import DataFrame

from .charts import Chart
from .words import metres

Places = NDArray[np.float64]

_HEIGHT, _WIDE, _DOTS = 430, 1.7, 4000
_LANE = 64  # pixels
_INK = "gray"
_COLOURS = ("#3f80bd", "#d0533f")
_TIP = alt.Tooltip("properties.kind:N", title=" ")
_VEHICLES = ("This vehicle", "Others")


def mapped(
    lines: Mapping[str, Places],
    regions: Mapping[str, Places],
    extent: Places,
    around: Places,
) -> Chart:
    """At most two lines, and regions, among places, with a frame and a scale.

    Args:
        lines: what each is called, and its places (n, 2) in m, to the east and north.
        regions: likewise, closed, the widest first.
        extent: places that the map has to hold.
        around: places that are drawn as dots, where they are on the map.
    """
    low, high = _frame(extent)
    within = around[((around >= low) & (around <= high)).all(axis=1)]
    thin = DataFrame(within[:: len(within) // _DOTS + 1], columns=["x", "y"])
    corners = np.array([low, [low[0], high[1]], high, [high[0], low[1]], low])
    frame = _shapes({"": corners}, "LineString")
    dots = alt.Chart(thin).mark_circle(size=4, opacity=0.35, color=_INK)
    layers: list[Any] = [
        frame.mark_geoshape(aria=False, fill=None, stroke=_INK, strokeOpacity=0.4),
        dots.encode(longitude="x:Q", latitude="y:Q"),
    ]
    layers += [_filled(regions)] if regions else []
    layers += [_drawn(lines)] if lines else []
    flat = alt.Projection(type="identity", reflectY=True)
    return alt.layer(*layers, *_scale(low, high), projection=flat).properties(height=_HEIGHT)


def course(past: Places, table: DataFrame, ahead: float, around: Places) -> Chart:
    """A map of where an agent was and will be, with the regions of a step.

    Args:
        past: its places until now (n, 2) in m.
        table: of its steps: seconds, x m, y m, and what ``regions`` takes.
        ahead: seconds of the step.
        around: places of others.
    """
    path = np.vstack((past[-1:], table[["x m", "y m"]].to_numpy()))
    drawn, last = (
        {f"{level} % region": border for level, _, _, border in reversed(regions(row))}
        for row in (table[table["seconds"] == ahead].iloc[0], table.iloc[-1])
    )
    extent = np.vstack([past, path, *last.values()])
    return mapped({"Before": past, "Predicted": path}, drawn, extent, around)


def regions(row: Any) -> list[tuple[str, str, str, Places]]:
    """Each level of a step in percent, length and width of its ellipse in words, and its border.

    Args:
        row: x m, y m, bearing in degrees, and for the level 80 the semi-axes long-80 m and wide-80
            m; there is no region where the bearing is not finite.
    """
    levels = [name[5:-2] for name in row.index if name.startswith("long-")]
    turn, angle = np.linspace(0, 2 * np.pi, 73), np.radians(row["bearing"])
    along = np.outer(np.cos(turn), [np.sin(angle), np.cos(angle)])
    across = np.outer(np.sin(turn), [np.cos(angle), -np.sin(angle)])
    middle, found = np.array([row["x m"], row["y m"]]), []
    for level in levels if np.isfinite(row["bearing"]) else []:
        long, wide = row[f"long-{level} m"], row[f"wide-{level} m"]
        border = middle + long * along + wide * across
        found.append((level, metres(2 * long), metres(2 * wide), border))
    return found


def road(scene: Any, then: tuple[float, float]) -> Chart:
    """Vehicles on lanes, where each is a second later, and where the first one is to go.

    Args:
        scene: agent, x, lane, speed, length and width of each, lanes and lane_width.
        then: x and lane to which the first one goes.
    """
    table = _vehicles(scene)
    scale = alt.Scale(domain=[-0.5, scene.lanes - 0.5], reverse=True, nice=False)
    axis = alt.Axis(values=list(range(scene.lanes)), grid=False, format="d", domain=False)
    side: Any = {"scale": scale, "axis": axis, "title": "Lane, from the left"}
    legend = alt.Legend(orient="top", title=None, symbolOpacity=1)
    colour = alt.Color("kind:N", scale=alt.Scale(domain=_VEHICLES, range=_COLOURS), legend=legend)
    tips = [
        alt.Tooltip("agent:N", title="Vehicle"),
        *map(alt.Tooltip, ("x:Q", "lane:Q", "speed:Q")),
    ]
    base = alt.Chart(table).encode(color=colour, tooltip=tips)
    goal = alt.Chart(table.iloc[:1].assign(x2=then[0], lane2=then[1]))
    way = goal.mark_rule(strokeWidth=3, strokeDash=[2, 3], color=_COLOURS[0])
    end = goal.mark_point(shape="diamond", size=110, filled=True, opacity=1, color=_COLOURS[0])
    marks = alt.Chart(DataFrame({"y": np.arange(scene.lanes + 1) - 0.5}))
    lane = alt.Y("lane:Q", **side)
    return alt.layer(
        marks.mark_rule(strokeDash=[8, 6], color=_INK, opacity=0.6).encode(y=alt.Y("y:Q", **side)),
        way.encode(x="x:Q", x2="x2:Q", y=lane, y2="lane2:Q"),
        end.encode(x="x2:Q", y=alt.Y("lane2:Q", **side)),
        base.mark_rule(strokeWidth=2, opacity=0.6).encode(x="front:Q", x2="later:Q", y=lane),
        base.mark_rect(cornerRadius=3).encode(
            x=alt.X("rear:Q", title="Metres along the road"),
            x2="front:Q",
            y=alt.Y("left:Q", **side),
            y2="right:Q",
        ),
        base.mark_text(dy=-21, fontWeight=600).encode(x="x:Q", y=lane, text="agent:N"),
    ).properties(height=_LANE * scene.lanes + 110)


def _vehicles(scene: Any) -> DataFrame:
    """A row for each vehicle, with its ends, along the road in m and across it in lanes."""
    fields = ("agent", "x", "lane", "speed", "length")
    table = DataFrame({name: getattr(scene, name) for name in fields})
    half = scene.width / scene.lane_width / 2
    front = scene.x + scene.length / 2
    return table.assign(
        kind=[_VEHICLES[0], *[_VEHICLES[1]] * (len(table) - 1)],
        rear=front - scene.length,
        front=front,
        later=front + scene.speed,
        left=scene.lane - half,
        right=scene.lane + half,
    )


def _frame(extent: Places) -> tuple[Places, Places]:
    """Lower left and upper right corner: all of the places, in a map that is wider than high."""
    low, high = extent.min(axis=0), extent.max(axis=0)
    tall = 1.15 * max(high[1] - low[1], (high[0] - low[0]) / _WIDE, 1.0)
    half = np.array([_WIDE * tall, tall]) / 2
    return (low + high) / 2 - half, (low + high) / 2 + half


def _shapes(parts: Mapping[str, Places], form: str) -> alt.Chart:
    """GeoJSON of polygons or lines."""
    closed = form == "Polygon"
    features = [
        {
            "type": "Feature",
            "properties": {"kind": kind},
            "geometry": {
                "type": form,
                "coordinates": [places.tolist()] if closed else places.tolist(),
            },
        }
        for kind, places in parts.items()
    ]
    return alt.Chart(alt.InlineData(values=features))


def _filled(regions: Mapping[str, Places]) -> alt.Chart:
    kinds = list(regions)
    shade = alt.Opacity(
        "properties.kind:N",
        scale=alt.Scale(domain=kinds, range=np.linspace(0.22, 0.4, len(kinds)).tolist()),
        legend=alt.Legend(orient="bottom", title=None, symbolType="square"),
    )
    shapes = _shapes(regions, "Polygon").mark_geoshape(
        aria=False, color=_COLOURS[0], stroke=_COLOURS[0]
    )
    drawn: alt.Chart = shapes.encode(opacity=shade, tooltip=_TIP)
    return drawn


def _drawn(lines: Mapping[str, Places]) -> alt.Chart:
    kinds = list(lines)
    colour = alt.Stroke(
        "properties.kind:N",
        scale=alt.Scale(domain=kinds, range=_COLOURS[::-1]),
        legend=alt.Legend(orient="top", title=None, symbolType="stroke"),
    )
    shapes = _shapes(lines, "LineString").mark_geoshape(aria=False, fill=None, strokeWidth=2.5)
    drawn: alt.Chart = shapes.encode(stroke=colour, tooltip=_TIP)
    return drawn


def _scale(low: Places, high: Places) -> list[alt.Chart]:
    """A bar of a round length, in the lower left corner."""
    wide = high[0] - low[0]
    ten = 10 ** np.floor(np.log10(wide / 4))
    size = float(max(n * ten for n in (1, 2, 5) if n * ten <= wide / 4))
    start = low + 0.04 * wide
    bar = np.array([start, start + np.array([size, 0])])
    said = f"{size / 1e3:g} km" if size >= 1e3 else f"{size:g} m"
    text = alt.Chart(DataFrame({"x": [start[0]], "y": [start[1]]})).mark_text(
        text=said, align="left", dy=-9, color=_INK, fontWeight=600
    )
    scale = _shapes({"": bar}, "LineString")
    return [
        scale.mark_geoshape(aria=False, fill=None, stroke=_INK, strokeWidth=3),
        text.encode(longitude="x:Q", latitude="y:Q"),
    ]
