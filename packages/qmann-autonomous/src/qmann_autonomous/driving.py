"""Closed loop: the planner drives in a simulator, beside the simulator's own driver."""

import time
from typing import Any, Literal

import numpy as np
from pandas import DataFrame

from qmann_core.data import whole
from qmann_core.errors import DataError
from qmann_core.tasks import Result

from .planning import plan
from .scenes import Scene, within

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
        duration: in s; a scene, and its mean speed, ends earlier where the ego crashes.

    Raises:
        DataError: highway-env is not installed (the extra qmann-autonomous[drive]).
        ConfigError: a number out of range.

    Example:
        >>> drive(2, duration=5).to_frame()  # doctest: +SKIP
    """
    from scipy.stats import binomtest

    config = {
        "lanes_count": whole("lanes", lanes, most=20),
        "vehicles_count": whole("vehicles", vehicles, most=500),
        "vehicles_density": within("density", density, 10),
    }
    wanted, until = within("target_speed", target_speed, _LIMIT), within("duration", duration, 600)
    count, start = whole("seeds", seeds, most=10**5), whole("first", first, least=0, most=10**9)
    scenes = [(config, seed, wanted, until) for seed in range(start, start + count)]
    runs = np.array([[_run(policy, *scene) for scene in scenes] for policy in _POLICIES])
    crashed, speed, changes, taken = np.moveaxis(runs, -1, 0)
    bounds = [binomtest(int(n), count).proportion_ci() for n in crashed.sum(axis=1)]
    table = DataFrame(
        {
            "policy": _POLICIES,
            "runs": count,
            "collisions": crashed.sum(axis=1).astype(int),
            "lower": [bound.low for bound in bounds],
            "upper": [bound.high for bound in bounds],
            "mean speed": speed.mean(axis=1),
            "ratio": speed.mean(axis=1) / speed[-1].mean(),
            "lane changes": changes.sum(axis=1).astype(int),
            "ms each": 1000 * taken.mean(axis=1),
        }
    )
    return Result(
        title=f"{count} scenes of {until:g} s, seeds {start} to {start + count - 1}",
        table=table,
        notes=(
            f"lanes: {lanes}, vehicles: {vehicles}, density {density}, target speed {wanted:g} m/s",
            "lower, upper: of the probability of a collision, 95 %; ratio: of mean speeds, to idm",
            f"{_FREQUENCY} moments and decisions each second; idm decides within the simulator",
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
    return ego.crashed, float(np.mean(speeds)), changes, taken / len(speeds) if taken else np.nan


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
