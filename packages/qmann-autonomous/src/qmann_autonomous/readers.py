"""Readers: files of tracks in several formats, as one table with units."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from io import StringIO
from typing import Any

import numpy as np
import pandas as pd
from pandas import DataFrame, Index, RangeIndex, Series, Timestamp

from qmann_core.data import (
    Column,
    as_numbers,
    check_names,
    convert,
    describe_rows,
    list_names,
    name_source,
    need_column,
    plain_name,
    read_noted,
)
from qmann_core.errors import ConfigError, DataError

SPEEDS = {"m/s": 1.0, "knots": 1852 / 3600, "km/h": 1 / 3.6, "ft/s": 0.3048, "mph": 0.44704}
"""In m/s."""
_ALIASES = {
    **dict.fromkeys(("ms", "mps"), "m/s"),
    **dict.fromkeys(("kn", "kt", "kts", "knot"), "knots"),
    **dict.fromkeys(("kmh", "kph"), "km/h"),
    **dict.fromkeys(("fts", "fps"), "ft/s"),
}
_SCALES = {
    "place": {"m": 1.0, "ft": 0.3048, "deg": 1.0},
    "time": {"s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9},
    "speed": SPEEDS | {short: SPEEDS[unit] for short, unit in _ALIASES.items()},
}
_SIDES = ("position {}", "pos {}", "local {}", "{}", "{}center")
_ROLES = {
    "agent": (
        *("agent", "agent id", "mmsi", "track id", "trackid", "vehicle id", "object id", "ped id"),
        *("pedestrian id", "vessel", "id"),
    ),
    "time": (
        *("time", "t", "basedatetime", "base date time", "timestamp", "# timestamp", "datetime"),
        *("date time", "global time", "frame", "frame id", "timestep"),
    ),
    "x": ("lon", "longitude", *(side.format("x") for side in _SIDES)),
    "y": ("lat", "latitude", *(side.format("y") for side in _SIDES)),
    "speed": ("speed", "sog", "v vel", "v", "velocity"),
    "length": ("length", "v length"),
    "width": ("width", "v width"),
    "kind": ("kind", "object type", "vesseltype", "vessel type", "type", "class", "v class"),
    "lane": ("lane", "lane id"),
}
_PLACES = ("x", "y", "length", "width")
_MEANS = {**dict.fromkeys(_PLACES, "place"), "time": "time", "speed": "speed"}
_KNOWN = {
    **dict.fromkeys(("lon", "longitude", "lat", "latitude"), "deg"),
    **dict.fromkeys(("local x", "local y", "v length", "v width"), "ft"),  # NGSIM
    **{"global time": "ms", "v vel": "ft/s", "sog": "knots"},
}
_FRAMES = ("frame", "frame id", "timestep")
_RATES = {"local x": "10fps", "position x": "10fps"}  # NGSIM, Argoverse 2
_SCENES = ("scenario id", "scene", "scene id", "recording id", "location")
_ABSENT = {"x": 181.0, "y": 91.0}  # AIS: not available
_TOO_FAST = 102.25  # AIS: 102.3 knots are not available
_ZONE = r":\d\d(?:\.\d+)?\s*(?:Z|UTC|GMT|[+-]\d\d(?::?\d\d)?)$"


@dataclass(frozen=True, kw_only=True, eq=False)
class Raw:
    """Rows in the order of the file, numbered from 1, before anything is left out."""

    table: DataFrame
    """agent, time (s), x and y (m or degrees), and what else there is: length and width (m), kind,
    lane, and speed (m/s) or, where its unit is not known, said."""
    degrees: bool
    start: Timestamp | None
    where: str
    notes: tuple[str, ...]


def read_raw(source: Any, asked: Mapping[str, str | None], units: str | None) -> Raw:
    """Columns by what they mean, in SI units; see ``load_tracks``.

    Raises:
        ConfigError: a unit is unknown.
        DataError: the source cannot be read, or a column is missing or holds something else.
    """
    told, where = _told(units), name_source(source)
    names = (*_ROLES["agent"], *filter(None, (asked["agent"],)))
    table, notes = read_noted(source, readers=READERS, text=names)
    if table.index.names != [None]:
        table = table.reset_index()
    table = table.set_axis(table.columns.map(str), axis=1)
    table = table.set_axis(RangeIndex(1, len(table) + 1))
    check_names(table.columns, where)
    found = {role: _find(table.columns, role, asked.get(role), where) for role in _ROLES}
    unit = {role: told.get(_MEANS.get(role, ""), said) for role, (_, _, said) in found.items()}
    degrees = _in_degrees(unit, table.columns, where)
    _one_scene(table, where, degrees=degrees)
    if found["time"][1] in _FRAMES and unit["time"] is None:
        unit["time"] = _RATES.get(found["x"][1])
    elif unit["time"] is None:
        unit["time"] = "s"
    time, start, more = _seconds(table[found["time"][0]], unit["time"], where)
    read = {"agent": convert(table[found["agent"][0]], Column("agent", "text"), where).str.strip()}
    read["time"] = time
    for role in found.keys() - read.keys():
        if (name := found[role][0]) in table:
            key = "said" if role == "speed" and unit[role] is None else role
            read[key] = _values(table[name], role, unit[role], where)
    return Raw(
        table=DataFrame({key: read[key] for key in (*_ROLES, "said") if key in read}),
        degrees=degrees,
        start=start,
        where=where,
        notes=(*notes, *more),
    )


def _eth_ucy(text: str) -> DataFrame:
    """Pedestrians: frame, id, x and y in m, at 25 frames a second (Pellegrini et al. 2009)."""
    table = pd.read_csv(StringIO(text), sep=r"\s+", header=None)
    if table.shape[1] != 4:
        raise ValueError(f"{table.shape[1]} columns separated by blanks, expected frame id x y")
    return table.set_axis(["frame 25fps", "id", "x", "y"], axis=1)


def _tracktable(text: str) -> DataFrame:
    """A line for each track: 11 fields, then four for each position."""
    fields = list[str]()
    for line in filter(None, text.splitlines()):
        head, rest = line.split(",")[:11], line.split(",")[11:]
        if head[4:] != "0,*P*,terrestrial,2,1,1,0".split(",") or len(rest) != 4 * int(head[3]):
            raise ValueError("a track has other fields than *T*,id,terrestrial,N,0,*P*,...")
        fields += rest
    rows = np.array(fields, object).reshape(-1, 4)
    table = DataFrame(rows, columns=["mmsi", "timestamp", "lon", "lat"], dtype="str")
    return table.assign(lon=as_numbers(table["lon"]), lat=as_numbers(table["lat"]))


def _commonroad(text: str) -> DataFrame:
    """States of dynamic obstacles (Althoff, Koschi and Manzinger 2017)."""
    from xml.etree import ElementTree

    try:
        root = ElementTree.fromstring(text)  # noqa: S314  (expat limits entities)
    except ElementTree.ParseError as error:
        raise ValueError(f"no XML: {error}") from error
    rows, step = list[dict[str, Any]](), float(root.get("timeStepSize", "nan"))
    for obstacle in root.iter("dynamicObstacle"):
        fixed = {"agent": obstacle.get("id"), "kind": obstacle.findtext("type")}
        fixed |= {side: obstacle.findtext(f"shape/rectangle/{side}") for side in ("length", "width")}
        for state in (*obstacle.iter("initialState"), *obstacle.iterfind("trajectory/state")):
            place = {side: state.findtext(f"position/point/{side}") for side in "xy"}
            time = step * float(state.findtext("time/exact", "nan"))
            speed = {"speed m/s": state.findtext("velocity/exact")}
            rows.append({**fixed, "time": time, **place, **speed})
    return DataFrame(rows).dropna(axis=1, how="all")


READERS = {".txt": _eth_ucy, ".traj": _tracktable, ".xml": _commonroad}
"""What makes a table of a text, by suffix."""


def _scale(unit: str, means: str) -> float | None:
    """What a unit is in s, m or m/s; of frames a second, the time of one."""
    if means == "time" and (rate := re.fullmatch(r"([1-9]\d*(?:\.\d+)?)fps", unit)):
        return 1 / float(rate[1])
    return _SCALES.get(means, {}).get(unit)


def _told(units: str | None) -> dict[str, str]:
    told = dict[str, str]()
    for unit in (units or "").lower().replace(",", " ").split():
        means = next((means for means in _SCALES if _scale(unit, means) is not None), None)
        if means is None or means in told:
            known = [*_SCALES["place"], *_SCALES["time"], "25fps", *SPEEDS]
            raise ConfigError(
                f"got units {units!r}: expected at most one of places, of times and of speeds, "
                f"each once, out of {', '.join(known)}"
            )
        told[means] = unit
    return told


def _find(
    columns: Index, role: str, asked: str | None, where: str
) -> tuple[str | None, str, str | None]:
    """A column, its name without unit, and the unit, if the name or the format says it."""
    read = {str(name): _split(str(name), _MEANS.get(role, "")) for name in columns}
    stems = {stem: name for name, (stem, _) in reversed(read.items())}
    found = next((stems[name] for name in _ROLES[role] if name in stems), None)
    if asked is not None:
        found = str(need_column(columns, asked, where=where))
    if found is None and role in ("agent", "time", "x", "y"):
        raise DataError(
            f"{where}: which column is the {role}? Expected its name, as {role}=NAME, among "
            f"{list_names(columns)}"
        )
    return (None, "", None) if found is None else (found, *read[found])


def _split(name: str, means: str) -> tuple[str, str | None]:
    plain = " ".join(re.sub(r"[()\[\]]", " ", plain_name(name)).split())
    stem, _, last = plain.rpartition(" ")
    return (stem, last) if stem and _scale(last, means) else (plain, _KNOWN.get(plain))


def _in_degrees(unit: dict[str, str | None], columns: Index, where: str) -> bool:
    """Whether places are longitude and latitude; other units are settled."""
    x, y = (unit[side] or "m" for side in "xy")
    if x != y:
        raise DataError(
            f"{where}: got x in {x} and y in {y} among {list_names(columns)}. Expected both in one "
            "system of coordinates: name the columns, as x=NAME, y=NAME"
        )
    return x == "deg"


def _one_scene(table: DataFrame, where: str, *, degrees: bool) -> None:
    """Refuse scenes, each with coordinates of its own, in one file."""
    for name in () if degrees else table.columns:
        if plain_name(name) in _SCENES and table[name].nunique() > 1:
            raise DataError(
                f"{where}: {table[name].nunique()} values of {name!r}, each with coordinates of its "
                f"own: {list_names(table[name].unique())}. Expected one: load them one by one"
            )


def _values(values: Series, role: str, unit: str | None, where: str) -> Series:
    """Numbers in m or m/s, missing where not available; or text."""
    if role not in _MEANS:
        return convert(values, Column(role, "text", gaps=True), where)
    numbers = as_numbers(values).replace([np.inf, -np.inf], np.nan)
    if unit == "deg":
        return numbers.mask(numbers.eq(_ABSENT.get(role, np.nan)))
    if unit == "knots":
        numbers = numbers.where(numbers < _TOO_FAST)
    if role in ("length", "width"):
        numbers = numbers.where(numbers > 0)
    return numbers * (_scale(unit, _MEANS[role]) if unit else 1.0)


def _seconds(
    values: Series, unit: str | None, where: str
) -> tuple[Series, Timestamp | None, tuple[str, ...]]:
    """Seconds; of dates since the first, which is given, too."""
    name = str(values.name)
    if as_numbers(values).notna().any():
        if unit is None:
            raise DataError(
                f"{where}: column {name!r} counts frames. Expected how many there are in a second: "
                "say so, as units='25fps'"
            )
        return convert(values, Column(name), where) * _scale(unit, "time"), None, ()
    text = values.astype("str").str.strip()
    zoned = text.str.contains(_ZONE)
    if zoned.any() and not zoned.all():
        raise DataError(
            f"{where}: column {name!r} has times with a zone, and others without: "
            f"{describe_rows(values, ~zoned.to_numpy())}. Expected a zone for all or none: add it"
        )
    text = text.str.replace(r"\s*(UTC|GMT)$", "Z", regex=True)
    moments = pd.to_datetime(text, utc=True, format="ISO8601", errors="coerce")
    if zoned.any() and (bad := moments.isna().to_numpy()).any():
        raise DataError(
            f"{where}: column {name!r} has times that cannot be read: {describe_rows(values, bad)}. "
            "Expected ISO 8601, as 2020-06-30T12:00:00+02:00: correct these rows"
        )
    if moments.isna().any():
        moments = convert(values, Column(name, "date"), where).dt.tz_localize("UTC")
    start = moments.min()
    notes = () if zoned.any() else (f"times of column {name!r} have no zone and are taken as UTC",)
    return (moments - start).dt.total_seconds(), start, notes
