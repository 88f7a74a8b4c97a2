"""Closed loop: the planner drives in a simulator, beside the simulator's own driver."""

import time
from typing import Any, Literal

import numpy as np
from jaxtyping import Float
from pandas import DataFrame

from qmann_core.data import number, whole
from qmann_core.errors import ConfigError, DataError
from qmann_core.tasks import Result

from .planning import Scene, plan

Policy = Literal["plan", "idm"]
_POLICIES: tuple[Policy, ...] = ("plan", "idm")
_FREQUENCY = 5  # moments of the simulator, and decisions, each second
_LIMIT = 30.0  # m/s, of the road


def drive(
    seeds: int | str = 100,
    *,
    first: int | str = 0,
    lanes: int | str = 4,
    vehicles: int | str = 30,
    density: float | str = 1.0,
    target_speed: float | str = 30.0,
    duration: float | str = 40.0,
) -> Result:
    """Drive on highway-env's road by `plan`, and in the same scenes by its own driver.

    The simulator's driver accelerates by the intelligent driver model (Treiber et al. 2000,
    arXiv:cond-mat/0002177) and changes lanes by MOBIL (Kesting et al. 2007, doi:10.3141/1999-10),
    as all others do. The interval of the collisions is Clopper and Pearson's of 95 %. Both begin at
    25 m/s and want the target speed. The planner decides every 0.2 s and gives accelerations from
    -8 to 2 m/s^2, so it may stop as the other may (which has -6 to 3), not one of the simulator's
    discrete target speeds, of which the least is 20 m/s.

    Args:
        seeds: how many scenes, from the seed ``first`` on.
        first: from 0.
        lanes: of the road.
        vehicles: beside the ego.
        density: of vehicles, 1 as the simulator has it.
        target_speed: in m/s, up to the road's limit of 30.
        duration: in s; a scene ends earlier where the ego crashes.

    Raises:
        DataError: highway-env is not installed (the extra qmann-autonomous[drive]).
        ConfigError: a number out of range.

    Example:
        >>> drive(2, duration=5).to_frame()  # doctest: +SKIP
    """
    count, start = whole("seeds", seeds, most=10**5), whole("first", first, least=0, most=10**9)
    config = {
        "lanes_count": whole("lanes", lanes, most=20),
        "vehicles_count": whole("vehicles", vehicles, most=500),
        "vehicles_density": _within("density", density, 10),
    }
    wanted, until = (
        _within("target_speed", target_speed, _LIMIT),
        _within("duration", duration, 600),
    )
    runs = {
        policy: [_run(policy, config, seed, wanted, until) for seed in range(start, start + count)]
        for policy in _POLICIES
    }
    rows = [
        _row(policy, *map(np.array, zip(*found, strict=True))) for policy, found in runs.items()
    ]
    table = DataFrame(rows)
    table.insert(5, "ratio", table["mean speed"] / table["mean speed"].iloc[-1])
    return Result(
        title=f"{count} scenes of {until:g} s, seeds {start} to {start + count - 1}",
        table=table,
        notes=(
            f"{vehicles} vehicles on {lanes} lanes, density {density}; from 25 m/s, "
            f"target speed {wanted:g} m/s; {_FREQUENCY} moments and decisions each second",
            "lower and upper: of the probability of a collision, 95 % (Clopper and Pearson)",
            "ratio: of mean speeds, to that of idm, the simulator's driver; it decides within the "
            "simulator, so its time is not told",
        ),
    )


def _run(
    policy: Policy, config: dict[str, Any], seed: int, wanted: float, until: float
) -> tuple[bool, float, int, float]:
    """Whether the ego crashed, its mean speed, lane changes, and seconds for each decision."""
    road, ego = _scene(policy, config, seed, wanted)
    speeds, lanes, taken = list[float](), [ego.target_lane_index[2]], 0.0
    while len(speeds) < until * _FREQUENCY and not ego.crashed:
        if policy == "plan":
            taken += _decide(road, ego, wanted)
        road.act()
        road.step(1 / _FREQUENCY)
        speeds.append(ego.speed)
        lanes.append(ego.target_lane_index[2])
    changes = int(np.count_nonzero(np.diff(lanes)))
    return ego.crashed, float(np.mean(speeds)), changes, taken / len(speeds)


def _scene(policy: Policy, config: dict[str, Any], seed: int, wanted: float) -> tuple[Any, Any]:
    """The road of a seed, and on it the ego, driven by a policy."""
    try:
        from highway_env.envs.highway_env import HighwayEnv
        from highway_env.vehicle.behavior import IDMVehicle
        from highway_env.vehicle.controller import ControlledVehicle
    except ModuleNotFoundError as error:
        raise DataError(
            f"driving needs the package {error.name}. Expected it: "
            "pip install 'qmann-autonomous[drive]'"
        ) from error
    env = HighwayEnv(config)
    env.reset(seed=seed)
    driver = IDMVehicle if policy == "idm" else ControlledVehicle
    ego = driver.create_from(env.vehicle)
    ego.target_speed = wanted
    env.road.vehicles[0] = ego
    return env.road, ego


def _decide(road: Any, ego: Any, wanted: float) -> float:
    """Tell the ego what to do until the next moment; seconds that the plan took."""
    scene = _seen(road.vehicles, road.network)
    begin = time.perf_counter()
    chosen = plan(scene, target_speed=wanted)
    taken = time.perf_counter() - begin
    ego.target_lane_index = (*ego.lane_index[:2], chosen.lane)
    acceleration = max(chosen.acceleration, -ego.speed * _FREQUENCY)  # not below standstill
    ego.target_speed = ego.speed + acceleration * ego.TAU_ACC
    return taken


def _seen(vehicles: list[Any], network: Any) -> Scene:
    """What the ego, the first of the vehicles, sees."""
    lanes = network.lanes_list()
    x, y = np.array([each.position for each in vehicles]).T
    forward, lateral = np.array([each.velocity for each in vehicles]).T
    along, across = np.abs([each.direction for each in vehicles]).T  # of what wrecks are turned by
    length, width = np.array([(each.LENGTH, each.WIDTH) for each in vehicles]).T
    return Scene(
        agent=tuple(map(str, range(len(vehicles)))),
        x=x,
        lane=y / lanes[0].width,
        speed=forward,
        lateral=lateral,
        length=length * along + width * across,
        width=width * along + length * across,
        lanes=len(lanes),
        lane_width=lanes[0].width,
    )


def _row(
    policy: Policy,
    crashed: Float[np.ndarray, " seed"],
    speed: Float[np.ndarray, " seed"],
    changes: Float[np.ndarray, " seed"],
    taken: Float[np.ndarray, " seed"],
) -> dict[str, Any]:
    from scipy.stats import binomtest

    interval = binomtest(int(crashed.sum()), len(crashed)).proportion_ci()
    return {
        "policy": policy,
        "runs": len(crashed),
        "collisions": int(crashed.sum()),
        "lower": interval.low,
        "upper": interval.high,
        "mean speed": speed.mean(),
        "lane changes": int(changes.sum()),
        "ms each": 1000 * taken.mean() if policy == "plan" else np.nan,
    }


def _within(name: str, given: Any, most: float) -> float:
    value = number(name, given)
    if not 0 < value <= most:
        raise ConfigError(f"got {name}={value:g}: expected a number above 0, at most {most:g}")
    return value
