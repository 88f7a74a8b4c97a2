"""Plans: which of a few manoeuvres keeps clear, gets on and is comfortable."""

from dataclasses import dataclass
from io import StringIO
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float, Int
from pandas import DataFrame, Series

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
from qmann_core.tasks import Result

_KEEP = (-8.0, -6.0, -4.0, -2.0, -1.0, 0.0, 1.0, 2.0)  # m/s^2, the first the hardest braking
_CHANGE = (-2.0, 0.0, 2.0)  # m/s^2 while changing lanes
_CHANGE_TIME = 2.0  # s from lane to lane
_BRAKE, _RESPONSE = 8.0, 0.5  # m/s^2, s
_STANDING, _BESIDE = 4.0, 0.5  # m kept to a leader at rest, and to the side
_SPREAD, _WIDENING = 1.0, 1.0  # m, m/s: standard deviation of another's place, and its growth
_RISK, _SPEED, _COMFORT = 10.0, 10.0, 0.02  # of the cost
_LONGEST = 60.0  # s
_UNITS = "progress in m over the horizon; comfort in m/s^2, less is better"
_FASTEST = 70.0  # m/s
_NAMES = {
    "x": ("x", "position"),
    "lane": ("lane", "lane number", "lane id"),
    "speed": ("speed", "speed (m/s)", "speed m/s", "v"),
}
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


@dataclass(frozen=True, kw_only=True)
class Plan(Result):
    """The manoeuvres, the chosen one first."""

    acceleration: float
    """Of the chosen one, in m/s^2."""
    lane: int
    """To which it leads."""
    admissible: bool
    """Whether it keeps the safe distance; if not, none does, and it brakes hardest."""


def demo_scene() -> Scene:
    """Three lanes: a slow vehicle ahead of the ego, a free lane to its left, none to its right."""
    columns = ["agent", "x", "lane", "speed"]
    rows = [
        *(("ego", 0.0, 1, 28.0), ("lorry", 45.0, 1, 22.0), ("car ahead, left", 95.0, 0, 30.0)),
        *(("car behind, left", -60.0, 0, 31.0), ("van", 6.0, 2, 25.0)),
    ]
    return load_scene(DataFrame(rows, columns=columns), lanes=3)


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
    table, notes = read_noted(source, readers=readers, text=("agent", "id"))
    where = name_source(source)
    check_names(table.columns, where)
    table = _ego_first(table.set_axis(pd.RangeIndex(1, len(table) + 1)), where)
    found = {name: _numbers(table, names, where) for name, names in _NAMES.items()}
    found |= {name: _numbers(table, (name,), where, usual) for name, usual in _USUAL.items()}
    count = int(found["lane"].max().round()) + 1 if lanes is None else whole("lanes", lanes)
    said = f"lanes: {count}, as many as there are vehicles in" if lanes is None else ""
    scene = Scene(
        agent=tuple(table["agent"]),
        **{name: values.to_numpy() for name, values in found.items()},
        lanes=count,
        lane_width=_positive("lane_width", lane_width),
        speed_limit=_positive("speed_limit", speed_limit),
        notes=(*notes, *filter(None, (said,))),
    )
    _refuse(
        found["lane"], ~found["lane"].between(-0.5, count - 0.5), f"lanes 0 to {count - 1}", where
    )
    fast = ~found["speed"].between(0, _FASTEST)
    _refuse(found["speed"], fast, f"m/s along the road, from 0 to {_FASTEST:g}", where)
    _refuse_overlaps(scene, where)
    return scene


def safe_distance(
    rear: Any,
    front: Any,
    *,
    response: float = _RESPONSE,
    accelerate: Any = 0.0,
    brake: float = _BRAKE,
    front_brake: float = _BRAKE,
) -> Float[np.ndarray, "..."]:
    """The gap in m at which a vehicle can still stop behind the one ahead, which brakes now.

    max(0, v r + a r^2 / 2 + (v + a r)^2 / (2 b) - w^2 / (2 B)): the one behind, at v, accelerates
    by a for a response time r and then brakes by b; the one ahead, at w, brakes by B
    (responsibility-sensitive safety; Shalev-Shwartz et al. 2017, arXiv:1708.06374, lemma 2).
    Where v + a r or w is below 0, that vehicle stands.

    Args:
        rear: v in m/s.
        front: w in m/s.
        response: r in s.
        accelerate: a in m/s^2.
        brake: b in m/s^2.
        front_brake: B in m/s^2.
    """
    then = np.maximum(rear + response * np.asarray(accelerate), 0)
    needed = (rear + then) / 2 * response + then**2 / (2 * brake)
    return np.maximum(needed - np.maximum(front, 0) ** 2 / (2 * front_brake), 0)


def plan(
    scene: Any,
    *,
    target_speed: float | str = 30.0,
    horizon: float | str = 5.0,
    step: float | str = 0.25,
    goal: tuple[float, int] | None = None,
) -> Plan:
    """Choose a manoeuvre for now: an acceleration in the lane, or a change of one lane.

    It is meant to be asked again within half a second (receding horizon). A manoeuvre is admissible
    if the ego, after half a second of it, could still stop behind whoever is ahead in the lanes
    that it takes, and whoever is behind in a lane that it enters could stop behind it, by
    `safe_distance`. Of these the one of least cost is chosen,

    10 risk + 10 mean_t |v(t) - target speed| / speed limit + 0.02 comfort^2 + lanes from the goal.

    The risk is 1 - prod_i (1 - max_t P_i(t)) over the others i, where P_i(t) is the probability of
    overlap: Phi((d + l) / s) - Phi((d - l) / s) while they are in one lane, with the distance d
    of their middles along the road, half the sum l of their lengths, and s^2 = 1 + t^2 (m, s).
    Others keep speed and lane, or end in the lane towards which they move; vehicles behind in the
    ego's own lane are left out, as they follow. Comfort is the size of the acceleration, to the
    side 4 metres to go / (2 s)^2.

    Args:
        scene: what `load_scene` takes.
        target_speed: in m/s.
        horizon: in s.
        step: between the moments at which risk is looked at, in s.
        goal: x in m and lane that must be reached within the horizon.

    Raises:
        DataError: as `load_scene`.
        ConfigError: a number out of range, or a goal out of reach; the message says which limit.

    Example:
        >>> plan(demo_scene()).to_frame()  # doctest: +SKIP
    """
    now = load_scene(scene)
    wanted, time = _checked(now, target_speed, horizon, step)
    lanes, accelerations = _manoeuvres(now, wanted)
    speeds = _speeds(now.speed[0], accelerations, time, wanted)
    way = np.cumsum((speeds[:, 1:] + speeds[:, :-1]) / 2 * np.diff(time), axis=1)
    beside = _beside(now, lanes, time)
    here = _beside(now, now.lane[:1], time[:1])[0, :, 0]
    beside &= ~(here & (now.x[1:] < now.x[0]))[:, None]  # who is behind in the lane follows
    short = _short(now, accelerations, beside[..., 0], here)
    table = DataFrame(
        {
            "manoeuvre": [_named(now, *each) for each in zip(lanes, accelerations, strict=True)],
            "why not": _reasons(now, short),
            "risk": _risk(now, way, time[1:], beside[..., 1:]),
            "progress": way[:, -1],
            "comfort": np.hypot(accelerations, _to_side(now, lanes)),
        }
    )
    off = np.abs(speeds - wanted).mean(axis=1) / now.speed_limit
    cost = _RISK * table["risk"] + _SPEED * off + _COMFORT * table["comfort"] ** 2
    if goal is not None:
        _check_goal(now, goal, wanted, time[-1])
        cost = cost + np.abs(lanes - goal[1])
    return _chosen(now, table.assign(cost=cost), lanes, accelerations)


def _chosen(
    now: Scene,
    table: DataFrame,
    lanes: Int[np.ndarray, " move"],
    accelerations: Float[np.ndarray, " move"],
) -> Plan:
    """The plan: of what is admissible the cheapest, else the first, which brakes hardest."""
    barred = table["why not"].ne("")
    order = np.lexsort((table["cost"], np.arange(len(table)) > 0 if barred.all() else barred))
    none = "no manoeuvre keeps the safe distance: brake hardest" if barred.all() else ""
    first = order[0]
    return Plan(
        title=f"{table['manoeuvre'][first]}: the first of {len(table)} manoeuvres",
        table=table.iloc[order].reset_index(drop=True),
        notes=(*filter(None, (none,)), _UNITS, *now.notes),
        acceleration=float(accelerations[first]),
        lane=int(lanes[first]),
        admissible=not barred[first],
    )


def _manoeuvres(
    now: Scene, wanted: float
) -> tuple[Int[np.ndarray, " move"], Float[np.ndarray, " move"]]:
    """Lane and acceleration of each: in the lane from hardest braking on, to the left, right."""
    most = np.clip((wanted - now.speed[0]) / _RESPONSE, -_CHANGE[-1], _CHANGE[-1])
    keep, change = (np.unique(np.minimum(each, most)) for each in (_KEEP, _CHANGE))
    own = _heading_to(now)[0]
    beside = [lane for lane in (own - 1, own + 1) if 0 <= lane < now.lanes]
    lanes = np.repeat([own, *beside], [len(keep), *(len(change) for _ in beside)])
    return lanes.astype(int), np.concatenate([keep, *(change for _ in beside)])


def _heading_to(now: Scene) -> Float[np.ndarray, " agent"]:
    """Lane in which each is after the time of a change, as it moves now; at most the next one."""
    then = np.round(now.lane + now.lateral * _CHANGE_TIME / now.lane_width)
    ends = np.clip(then, np.floor(now.lane), np.ceil(now.lane))
    return np.clip(ends, 0, now.lanes - 1)


def _speeds(
    speed: float, accelerations: Float[np.ndarray, " move"], time: np.ndarray, wanted: float
) -> Float[np.ndarray, "move time"]:
    """m/s at each time: braking ends at rest, what else goes to the wanted speed ends there."""
    least = np.where(accelerations == accelerations.max(), min(speed, wanted), 0.0)
    then = speed + accelerations[:, None] * time
    return np.clip(then, least[:, None], max(speed, wanted))


def _beside(
    now: Scene, lanes: np.ndarray, time: Float[np.ndarray, " time"]
) -> Bool[np.ndarray, "move other time"]:
    """Whether the ego and another fill the same part of the road, each from here to its lane."""
    ends, rate = _heading_to(now)[1:, None], np.abs(now.lateral[1:, None]) / now.lane_width
    low, high = _filled(lanes[:, None], now.lane[0], 1 / _CHANGE_TIME, time)
    other_low, other_high = _filled(ends, now.lane[1:, None], rate, time)
    apart = ((now.width[0] + now.width[1:]) / 2 + _BESIDE)[:, None] / now.lane_width
    right, left = other_low - high[:, None], low[:, None] - other_high
    return np.maximum(right, left) < apart


def _filled(ends: Any, lane: Any, rate: Any, time: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Left and right edge, in lanes, between where the middle of a vehicle is and where it ends."""
    place = lane + np.clip(ends - lane, -rate * time, rate * time)
    return np.minimum(place, ends), np.maximum(place, ends)


def _risk(
    now: Scene, way: np.ndarray, time: np.ndarray, beside: np.ndarray
) -> Float[np.ndarray, " move"]:
    """Probability of an overlap with any other, each at its most dangerous moment."""
    from scipy.special import ndtr

    apart = (now.x[1:, None] - now.x[0] + now.speed[1:, None] * time) - way[:, None]
    half = (now.length[0] + now.length[1:])[:, None] / 2
    spread = np.hypot(_SPREAD, _WIDENING * time)
    chance = ndtr((apart + half) / spread) - ndtr((apart - half) / spread)
    worst = np.where(beside, chance, 0.0).max(axis=2)
    free: Float[np.ndarray, " move"] = 1 - (1 - worst).prod(axis=1)
    return free


def _short(
    now: Scene, accelerations: np.ndarray, beside: np.ndarray, here: np.ndarray
) -> Float[np.ndarray, "move other"]:
    """m by which the safe distance is missed, to those ahead and to those behind in a new lane."""
    apart = now.x[1:] - now.x[0]
    gap = np.abs(apart) - (now.length[0] + now.length[1:]) / 2 - _STANDING
    behind = safe_distance(now.speed[0], now.speed[1:], accelerate=accelerations[:, None])
    before = safe_distance(now.speed[1:], now.speed[0])
    missed = np.where(apart >= 0, behind, np.where(here, -np.inf, before)) - gap
    return np.where(beside, np.maximum(missed, 0.0), 0.0)


def _to_side(now: Scene, lanes: np.ndarray) -> Float[np.ndarray, " move"]:
    sideways: Float[np.ndarray, " move"] = np.abs(lanes - now.lane[0]) * now.lane_width
    return 4 * sideways / _CHANGE_TIME**2


def _named(now: Scene, lane: int, acceleration: float) -> str:
    turn = np.sign(lane - _heading_to(now)[0])
    side = {0: f"keep lane {lane}", -1: f"left to lane {lane}", 1: f"right to lane {lane}"}[turn]
    return f"{side}, {acceleration:+.3g} m/s^2"


def _reasons(now: Scene, short: Float[np.ndarray, "move other"]) -> list[str]:
    """Why a manoeuvre is not admissible, "" where it is."""
    if not short.size:
        return [""] * len(short)
    most, who = short.max(axis=1), short.argmax(axis=1)
    return [
        f"{now.agent[1 + other]}: {missed:.1f} m less than the safe distance" if missed > 0 else ""
        for missed, other in zip(most, who, strict=True)
    ]


def _checked(
    now: Scene, target_speed: Any, horizon: Any, step: Any
) -> tuple[float, Float[np.ndarray, " time"]]:
    wanted, until = number("target_speed", target_speed), _positive("horizon", horizon)
    every = _positive("step", step)
    if not 0 <= wanted <= now.speed_limit:
        raise ConfigError(
            f"got target_speed={wanted:g}: expected m/s from 0 to the speed limit, "
            f"{now.speed_limit:g}"
        )
    if not 2 * every <= until <= _LONGEST:
        raise ConfigError(
            f"got horizon={until:g}, step={every:g}: expected two steps or more within a horizon "
            f"of at most {_LONGEST:g} s"
        )
    return wanted, np.arange(round(until / every) + 1) * every


def _check_goal(now: Scene, goal: tuple[float, int], wanted: float, until: float) -> None:
    """Refuse a goal out of reach, with the limit that forbids it."""
    x, lane = number("goal x", goal[0]), whole("goal lane", goal[1], least=0, most=now.lanes - 1)
    reach = _speeds(now.speed[0], np.array(_CHANGE[-1:]), np.linspace(0, until, 101), wanted)
    most, changes = reach.mean() * until, abs(lane - now.lane[0])
    problem = ""
    if x < now.x[0]:
        problem = f"it lies {now.x[0] - x:.1f} m behind the ego. Expected one ahead"
    elif x - now.x[0] > most:
        problem = (
            f"{x - now.x[0]:.1f} m are more than the {most:.1f} m at {_CHANGE[-1]:g} m/s^2 up to "
            f"target_speed={wanted:g}. Expected a nearer goal or a longer horizon"
        )
    elif changes * _CHANGE_TIME > until:
        problem = (
            f"{changes:.2g} lanes need {changes * _CHANGE_TIME:.1f} s at {_CHANGE_TIME:g} s each. "
            "Expected a nearer lane or a longer horizon"
        )
    if problem:
        raise ConfigError(f"the goal {goal} cannot be reached in {until:g} s: {problem}")


def _positive(name: str, given: Any) -> float:
    value = number(name, given)
    if value <= 0:
        raise ConfigError(f"got {name}={value:g}: expected a number above 0")
    return value


def _numbers(
    table: DataFrame, names: tuple[str, ...], where: str, usual: float | None = None
) -> Series:
    """A column of numbers; where it is not there, the usual one."""
    found = find_column(table.columns, names)
    if found is None and usual is not None:
        return Series(usual, index=table.index, name=names[0])
    found = need_column(table.columns, names[0], where=where) if found is None else found
    return convert(table[found], Column(names[0], positive=names[0] in ("length", "width")), where)


def _ego_first(table: DataFrame, where: str) -> DataFrame:
    """Vehicles with names, sorted so that the ego comes first."""
    name, flag = (find_column(table.columns, names) for names in (("agent", "id"), ("ego",)))
    if name is None:
        name = need_column(table.columns, "agent", where=where)
    table = table.rename(columns={name: "agent"})
    table["agent"] = convert(table["agent"], Column("agent", "text"), where)
    if (twice := table["agent"].duplicated()).any():
        rows = describe_rows(table["agent"], twice.to_numpy())
        raise DataError(f"{where}: agents stand there twice: {rows}. Expected one row for each")
    told = table["agent"].str.lower() if flag is None else table[flag].astype("str").str.lower()
    is_ego = told.isin(["ego"] if flag is None else ["1", "1.0", "true", "yes"])
    if is_ego.sum() != 1:
        raise DataError(
            f"{where}: {is_ego.sum()} of {len(table)} vehicles are the ego. Expected one, whose "
            "agent is ego or that has 1 in a column ego"
        )
    return pd.concat([table[is_ego], table[~is_ego]])


def _refuse(values: Series, bad: Series, expected: str, where: str) -> None:
    if bad.any():
        raise DataError(
            f"{where}: {values.name} of {describe_rows(values, bad.to_numpy())} is out of range. "
            f"Expected {expected}: correct these rows"
        )


def _refuse_overlaps(scene: Scene, where: str) -> None:
    """Refuse two vehicles that are in one place."""
    x, y = scene.x, scene.lane * scene.lane_width
    long = np.abs(x - x[:, None]) < (scene.length + scene.length[:, None]) / 2
    wide = np.abs(y - y[:, None]) < (scene.width + scene.width[:, None]) / 2
    one, other = np.nonzero(np.triu(long & wide, 1))
    if len(one):
        pair = f"{scene.agent[one[0]]!r} and {scene.agent[other[0]]!r}"
        raise DataError(
            f"{where}: {len(one)} pairs of vehicles overlap, the first {pair}. Expected each in "
            "its own place: correct x (m, of the middle), lane or length"
        )
