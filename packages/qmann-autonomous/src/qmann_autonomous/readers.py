"""Readers: files of tracks in several formats, as one table in SI units."""

import re
from collections.abc import Mapping
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
_SHORT = {
    **dict.fromkeys(("ms", "mps"), SPEEDS["m/s"]),
    **dict.fromkeys(("kn", "kt", "kts"), SPEEDS["knots"]),
    **dict.fromkeys(("kmh", "kph"), SPEEDS["km/h"]),
    **dict.fromkeys(("fts", "fps"), SPEEDS["ft/s"]),
}
_SCALES = {
    "place": {"m": 1.0, "ft": 0.3048, "deg": 1.0},
    "time": {"s": 1.0, "ds": 0.1, "ms": 1e-3, "us": 1e-6, "ns": 1e-9},
    "speed": SPEEDS | _SHORT,
}
_MEANS = {**dict.fromkeys(("x", "y", "length", "width"), "place"), "time": "time", "speed": "speed"}
_COLUMNS = {  # role and unit, the first that is there counts
    "agent": ("agent", "agent id", "mmsi", "track id", "trackid", "vehicle id", "id", "object id"),
    "time s": ("time", "t", "basedatetime", "timestamp", "# timestamp", "datetime", "date time"),
    "time ms": ("global time",),
    "time frames": ("frame", "frame id", "timestep"),
    "x deg": ("lon", "longitude"),
    "y deg": ("lat", "latitude"),
    "x ft": ("local x",),
    "y ft": ("local y",),
    "x m": ("x", "position x", "xcenter"),
    "y m": ("y", "position y", "ycenter"),
    "speed knots": ("sog",),
    "speed ft/s": ("v vel",),
    "speed": ("speed", "v", "velocity"),
    "length ft": ("v length",),
    "length m": ("length",),
    "width ft": ("v width",),
    "width m": ("width",),
    "kind": ("kind", "object type", "vesseltype", "type", "class", "v class"),
    "lane": ("lane", "lane id"),
}
_STATE = {"time": "time/exact", "x": "position/point/x", "y": "position/point/y"}
_STATE |= {"speed m/s": "velocity/exact"}
_SHAPE = {"length": "shape/rectangle/length", "width": "shape/rectangle/width", "kind": "type"}
_ABSENT = {"x": 181.0, "y": 91.0}  # degrees that are not available in AIS
_ZONE = r":\d\d(?:\.\d+)?\s*(?:Z|UTC|GMT|[+-]\d\d(?::?\d\d)?)$"


def read_raw(
    source: Any, asked: Mapping[str, str | None], units: str | None
) -> tuple[DataFrame, Timestamp | None, tuple[str, ...]]:
    """Rows in the order of the file, numbered from 1; see ``load_tracks``.

    Returns:
        The table: agent, time (s), lon and lat (degrees) or x and y (m), and what else there is:
        length and width (m), kind, lane, and speed (m/s) or, where its unit is not known, said; the
        time of 0, if there are dates; and notes.

    Raises:
        ConfigError: a unit is unknown.
        DataError: the source cannot be read, or a column is missing or holds something else.
    """
    told, where = _told(units), name_source(source)
    names = (*_COLUMNS["agent"], asked["agent"] or "agent")
    table, notes = read_noted(source, readers=READERS, text=names)
    table = table if table.index.names == [None] else table.reset_index()
    table = table.set_axis(table.columns.map(str), axis=1).set_axis(RangeIndex(1, len(table) + 1))
    check_names(table.columns, where)
    found = _found(table.columns, asked, where)
    unit = {role: told.get(_MEANS.get(role, ""), said) for role, (_, said) in found.items()}
    if unit["x"] != unit["y"]:
        raise DataError(
            f"{where}: got {found['x'][0]!r} in {unit['x']} and {found['y'][0]!r} in {unit['y']}. "
            "Expected one system of coordinates: name the columns, as x=NAME, y=NAME"
        )
    if unit["time"] == "frames" and plain_name(found["x"][0]) in ("local x", "position x"):
        unit["time"] = "ds"  # of NGSIM and Argoverse 2
    (who, _), (when, _) = found.pop("agent"), found.pop("time")
    agent = convert(table[who], Column(who, "text"), where).str.strip()
    time, start, more = _seconds(table[when], unit["time"], where)
    read = {role: _values(table[name], role, unit[role]) for role, (name, _) in found.items()}
    known = {role: each for role, each in read.items() if role in "xy" or each.notna().any()}
    other = {"x": "lon", "y": "lat"} if unit["x"] == "deg" else {}
    other |= {"speed": "said"} if unit.get("speed") == "" else {}
    return (
        DataFrame({"agent": agent, "time": time, **known}).rename(columns=other),
        start,
        (*notes, *more),
    )


def _eth_ucy(text: str) -> DataFrame:
    """Pedestrians: frame, id, x and y in m, at 25 frames a second (Pellegrini et al. 2009)."""
    table = pd.read_csv(StringIO(text), sep=r"\s+", header=None)
    if table.shape[1] != 4:
        raise ValueError(f"{table.shape[1]} columns separated by blanks, expected frame id x y")
    table = table.set_axis(["time", "id", "x", "y"], axis=1)
    return table.assign(time=as_numbers(table["time"]) / 25)


def _tracktable(text: str) -> DataFrame:
    """A line for each track: 11 fields, then four for each position."""
    fields = list[str]()
    for line in filter(None, text.splitlines()):
        head, rest = line.split(",")[:11], line.split(",")[11:]
        if ",".join(head[4:]) != "0,*P*,terrestrial,2,1,1,0" or len(rest) != 4 * int(head[3]):
            raise ValueError("a line is not *T*,name,terrestrial,N,0,*P*,... with N positions")
        fields += rest
    rows = np.array(fields, object).reshape(-1, 4)
    return DataFrame(rows, columns=["mmsi", "timestamp", "lon", "lat"], dtype="str")


def _commonroad(text: str) -> DataFrame:
    """States of dynamic obstacles (Althoff, Koschi and Manzinger 2017)."""
    from xml.etree import ElementTree as ET

    try:
        root = ET.fromstring(text)  # noqa: S314  (expat limits entities)
    except ET.ParseError as error:
        raise ValueError(f"no XML: {error}") from error
    rows = [
        {"agent": one.get("id")}
        | {key: one.findtext(path) for key, path in _SHAPE.items()}
        | {key: state.findtext(path) for key, path in _STATE.items()}
        for one in root.iter("dynamicObstacle")
        for state in (*one.iter("initialState"), *one.iterfind("trajectory/state"))
    ]
    if not rows or "timeStepSize" not in root.attrib:
        raise ValueError("no timeStepSize, or no dynamicObstacle with states")
    table = DataFrame(rows)
    return table.assign(time=as_numbers(table["time"]) * float(root.attrib["timeStepSize"]))


READERS = {".txt": _eth_ucy, ".traj": _tracktable, ".xml": _commonroad}
"""What makes a table of a text, by suffix."""


def _told(units: str | None) -> dict[str, str]:
    """Units that a user says, by what they are of."""
    told = dict[str, str]()
    for unit in (units or "").lower().split():
        means = next((means for means, scales in _SCALES.items() if unit in scales), "")
        if not means or means in told:
            known = [*_SCALES["place"], *_SCALES["time"], *SPEEDS]
            raise ConfigError(
                f"got units {units!r}: expected one of places, of times and of speeds at most, "
                f"separated by blanks, out of {', '.join(known)}"
            )
        told[means] = unit
    return told


def _found(
    columns: Index, asked: Mapping[str, str | None], where: str
) -> dict[str, tuple[str, str]]:
    """The column of each role, and its unit, as its name or its format says it."""
    found, usual = dict[str, tuple[str, str]](), {"time": "s", "x": "m", "y": "m"}
    named = {r: need_column(columns, name, where=where) for r, name in asked.items() if name}
    for key, names in _COLUMNS.items():
        role, _, unit = key.partition(" ")
        read = {name: _split(name, role) for name in ([named[role]] if role in named else columns)}
        stems = {stem: (name, said or unit) for name, (stem, said) in read.items()}
        for stem in (stem for stem in names if stem in stems):
            found.setdefault(role, stems[stem])
    for role, name in named.items():
        found.setdefault(role, (name, _split(name, role)[1] or usual.get(role, "")))
    if absent := [role for role in ("agent", "time", "x", "y") if role not in found]:
        raise DataError(
            f"{where}: which column is the {absent[0]}? Expected its name, as {absent[0]}=NAME, "
            f"among {list_names(columns)}"
        )
    return found


def _split(column: str, role: str) -> tuple[str, str]:
    """A name without its unit, and that unit."""
    plain = " ".join(re.sub(r"[()\[\]]", " ", plain_name(column)).split())
    stem, _, last = plain.rpartition(" ")
    return (stem, last) if stem and last in _SCALES.get(_MEANS.get(role, ""), ()) else (plain, "")


def _values(values: Series, role: str, unit: str) -> Series:
    """Numbers in m, degrees or m/s, missing where not available; or text."""
    if role not in _MEANS:
        return convert(values, Column(role, "text", gaps=True), role)
    numbers = as_numbers(values).replace([np.inf, -np.inf], np.nan)
    if unit == "deg":
        return numbers.mask(numbers == _ABSENT.get(role))
    if role == "speed" and unit == "knots":
        numbers = numbers.where(numbers < 102.25)  # 102.3 is not available in AIS
    sizes = numbers.where(numbers > 0) if role in ("length", "width") else numbers
    return sizes * _SCALES[_MEANS[role]].get(unit, 1.0)


def _seconds(
    values: Series, unit: str, where: str
) -> tuple[Series, Timestamp | None, tuple[str, ...]]:
    """Numbers in seconds; dates as seconds since the first, which is given, too."""
    name = str(values.name)
    if as_numbers(values).notna().any():
        if unit == "frames":
            raise DataError(
                f"{where}: column {name!r} counts frames. Expected times: add a column time in "
                "seconds, or say units='s' (or ds, tenths) if it is one"
            )
        return convert(values, Column(name), where) * _SCALES["time"][unit], None, ()
    text = values.astype("str").str.strip().str.replace(r"\s*(UTC|GMT)$", "Z", regex=True)
    zoned = text.str.contains(_ZONE)
    moments = pd.to_datetime(text, utc=True, format="ISO8601", errors="coerce")
    bad = (~zoned | moments.isna()).to_numpy()
    if zoned.any() and bad.any():
        raise DataError(
            f"{where}: column {name!r} has times with a zone, and {bad.sum()} that have none or "
            f"are none: {describe_rows(values, bad)}. Expected a zone for all or for none, as "
            "2020-06-30T12:00:00+02:00: correct these rows"
        )
    if moments.isna().any():
        moments = convert(values, Column(name, "date"), where).dt.tz_localize("UTC")
    notes = () if zoned.any() else (f"times of column {name!r} have no zone and are taken as UTC",)
    return (moments - moments.min()).dt.total_seconds(), moments.min(), notes
