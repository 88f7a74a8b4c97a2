"""Tracks: where agents were, in metres and seconds."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float
from pandas import DataFrame, Series, Timestamp

from qmann_core.config import nearest
from qmann_core.data import describe_rows, installed_file, read_noted
from qmann_core.errors import ConfigError, DataError

from .readers import READERS, SPEEDS, read_raw

DEMOS = {
    "harbor": "NYHarbor_2020_12_first_week.traj",
    "coast": "US_coastal_2020_06_30.traj",
    "beach": "VirginiaBeach_2020_06_04_to_06_filtered.traj",
}
_EARTH = 6_371_008.8  # m: mean radius
_WIDE = 250e3  # m from the middle, within which one plane is right to 1e-3
_FASTEST = 50.0, 60.0  # m/s: by degrees, by metres
_GAP = 180.0, 2.5  # s by degrees, steps by metres
_MOVE = ["x", "y", "time"]
_MOVING = 0.5  # m/s
_SURE = 3  # steps that tell the unit of speeds


@dataclass(frozen=True, eq=False)
class Tracks:
    """Positions of agents over time, checked by ``load_tracks``."""

    table: DataFrame
    """Sorted by agent and time: agent (text), piece (whole number, unique in the file: a part of an
    agent's track without a gap), time (s), x and y (m, to the east and north where there is an
    origin); and where the source says them, speed (m/s), length and width (m), kind (text), lane
    (text)."""
    source: str
    """File or demo that they come from."""
    notes: tuple[str, ...] = ()
    """What a reader of any result must know about the data."""
    origin: tuple[float, float] | None = None
    """Longitude and latitude in degrees of x = y = 0; None where positions came in metres."""
    start: Timestamp | None = None
    """When time is 0, in UTC; None where the source counts seconds."""
    step: float = 1.0
    """Seconds between positions: the median."""

    def to_frame(self) -> DataFrame:
        """A row for each agent: first and last time, positions, pieces, metres travelled."""
        steps = self.table.groupby("piece")[["x", "y"]].diff()
        way = self.table.assign(metres=(steps["x"] ** 2 + steps["y"] ** 2) ** 0.5)
        by = way.groupby("agent", sort=False)
        told = by.agg(
            first=("time", "min"),
            last=("time", "max"),
            positions=("time", "size"),
            pieces=("piece", "nunique"),
            metres=("metres", "sum"),
        )
        return told.reset_index()

def load_tracks(
    source: Any,
    *,
    agent: str | None = None,
    time: str | None = None,
    x: str | None = None,
    y: str | None = None,
    units: str | None = None,
    max_gap: float | None = None,
    max_speed: float | None = None,
) -> Tracks:
    """Read tracks, in metres and seconds; what is dropped, merged or cut is counted in notes.

    Files are those of ETH/UCY (.txt), tracktable (.traj), CommonRoad (.xml), and tables (CSV,
    Excel, Parquet) of AIS, NGSIM, Argoverse 2 or with columns named like theirs; longitude and
    latitude where there are x and y, too. Degrees become metres on the plane that touches a sphere
    (R = 6371008.8 m) at the median position p0 = (lon0, lat0), by the stereographic projection,
    which keeps angles (Snyder 1987, doi:10.3133/pp1395, p. 157)::

        k = 2 R / (1 + sin lat0 sin lat + cos lat0 cos lat cos(lon - lon0))
        x = k cos lat sin(lon - lon0)
        y = k (cos lat0 sin lat - sin lat0 cos lat cos(lon - lon0))

    Distances are right to 1e-3 within 250 km of p0. Where tracks span more than 500 km, each piece
    has a plane of its own, at its first position.

    Args:
        source: path, open file, DataFrame, or Tracks, as they are.
        agent: column that names agents; by default one called agent, mmsi, track_id or the like.
        time: column of dates, which without a zone are UTC, or of numbers: seconds, where neither
            format nor name (time_ms) says otherwise.
        x: column of x, in metres, where neither format nor name (x_ft) says otherwise, or of
            longitude.
        y: column of y or latitude.
        units: those of positions and sizes (m, ft, deg), times (s, ms, us, ns, or frames, as
            25fps) and speeds (m/s, km/h, knots, ft/s, mph), separated by blanks, where columns do
            not say them or are wrong.
        max_gap: longest time in s between two positions of a piece; by default 180 s for degrees,
            otherwise 2.5 times the median.
        max_speed: highest speed in m/s. A position that needs more, from the last good one and to
            the next, is dropped; if the next ones agree with it, a piece begins there. By default
            50 m/s for degrees, otherwise 60 m/s.

    Raises:
        ConfigError: a unit is unknown, or a limit is not positive.
        DataError: no such file or column, times or places that are none, two places of an agent at
            one time, or no piece of two positions; the message says where and what to do.

    Example:
        >>> load_tracks("harbour.csv", max_gap=600).to_frame()  # doctest: +SKIP
    """
    if isinstance(source, Tracks):
        return source
    for name, limit in {"max_gap": max_gap, "max_speed": max_speed}.items():
        if limit is not None and not limit > 0:
            raise ConfigError(f"got {name} {limit}: expected more than 0, or None")
    raw = read_raw(source, {"agent": agent, "time": time, "x": x, "y": y}, units)
    where, degrees = raw.where, raw.degrees
    most = max_speed or _FASTEST[not degrees]
    table, placed = _placed(raw.table, where, degrees=degrees)
    table, ordered = _in_order(table, where)
    table, good = _without_outliers(table, most, degrees=degrees)
    table, cut = _in_pieces(table, max_gap, most, where, degrees=degrees)
    table, origin, flat = _flat(table) if degrees else (table, None, ())
    table, fast = _with_speed(table)
    notes = (*placed, *ordered, *good, *cut, *flat, *fast)
    if len(table) < len(raw.table):
        notes = (f"{len(table):,} of {len(raw.table):,} positions are kept", *notes)
    first = ["agent", "piece", "time", "x", "y"]
    return Tracks(
        table[[*first, *table.columns.difference(first, sort=False)]],
        where,
        (*raw.notes, *notes),
        origin=origin,
        start=raw.start,
        step=float(table.groupby("piece")["time"].diff().median()),
    )


def demo_tracks(name: str = "harbor") -> Tracks:
    """AIS of vessels in 2020: New York harbor, all coasts of the United States, Virginia Beach.

    Of NOAA's Marine Cadastre, in the package tracktable-data.

    Raises:
        DataError: the name is unknown, or the package is missing (the extra
            qmann-autonomous[data]).
    """
    if name not in DEMOS:
        raise DataError(
            f"no demo data {name!r}. Expected one of {', '.join(DEMOS)}{nearest(name, DEMOS)}"
        )
    path, install = f"python_example_data/{DEMOS[name]}", '"qmann-autonomous[data]"'
    file = installed_file("tracktable_data", path, about=f"demo {name!r}", install=install)
    table, _ = read_noted(file, readers=READERS)
    twice = table.drop_duplicates().duplicated(["mmsi", "timestamp"], keep=False)
    faulty = twice.reindex(table.index, fill_value=False)
    found = load_tracks(table[~faulty])
    told = (f"{faulty.sum()} positions left out, of vessels with several at one time",)
    return replace(found, source=file.name, notes=(*found.notes, *(told if faulty.any() else ())))


def _placed(table: DataFrame, where: str, *, degrees: bool) -> tuple[DataFrame, tuple[str, ...]]:
    """Rows that have a position, which may be one on Earth."""
    missing = table[["x", "y"]].isna().any(axis=1)
    table = table[~missing]
    for side, word, most in (("y", "lat", 90), ("x", "lon", 360)) if degrees else ():
        bad = (table[side].abs() > most).to_numpy()
        if bad.any():
            raise DataError(
                f"{where}: got {word} {table[side][bad].iloc[0]:g}: expected degrees, at most "
                f"{most}, and not so at {describe_rows(table[side], bad)}. Correct these rows, or "
                "name the columns, as x=NAME, y=NAME, if units are others, as units='m'"
            )
    told = (f"{missing.sum():,} positions dropped, missing or not available",)
    return table, told if missing.any() else ()


def _in_order(table: DataFrame, where: str) -> tuple[DataFrame, tuple[str, ...]]:
    """Rows by agent and time, each once."""
    notes, key = list[str](), ["agent", "time"]
    back = table.groupby("agent")["time"].diff().lt(0).sum()
    if back:
        notes.append(f"{back:,} times are before those of the row above: rows are sorted")
    once = table[~table.duplicated([*key, "x", "y"])]
    if len(once) < len(table):
        notes.append(f"{len(table) - len(once):,} repeated positions merged")
    twice = once.duplicated(key).to_numpy()
    if twice.any():
        raise DataError(
            f"{where}: {twice.sum()} times an agent is at two places at one time: "
            f"{describe_rows(once['agent'], twice)}. Expected one: leave out the wrong row, or give "
            "agents that are different other names"
        )
    return once.sort_values(key, ignore_index=True), tuple(notes)


def _without_outliers(
    table: DataFrame, most: float, *, degrees: bool
) -> tuple[DataFrame, tuple[str, ...]]:
    """Without positions that are too far from the last good one and from the next."""
    jump, rows = _jumps(table, most, degrees=degrees), table[_MOVE].to_numpy()
    last, dropped = 0, list[int]()
    for row in (np.flatnonzero(jump[1:-1] & jump[2:]) + 1).tolist():  # few
        last = last if row - 1 in dropped[-1:] else row - 1
        if _too_fast(rows[last], rows[row], most, degrees=degrees):
            dropped.append(row)
    told = (f"{len(dropped):,} positions dropped, which need more than {most:g} m/s",)
    return table.drop(index=dropped).reset_index(drop=True), told if dropped else ()


def _in_pieces(
    table: DataFrame, max_gap: float | None, most: float, where: str, *, degrees: bool
) -> tuple[DataFrame, tuple[str, ...]]:
    """Cut at gaps and jumps, without positions that are then alone."""
    same, wait = table["agent"].eq(table["agent"].shift()), table["time"].diff()
    by_degrees, steps = _GAP
    limit = max_gap or (by_degrees if degrees else steps * float(wait[same].median()))
    gap, jump = same & wait.gt(limit), _jumps(table, most, degrees=degrees)
    piece = (~same | gap | jump).cumsum()
    kept = piece.duplicated(keep=False)
    if not kept.any():
        raise DataError(
            f"{where}: no agent has two positions in a row, at most {limit:g} s apart and reached "
            f"at {most:g} m/s, of {len(table)} with a place. Expected some: give more rows, or "
            "max_gap= and max_speed= as the data need"
        )
    counts = {
        f"tracks cut at {{:,}} gaps of more than {limit:g} s": gap.sum(),
        f"tracks cut at {{:,}} jumps of more than {most:g} m/s": jump.sum(),
        "{:,} positions dropped, alone in their piece": (~kept).sum(),
    }
    table = table.assign(piece=piece)[kept]
    table["piece"] = pd.factorize(table["piece"])[0]
    return table, tuple(text.format(n) for text, n in counts.items() if n)


def _flat(table: DataFrame) -> tuple[DataFrame, tuple[float, float], tuple[str, ...]]:
    """Degrees as metres from the median position."""
    east, lat = np.radians(table["x"]), np.radians(table["y"])
    about = np.angle(np.exp(1j * east).mean())
    lon = about + _wrapped(east - about)  # both sides of the antimeridian are near
    middle = np.array([lon.median(), lat.median()])
    places = DataFrame({"lon": lon, "lat": lat}).set_axis(table.index)
    far = _angle(places.to_numpy(), middle).max() * _EARTH > _WIDE
    base = places.groupby(table["piece"]).transform("first").to_numpy() if far else middle[None]
    stretch = np.array([np.cos(middle[1]), 1.0])
    flat = _EARTH * (stretch * (base - middle) + _plane(places.to_numpy(), base))
    told = (
        f"tracks lie more than {_WIDE / 1e3:g} km from their middle: each piece is flat about its "
        "own first position, and distances between pieces are rough",
    )
    lon0, lat0 = np.degrees([_wrapped(middle[0]), middle[1]]).tolist()
    return table.assign(x=flat[:, 0], y=flat[:, 1]), (lon0, lat0), told if far else ()


def _plane(
    place: Float[np.ndarray, "row 2"], base: Float[np.ndarray, "#row 2"]
) -> Float[np.ndarray, "row 2"]:
    """Stereographic projection of radians, for a radius of 1."""
    (lon, lat), (lon0, lat0) = place.T, base.T
    north = np.cos(lat0) * np.sin(lat) - np.sin(lat0) * np.cos(lat) * np.cos(lon - lon0)
    up = np.sin(lat0) * np.sin(lat) + np.cos(lat0) * np.cos(lat) * np.cos(lon - lon0)
    return (2 / (1 + up) * np.array([np.cos(lat) * np.sin(lon - lon0), north])).T


def _with_speed(table: DataFrame) -> tuple[DataFrame, tuple[str, ...]]:
    """Speeds whose unit nobody says, by how they compare with travelled ones."""
    if "said" not in table:
        return table, ()
    said, moves = table["said"], table.groupby("piece")[_MOVE].diff()
    travelled = np.hypot(moves["x"], moves["y"]) / moves["time"]
    ratio = (said / travelled)[(travelled > _MOVING) & (said > 0)]
    off = np.log(ratio.median() * Series(SPEEDS)).abs().sort_values()
    unit, (first, second) = off.index[0], off.iloc[:2]
    table = table.drop(columns="said")
    if len(ratio) < _SURE or first > np.log(1.15) or second < 2 * first:
        times = f"{ratio.median():.3g} times the travelled ones" if len(ratio) else "nobody moves"
        return table, (f"speeds left out, of unknown unit ({times}): say it, as units='km/h'",)
    told = f"speeds say no unit and are {ratio.median():.3g} times the travelled ones: {unit}"
    return table.assign(speed=said * SPEEDS[unit]), (told,)


def _jumps(table: DataFrame, most: float, *, degrees: bool) -> Bool[np.ndarray, " row"]:
    """Where a position is too far from the one before it."""
    rows, jump = table[_MOVE].to_numpy(), np.zeros(len(table), bool)
    fast = _too_fast(rows[:-1], rows[1:], most, degrees=degrees)
    jump[1:] = fast & table["agent"].eq(table["agent"].shift()).to_numpy()[1:]
    return jump


def _too_fast(
    here: Float[np.ndarray, "*row 3"], there: Float[np.ndarray, "*row 3"], most: float, *, degrees: bool
) -> Bool[np.ndarray, "*row"]:
    """Whether a way of x, y and time needs more than a speed."""
    if degrees:
        way = _EARTH * _angle(np.radians(here[..., :2]), np.radians(there[..., :2]))
    else:
        way = np.hypot(*(there - here)[..., :2].T)
    return np.asarray(way > most * (there - here)[..., 2])


def _angle(
    here: Float[np.ndarray, "*row 2"], there: Float[np.ndarray, "*row 2"]
) -> Float[np.ndarray, "*row"]:
    """Between places on a sphere (haversine), in radians as they are."""
    east, north = (np.sin((there - here) / 2) ** 2).T
    both = north + np.cos(here[..., 1]) * np.cos(there[..., 1]) * east
    return np.asarray(2 * np.arcsin(np.sqrt(both)))


def _wrapped(angle: Any) -> Any:
    """Between -pi and pi."""
    return (angle + np.pi) % (2 * np.pi) - np.pi
