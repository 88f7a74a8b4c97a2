"""Tracks: where agents were, in metres and seconds."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float
from pandas import DataFrame, Series, Timestamp

from qmann_core.config import nearest
from qmann_core.data import describe_rows, installed_file, name_source, read_noted
from qmann_core.errors import ConfigError, DataError

from .readers import READERS, SPEEDS, read_raw

DEMOS = {
    "harbor": "NYHarbor_2020_12_first_week.traj",
    "coast": "US_coastal_2020_06_30.traj",
    "beach": "VirginiaBeach_2020_06_04_to_06_filtered.traj",
}
EARTH = 6_371_008.8  # m: mean radius
_WIDE = 400e3  # m from its middle, within which a plane is right to 1e-3
_KEY, _MOVE = ["agent", "time"], ["x", "y", "time"]


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

    Distances are right to 1e-3 within 400 km of p0; each piece that lies farther away has a plane
    of its own, at its median position.

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
    raw, start, read = read_raw(source, {"agent": agent, "time": time, "x": x, "y": y}, units)
    most, where = max_speed or (50.0 if "lon" in raw else 60.0), name_source(source)
    table, origin, cleaned = _cleaned(raw, max_gap, most, where)
    table, fast = _with_speed(table)
    step = round(float(table.groupby("piece")["time"].diff().median()), 6)
    more = [name for name in ("speed", "length", "width", "kind", "lane") if name in table]
    table, notes = table[["agent", "piece", "time", "x", "y", *more]], (*read, *cleaned, *fast)
    return Tracks(table, where, notes, origin=origin, start=start, step=step)


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


def _cleaned(
    raw: DataFrame, max_gap: float | None, most: float, where: str
) -> tuple[DataFrame, tuple[float, float] | None, tuple[str, ...]]:
    """Pieces of positions that agree; their origin; and what was done, with counts."""
    sides = ["lon", "lat"] if "lon" in raw else ["x", "y"]
    placed = raw.dropna(subset=sides)
    back = placed.groupby("agent")["time"].diff() < 0
    once = placed.drop_duplicates([*_KEY, *sides])
    _check(once, where)
    table, origin, far = once.sort_values(_KEY, ignore_index=True), None, 0
    if "lon" in raw:
        table, _, _ = _flat(table, "agent")
    good = _without_outliers(table, most)
    table, cut = _in_pieces(good, len(once), max_gap, most, where)
    if "lon" in raw:
        table, origin, far = _flat(table, "piece")
    counts = {
        f"{{:,}} of {len(raw):,} positions are left out": len(raw) - len(table),
        "{:,} positions dropped, missing or not available": len(raw) - len(placed),
        "{:,} positions merged, which repeat another": len(placed) - len(once),
        "{:,} positions sorted, whose time is before that of the row above": back.sum(),
        f"{{:,}} positions dropped, which need more than {most:g} m/s": len(once) - len(good),
        **cut,
        f"{{:,}} pieces lie more than {_WIDE / 1e3:g} km from the origin: each is flat about its "
        "own middle, and distances between them are rough": far,
    }
    return table, origin, tuple(text.format(count) for text, count in counts.items() if count)


def _in_pieces(
    table: DataFrame, n: int, max_gap: float | None, most: float, where: str
) -> tuple[DataFrame, dict[str, int]]:
    """What is left of n positions, cut at gaps and jumps, none of them alone; and counts."""
    wait = table.groupby("agent")["time"].diff()
    limit = max_gap or (180.0 if "lon" in table else 2.5 * float(wait.median()))
    gap, jump = wait > limit, _jumps(table, most)
    piece = (wait.isna() | gap | jump).cumsum()
    kept = piece.duplicated(keep=False)
    if not kept.any() or 2 * len(table) < n:
        raise DataError(
            f"{where}: of {n} positions, {len(table)} can be reached at {most:g} m/s, and "
            f"{kept.sum()} of these are not alone before the next gap. Expected at least half, and "
            "two: give more rows, or units=, max_gap= and max_speed= as the data need"
        )
    counts = {
        f"tracks cut at {{:,}} gaps of more than {limit:g} s": int(gap.sum()),
        f"tracks cut at {{:,}} jumps of more than {most:g} m/s": int(jump.sum()),
        "{:,} positions dropped, alone in their piece": int((~kept).sum()),
    }
    table = table[kept].assign(piece=pd.factorize(piece[kept])[0])
    return table.reset_index(drop=True), counts


def _check(table: DataFrame, where: str) -> None:
    """Refuse places that are not on Earth, and two of an agent at one time."""
    for side, most in {"lat": 90, "lon": 360}.items():
        if side in table and (bad := (table[side].abs() > most).to_numpy()).any():
            raise DataError(
                f"{where}: got {side} {table[side][bad].iloc[0]:g}: expected degrees, at most "
                f"{most}, and not so at {describe_rows(table[side], bad)}. Correct these rows, or "
                "name columns in metres, as x=NAME, y=NAME"
            )
    twice = table.duplicated(_KEY).to_numpy()
    if twice.any():
        raise DataError(
            f"{where}: {twice.sum()} rows put an agent at another place at the same time: "
            f"{describe_rows(table['agent'], twice)}. Expected one: leave out the wrong row, or "
            "give agents that are different other names"
        )


def _without_outliers(table: DataFrame, most: float) -> DataFrame:
    """Without positions that are too far from the last good one and from the next."""
    jump, rows = _jumps(table, most), table[_MOVE].to_numpy()
    last, dropped = 0, list[int]()
    for row in np.flatnonzero(jump & jump.shift(-1, fill_value=False)).tolist():  # few
        last = last if row - 1 in dropped[-1:] else row - 1
        east, north, time = rows[row] - rows[last]
        if np.hypot(east, north) > most * time:
            dropped.append(row)
    return table.drop(index=dropped)


def _jumps(table: DataFrame, most: float) -> Series:
    """Where an agent is too far from its position before."""
    step = table.groupby("agent")[_MOVE].diff()
    return Series(np.hypot(step["x"], step["y"]) > most * step["time"])


def _flat(table: DataFrame, by: str) -> tuple[DataFrame, tuple[float, float], int]:
    """Degrees as metres from the median position; and how many groups have a plane of their own."""
    east, lat = np.radians(table["lon"]), np.radians(table["lat"])
    about = np.arctan2(np.sin(east).mean(), np.cos(east).mean())
    lon = about + np.angle(np.exp(1j * (east - about)))  # the antimeridian is no border
    place = DataFrame({"lon": lon, "lat": lat})
    middle = place.median().to_numpy()
    base = place.groupby(table[by]).transform("median").to_numpy()
    far = np.linalg.norm(_plane(base, middle), axis=1) > _WIDE
    base = np.where(far[:, None], base, middle)
    rough = EARTH * (base - middle) * [np.cos(middle[1]), 1.0]
    x, y = (rough + _plane(place.to_numpy(), base)).T
    origin = np.degrees([np.angle(np.exp(1j * middle[0])), middle[1]]).round(9).tolist()
    return table.assign(x=x, y=y), tuple(origin), table[by][far].nunique()


def _plane(
    place: Float[np.ndarray, "row 2"], base: Float[np.ndarray, "*row 2"]
) -> Float[np.ndarray, "row 2"]:
    """Stereographic projection of radians, in m."""
    (lon, lat), (lon0, lat0) = place.T, base.T
    north = np.cos(lat0) * np.sin(lat) - np.sin(lat0) * np.cos(lat) * np.cos(lon - lon0)
    up = np.sin(lat0) * np.sin(lat) + np.cos(lat0) * np.cos(lat) * np.cos(lon - lon0)
    k = 2 * EARTH / (1 + up)
    return np.stack([k * np.cos(lat) * np.sin(lon - lon0), k * north], axis=-1)


def _with_speed(table: DataFrame) -> tuple[DataFrame, tuple[str, ...]]:
    """Speeds whose unit nobody says, by how they compare with travelled ones."""
    if "said" not in table:
        return table, ()
    said, step = table["said"], table.groupby("piece")[_MOVE].diff()
    travelled = np.hypot(step["x"], step["y"]) / step["time"]
    ratios = (said / travelled)[(travelled > 0.5) & (said > 0)]
    off = np.log(ratios.median() * Series(SPEEDS)).abs().sort_values()
    table, times = table.drop(columns="said"), f"{ratios.median():.3g} times the travelled ones"
    if len(ratios) < 3 or off.iloc[0] > np.log(1.15) or off.iloc[1] < 2 * off.iloc[0]:
        return table, (f"speeds left out: no unit is said, they are {times}: give units='km/h'",)
    told = f"speeds are taken as {off.index[0]}: no unit is said, and they are {times}"
    return table.assign(speed=said * SPEEDS[off.index[0]]), (told,)
