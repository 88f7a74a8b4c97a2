"""Plans: which of a few manoeuvres keeps clear, gets on and is comfortable."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float
from pandas import DataFrame

from qmann_core.data import number, whole
from qmann_core.errors import ConfigError
from qmann_core.tasks import Result

from .scenes import Scene, demo_scene, load_scene, within

_KEEP = (-8.0, -6.0, -4.0, -2.0, -1.0, 0.0, 1.0, 2.0)  # m/s^2, the first the hardest braking
_CHANGE = (-2.0, 0.0, 2.0)  # m/s^2 while changing lanes
_CHANGE_TIME = 2.0  # s from lane to lane
_RESPONSE = 0.5  # s
_STANDING, _BESIDE = 4.0, 0.5  # m kept to a leader at rest, and to the side
_SPREAD, _WIDENING = 1.0, 1.0  # m, m/s: standard deviation of another's place, and its growth
_RISK, _SPEED, _COMFORT = 10.0, 10.0, 0.02  # of the cost
_LONGEST = 60.0  # s
_UNITS = "progress in m over the horizon; comfort in m/s^2, less is better"
_Moves = Float[np.ndarray, " move"]
_Time = Float[np.ndarray, " time"]


@dataclass(frozen=True, kw_only=True)
class Plan(Result):
    """The manoeuvres, the chosen one first."""

    acceleration: float
    """Of the chosen one, in m/s^2."""
    lane: int
    """To which it leads."""
    admissible: bool
    """Whether it keeps the safe distance; if not, none does, and it brakes hardest."""


def safe_distance(
    rear: Any,
    front: Any,
    *,
    response: float = 0.5,
    accelerate: Any = 0.0,
    brake: float = 8.0,
    front_brake: float = 8.0,
) -> Any:
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
    scene: Any = None,
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
    `safe_distance` and 4 m more. Of these the one of least cost is chosen,

    10 risk + 10 mean_t |v(t) - target speed| / speed limit + 0.02 comfort^2 + lanes from the goal.

    The risk is 1 - prod_i (1 - max_t P_i(t)) over the others i, where P_i(t) is the probability of
    overlap: Phi((d + l) / s) - Phi((d - l) / s) while they are in one lane, with the distance d
    of their middles along the road, half the sum l of their lengths, and s^2 = 1 + t^2 (m, s).
    Others keep speed and lane, or end in the lane towards which they move; vehicles behind in the
    ego's own lane are left out, as they follow. Comfort is the size of the acceleration, of
    which 4 D / (2 s)^2 to the side, where D is how far the lane is.

    Args:
        scene: what `load_scene` takes; a road of three lanes when left out.
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
    now = load_scene(demo_scene() if scene is None else scene)
    wanted = number("target_speed", target_speed)
    until = within("horizon", horizon, _LONGEST)
    time = np.arange(0, until + 1e-9, within("step", step, until / 2))
    if not 0 <= wanted <= now.speed_limit:
        limit = f"m/s from 0 to the speed limit, {now.speed_limit:g}"
        raise ConfigError(f"got target_speed={wanted:g}: expected {limit}")
    lanes, accelerations = _manoeuvres(now, wanted)
    speeds = _speeds(now, accelerations, time, wanted)
    way = np.cumsum((speeds[:, 1:] + speeds[:, :-1]) / 2 * np.diff(time), axis=1)
    here = _beside(now, now.lane[:1], time[:1])[0, :, 0]
    beside = _beside(now, lanes, time)
    beside &= ~(here & (now.x[1:] < now.x[0]))[:, None]  # who is behind in the lane follows
    aside = np.abs(lanes - now.lane[0]) * now.lane_width
    table = DataFrame(
        {
            "manoeuvre": _named(lanes, accelerations),
            "why not": _reasons(now, _short(now, accelerations, beside[..., 0], here)),
            "risk": _risk(now, way, time, beside),
            "progress": way[:, -1],
            "comfort": np.hypot(accelerations, 4 * aside / _CHANGE_TIME**2),
        }
    )
    off = np.abs(speeds - wanted).mean(axis=1) / now.speed_limit
    cost = _RISK * table["risk"] + _SPEED * off + _COMFORT * table["comfort"] ** 2
    if goal is not None:
        _check_goal(now, goal, wanted, until)
        cost += np.abs(lanes - goal[1])
    return _chosen(now, table.assign(cost=cost), lanes, accelerations)


def _chosen(now: Scene, table: DataFrame, lanes: _Moves, accelerations: _Moves) -> Plan:
    """Of what is admissible the cheapest comes first; else the first one, which brakes hardest."""
    barred = table["why not"].ne("").to_numpy()
    order = np.lexsort((table["cost"], np.arange(len(table)) > 0 if barred.all() else barred))
    none = ("no manoeuvre keeps the safe distance: brake hardest",) if barred.all() else ()
    first = order[0]
    return Plan(
        title=f"{table['manoeuvre'][first]}: the first of {len(table)} manoeuvres",
        table=table.iloc[order].reset_index(drop=True),
        notes=(*none, _UNITS, *now.notes),
        acceleration=float(accelerations[first]),
        lane=int(lanes[first]),
        admissible=not barred[first],
    )


def _manoeuvres(now: Scene, wanted: float) -> tuple[_Moves, _Moves]:
    """Lane and acceleration of each: in the lane from hardest braking on, to the left, right."""
    most = np.clip((wanted - now.speed[0]) / _RESPONSE, -_CHANGE[-1], _CHANGE[-1])
    keep, change = (np.unique(np.minimum(each, most)) for each in (_KEEP, _CHANGE))
    own = _heading_to(now)[0]
    beside = [lane for lane in (own - 1, own + 1) if 0 <= lane < now.lanes]
    lanes = np.repeat([own, *beside], [len(keep), *(len(change) for _ in beside)])
    return lanes, np.concatenate([keep, *(change for _ in beside)])


def _heading_to(now: Scene) -> Float[np.ndarray, " agent"]:
    """Lane in which each is after the time of a change, as it moves now; at most the next one."""
    then = np.round(now.lane + now.lateral * _CHANGE_TIME / now.lane_width)
    ends = np.clip(then, np.ceil(now.lane) - 1, np.floor(now.lane) + 1)
    return np.asarray(np.clip(ends, 0, now.lanes - 1))


def _speeds(now: Scene, accelerations: _Moves, time: _Time, wanted: float) -> np.ndarray:
    """In m/s at each time: braking ends at rest, the greatest acceleration at the wanted speed."""
    speed = now.speed[0]
    least = np.where(accelerations == accelerations.max(), min(speed, wanted), 0.0)
    then = speed + accelerations[:, None] * time
    return np.asarray(np.clip(then, least[:, None], max(speed, wanted)))


def _beside(now: Scene, lanes: _Moves, time: _Time) -> np.ndarray:
    """Whether ego and other fill the same part of the road, each from here to its lane."""
    ends, rate = _heading_to(now)[1:, None], np.abs(now.lateral[1:, None]) / now.lane_width
    low, high = _filled(lanes[:, None], now.lane[0], 1 / _CHANGE_TIME, time)
    other_low, other_high = _filled(ends, now.lane[1:, None], rate, time)
    apart = ((now.width[0] + now.width[1:]) / 2 + _BESIDE)[:, None] / now.lane_width
    between = np.maximum(other_low - high[:, None], low[:, None] - other_high)
    return np.asarray(between < apart)


def _filled(ends: Any, lane: Any, rate: Any, time: _Time) -> tuple[np.ndarray, np.ndarray]:
    """Left and right end, in lanes, of what lies between the middle of a vehicle and its lane."""
    place = lane + np.clip(ends - lane, -rate * time, rate * time)
    return np.minimum(place, ends), np.maximum(place, ends)


def _risk(now: Scene, way: np.ndarray, time: _Time, beside: np.ndarray) -> _Moves:
    """Probability of an overlap with any other, each at its most dangerous moment."""
    from scipy.special import ndtr

    apart = now.x[1:, None] - now.x[0] + now.speed[1:, None] * time[1:] - way[:, None]
    half = (now.length[0] + now.length[1:])[:, None] / 2
    spread = np.hypot(_SPREAD, _WIDENING * time[1:])
    chance = ndtr((apart + half) / spread) - ndtr((apart - half) / spread)
    worst = np.where(beside[..., 1:], chance, 0.0).max(axis=2)
    return np.asarray(1 - (1 - worst).prod(axis=1))


def _short(now: Scene, accelerations: _Moves, beside: np.ndarray, here: np.ndarray) -> np.ndarray:
    """Metres by which the safe distance is missed: to those ahead, those behind in a new lane."""
    apart = now.x[1:] - now.x[0]
    gap = np.abs(apart) - (now.length[0] + now.length[1:]) / 2 - _STANDING
    behind = safe_distance(now.speed[0], now.speed[1:], accelerate=accelerations[:, None])
    before = safe_distance(now.speed[1:], now.speed[0])
    missed = np.where(apart >= 0, behind, np.where(here, -np.inf, before)) - gap
    return np.where(beside, missed, -np.inf)


def _reasons(now: Scene, missed: np.ndarray) -> list[str]:
    """Why a manoeuvre is not admissible, "" where it is."""
    worst = np.c_[missed, np.zeros(len(missed))].argmax(axis=1)
    return [
        f"{now.agent[1 + other]}: {row[other]:.1f} m less than the safe distance"
        if other < len(row)
        else ""
        for row, other in zip(missed, worst, strict=True)
    ]


def _named(lanes: _Moves, accelerations: _Moves) -> list[str]:
    sides = {0: "keep", -1: "left to", 1: "right to"}
    moves = zip(np.sign(lanes - lanes[0]), lanes, accelerations, strict=True)
    return [f"{sides[side]} lane {lane:g}, {rate:+.3g} m/s^2" for side, lane, rate in moves]


def _check_goal(now: Scene, goal: tuple[float, int], wanted: float, until: float) -> None:
    """Refuse a goal out of reach, with the limit that forbids it."""
    x, lane = number("goal x", goal[0]), whole("goal lane", goal[1], least=0, most=now.lanes - 1)
    fastest = np.array(_CHANGE[-1:])
    most = _speeds(now, fastest, np.linspace(0, until, 101), wanted).mean() * until
    far, changes = x - now.x[0], abs(lane - now.lane[0])
    limits = {
        f"{far:.1f} m ahead, and the ego does not reverse": far >= 0,
        f"{far:.1f} m ahead, and {_CHANGE[-1]:g} m/s^2 up to target_speed={wanted:g} give "
        f"{most:.1f} m": far <= most,
        f"{changes:.2g} lanes away, at {_CHANGE_TIME:g} s each": changes * _CHANGE_TIME <= until,
    }
    for limit, kept in limits.items():
        if not kept:
            raise ConfigError(
                f"the goal {goal} cannot be reached in {until:g} s: it is {limit}. Expected a "
                "nearer goal or a longer horizon"
            )
