"""Which agents may come too near to each other, when, and how likely that is."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray
from pandas import DataFrame

from qmann_core.data import number, whole
from qmann_core.errors import ConfigError, DataError
from qmann_core.tasks import Result

from .encounters import (
    closest_approach,
    encounter_situation,
    post_encroachment_time,
    time_to_collision,
)
from .paths import Paths

Array = NDArray[np.float64]

_FAR = 3.7  # four standard normals are longer in fewer than 1 of 100 draws
_ALARMS = {"": 0.0, "watch": 0.05, "conflict": 0.5}
_PAIRS, _NUMBERS = 10_000, 100_000  # at a time: what caches hold
_NOTE = (
    "Probabilities count {draws} draws, in each of which an agent errs by one share of its region "
    "in one direction at all steps, apart from the others. TTC is infinite where no contact comes "
    "within the horizon, PET where paths share no place; straight: at the last velocities"
)


def conflicts(
    paths: Paths,
    *,
    radius: float,
    vessels: bool = False,
    draws: int = 500,
    seed: int = 0,
    within: float | None = None,
) -> DataFrame:
    """Pairs of agents that may come near, the likeliest conflict first.

    A conflict is a distance of at most ``radius`` at any moment from the last known positions,
    which are of one time and exact, to the horizon. With place m and factor L a draw moves a path
    to m(t) + L(t) z with one z ~ N(0, 1) of an agent for all steps: its errors are as correlated
    over time as they can be, and those of two agents not at all. Paths are linear between steps.

    Columns: agent, other; alarm ("conflict" from a probability of .5, "watch" from .05); situation
    of the first where ``vessels`` (see `encounter_situation`); probability of conflict; TTC, the
    first moment of conflict, TCPA, the moment of the least distance, both in s, and DCPA, that
    distance in m, on the predicted paths, each with the ends lo-90 and hi-90 of its central 90 %
    interval over draws; PET in s of the predicted paths; TTC, TCPA and DCPA at constant last
    velocities, called straight. See `qmann_autonomous.encounters` for all of them.

    Args:
        paths: predictions of two agents or more.
        radius: m, the sum of both radii, or the distance to be kept.
        vessels: whether to say the situation by COLREG.
        draws: of each path.
        seed: of the draws.
        within: m that predicted paths of a pair must come within. By default pairs are left out
            whose probability of conflict is less than .01 by a bound.

    Raises:
        DataError: fewer than two agents.
        ConfigError: a distance that is not above zero, or no draws.
    """
    if len(paths.agents) < 2:
        raise DataError(f"got {len(paths.agents)} agents: expected two or more")
    touching, size = metres("radius", radius), whole("draws", draws)
    known = np.concatenate([paths.last[:, None], paths.place], axis=1)
    moves = np.concatenate([np.zeros_like(paths.factor[:, :1]), paths.factor], axis=1)
    z = np.random.default_rng(seed).standard_normal((len(known), 2, size))
    near = (moves, touching) if within is None else (0 * moves, metres("within", within))
    pairs = _near(known, *near)
    parts = _split(pairs, _NUMBERS // (size * known.shape[1]))
    found = [_figures(paths, known, moves, z, part, touching) for part in parts]
    figures = {name: np.concatenate([each[name] for each in found]) for name in found[0]}
    table = _table(paths, pairs, figures, vessels)
    order = ["probability", "TTC s", "DCPA m", "agent", "other"]
    ascending = [False, True, True, True, True]
    return table.sort_values(order, ascending=ascending, ignore_index=True)


def risk_result(
    paths: Paths,
    source: str,
    notes: Sequence[str] = (),
    *,
    radius: float,
    draws: int = 500,
    **how: Any,
) -> Result:
    """`conflicts` with a title, how many alarms of each level there are, and notes.

    Args:
        paths: as of `conflicts`.
        source: where the tracks come from.
        notes: of the tracks and of the prediction.
        radius: as of `conflicts`.
        draws: likewise.
        how: the other arguments of `conflicts`.
    """
    table = conflicts(paths, radius=radius, draws=draws, **how)
    count, horizon = len(paths.agents), paths.ahead[-1]
    levels = {name: [int(table["alarm"].eq(name).sum())] for name in reversed(_ALARMS) if name}
    return Result(
        title=f"{len(table)} pairs of {count} agents in {source} may come within {radius} m "
        f"in {horizon:g} s",
        table=table,
        notes=(_NOTE.format(draws=draws), *notes),
        figures=DataFrame({"agents": [count], "pairs": count * (count - 1) // 2, **levels}),
    )


def metres(name: str, given: float | str) -> float:
    """A distance.

    Raises:
        ConfigError: not above zero.
    """
    value = number(name, given)
    if value <= 0:
        raise ConfigError(f"got {name}={given!r}: expected metres, above zero")
    return value


def _near(known: Array, moves: Array, radius: float) -> Int[np.ndarray, "pair 2"]:
    """Pairs that come within a radius at some step, or by no more than _FAR of their spreads."""
    from scipy.spatial import KDTree

    spread = np.linalg.norm(moves, 2, axis=(-2, -1))
    centre = (known.max(axis=1) + known.min(axis=1)) / 2
    reach = np.linalg.norm(known - centre[:, None], axis=-1) + _FAR * spread
    pairs = KDTree(centre).query_pairs(2 * reach.max() + radius, output_type="ndarray")

    def meet(pair: Int[np.ndarray, "pair 2"]) -> Int[np.ndarray, "pair 2"]:
        i, j = pair.T
        gap, both = known[i] - known[j], np.hypot(spread[i], spread[j])
        nearest = closest_approach(gap[:, :-1], np.diff(gap, axis=1), 1.0).distance
        errs = _FAR * np.maximum(both[:, :-1], both[:, 1:])
        return np.compress((nearest - errs <= radius).any(axis=1), pair, axis=0)

    return np.concatenate([meet(part) for part in _split(pairs, _PAIRS)])


def _split(pairs: Int[np.ndarray, "pair 2"], size: int) -> list[Int[np.ndarray, "part 2"]]:
    return np.array_split(pairs, max(1, -(-len(pairs) // max(1, size))))


def _figures(
    paths: Paths,
    known: Array,
    moves: Array,
    z: Float[np.ndarray, "agent 2 draw"],
    pairs: Int[np.ndarray, "pair 2"],
    radius: float,
) -> dict[str, Float[np.ndarray, " pair"]]:
    """What is told of each pair, by column."""
    i, j = pairs.T
    times = np.concatenate([[0.0], paths.ahead])
    gap, velocity = known[j] - known[i], paths.velocity[j] - paths.velocity[i]
    drawn = gap[..., None] + moves[j] @ z[j, None] - moves[i] @ z[i, None]
    spread = _along(np.moveaxis(drawn, -1, 1), times, radius)
    found = {"probability": np.isfinite(spread["TTC s"]).mean(axis=1)}
    for name, middle in _along(gap, times, radius).items():
        low, high = _interval(spread[name])
        found |= {name: middle, f"{name[:-2]} lo-90": low, f"{name[:-2]} hi-90": high}
    straight = closest_approach(gap[:, 0], velocity)
    return found | {
        "PET s": post_encroachment_time(known[i], known[j], times, radius),
        "straight TTC s": time_to_collision(gap[:, 0], velocity, radius),
        "straight TCPA s": straight.time,
        "straight DCPA m": straight.distance,
    }


def _table(
    paths: Paths, pairs: Int[np.ndarray, "pair 2"], figures: Mapping[str, Array], vessels: bool
) -> DataFrame:
    (i, j), names = pairs.T, np.array(paths.agents)
    level = np.digitize(figures["probability"], list(_ALARMS.values())) - 1
    said = {"agent": names[i], "other": names[j], "alarm": np.array(list(_ALARMS))[level]}
    if vessels:
        position = paths.last[j] - paths.last[i]
        said["situation"] = encounter_situation(position, paths.velocity[i], paths.velocity[j])
    return DataFrame(said | dict(figures))


def _along(gap: Array, times: Array, radius: float) -> dict[str, Array]:
    """First contact, and when and how near, of distances (..., step, 2) linear between steps."""
    spans = np.diff(times)
    start, velocity = gap[..., :-1, :], np.diff(gap, axis=-2) / spans[:, None]
    near = closest_approach(start, velocity, spans)
    best = near.distance.argmin(axis=-1, keepdims=True)
    moment = np.take_along_axis(times[:-1] + near.time, best, axis=-1)[..., 0]
    distance = np.take_along_axis(near.distance, best, axis=-1)[..., 0]
    meet = distance <= radius
    touch = time_to_collision(start[meet], velocity[meet], radius)
    contact = np.full(meet.shape, np.inf)
    contact[meet] = np.where(touch <= spans, times[:-1] + touch, np.inf).min(axis=-1)
    return {"TTC s": contact, "TCPA s": moment, "DCPA m": distance}


def _interval(values: Float[np.ndarray, "pair draw"]) -> Float[np.ndarray, "end pair"]:
    """Order statistics at 5 and 95 %: among them may be infinite ones."""
    last = values.shape[-1] - 1
    ends = [round(0.05 * last), round(0.95 * last)]
    return np.take(np.partition(values, ends, axis=-1), ends, axis=-1).T
