"""Scenes: vehicles on a straight road at one moment."""

from dataclasses import dataclass
from io import StringIO
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float
from pandas import DataFrame, RangeIndex

from qmann_core.data import (
    Column,
    check_names,
    convert,
    describe_rows,
    find_column,
    name_source,
    need_column,
    number,
    read_noted,
    whole,
)
from qmann_core.errors import ConfigError, DataError

_FASTEST = 70.0  # m/s
_USUAL = {"lateral": 0.0, "length": 5.0, "width": 2.0}


@dataclass(frozen=True, kw_only=True, eq=False)
class Scene:
    """Vehicles on a straight road at one moment; the first is the ego."""

    agent: tuple[str, ...]
    x: Float[np.ndarray, " agent"]
    """Middle of each along the road in m."""
    lane: Float[np.ndarray, " agent"]
    """Lane number from 0 at the left; 1.5 is on the line between 1 and 2."""
    speed: Float[np.ndarray, " agent"]
    """Along the road in m/s."""
    lateral: Float[np.ndarray, " agent"]
    """Speed to the right in m/s."""
    length: Float[np.ndarray, " agent"]
    """In m, as the width."""
    width: Float[np.ndarray, " agent"]
    lanes: int
    lane_width: float = 4.0
    """In m."""
    speed_limit: float = 36.0
    """In m/s."""
    notes: tuple[str, ...] = ()


def demo_scene() -> Scene:
    """Three lanes: a slow vehicle ahead of the ego, a free lane to its left, none to its right."""
    rows = {
        "agent": ["ego", "lorry", "car ahead", "car behind", "van"],
        "x": [0.0, 50.0, 95.0, -60.0, 6.0],
        "lane": [1, 1, 0, 0, 2],
        "speed": [28.0, 22.0, 30.0, 31.0, 25.0],
    }
    return load_scene(DataFrame(rows))


def load_scene(
    source: Any,
    *,
    lanes: int | str | None = None,
    lane_width: float | str = 4.0,
    speed_limit: float | str = 36.0,
) -> Scene:
    """Read vehicles at one moment: columns agent, x, lane and speed, and where known others.

    The ego is the agent of that name, or has 1 in a column ego. Others are lateral (m/s to the
    right, else 0), length (else 5 m) and width (else 2 m).

    Args:
        source: CSV, Excel, Parquet or JSON file, a DataFrame, or a Scene, as it is.
        lanes: how many; by default as many as there are vehicles in.
        lane_width: in m.
        speed_limit: in m/s.

    Raises:
        DataError: no such file or column, no ego or several, a vehicle beside the road or too fast
            for metres per second, or two that overlap.
        ConfigError: a number that is none or out of range.
    """
    if isinstance(source, Scene):
        return source
    readers = {".json": lambda text: pd.read_json(StringIO(text))}
    table, notes = read_noted(source, readers=readers, text=("agent",))
    where = name_source(source)
    check_names(table.columns, where)
    table = _ego_first(table.set_axis(RangeIndex(1, len(table) + 1)), where)
    found = table[["agent"]].copy()
    for name in ("x", "lane", "speed", *_USUAL):
        column = need_column(table.columns, name, where=where)
        positive = name in ("length", "width")
        found[name] = convert(table[column], Column(name, positive=positive), where)
    count = int(found["lane"].max().round()) + 1 if lanes is None else whole("lanes", lanes)
    said = (f"lanes: {count}, as many as there are vehicles in",) if lanes is None else ()
    for name, least, most in (("lane", -0.5, count - 0.5), ("speed", 0.0, _FASTEST)):
        if (bad := ~found[name].between(least, most)).any():
            raise DataError(
                f"{where}: {name} out of range: {describe_rows(found[name], bad.to_numpy())}. "
                f"Expected {least:g} to {most:g} (speeds in m/s): correct these rows"
            )
    scene = Scene(
        agent=tuple(found["agent"]),
        **{name: found[name].to_numpy() for name in found.columns[1:]},
        lanes=count,
        lane_width=within("lane_width", lane_width, 10),
        speed_limit=within("speed_limit", speed_limit, _FASTEST),
        notes=(*notes, *said),
    )
    _refuse_overlaps(scene, where)
    return scene


def within(name: str, given: Any, most: float) -> float:
    """A number above 0, at most ``most``.

    Raises:
        ConfigError: none.
    """
    value = number(name, given)
    if not 0 < value <= most:
        raise ConfigError(f"got {name}={value:g}: expected a number above 0, at most {most:g}")
    return value


def _ego_first(table: DataFrame, where: str) -> DataFrame:
    """Vehicles with names and all columns, sorted so that the ego comes first."""
    usual = {k: v for k, v in _USUAL.items() if find_column(table.columns, (k,)) is None}
    agent = table[need_column(table.columns, "agent", where=where)]
    table = table.assign(agent=convert(agent, Column("agent", "text"), where), **usual)
    if (twice := table["agent"].duplicated()).any():
        rows = describe_rows(table["agent"], twice.to_numpy())
        raise DataError(f"{where}: agents stand there twice: {rows}. Expected one row for each")
    flag = find_column(table.columns, ("ego",))
    told = table["agent" if flag is None else flag].astype("str").str.lower()
    is_ego = told.isin(["ego"] if flag is None else ["1", "1.0", "true", "yes"])
    if is_ego.sum() != 1:
        raise DataError(
            f"{where}: {is_ego.sum()} of {len(table)} vehicles are the ego. Expected one, whose "
            "agent is ego or that has 1 in a column ego"
        )
    return pd.concat([table[is_ego], table[~is_ego]])


def _refuse_overlaps(scene: Scene, where: str) -> None:
    """Refuse two vehicles that are in one place."""
    x, y = scene.x, scene.lane * scene.lane_width
    long = np.abs(x - x[:, None]) < (scene.length + scene.length[:, None]) / 2
    wide = np.abs(y - y[:, None]) < (scene.width + scene.width[:, None]) / 2
    one, other = np.nonzero(np.triu(long & wide, 1))
    if len(one):
        raise DataError(
            f"{where}: {len(one)} pairs of vehicles overlap, the first {scene.agent[one[0]]!r} and "
            f"{scene.agent[other[0]]!r}. Expected x in m, of the middle of each: correct it"
        )
