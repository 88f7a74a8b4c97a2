"""Which agents may come too near to each other, when, and how likely that is."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray
from pandas import DataFrame, concat

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

_FAR = 4.3  # of four standard normals, .999 are nearer
_ALARMS = {"": 0.0, "watch": 0.05, "conflict": 0.5}
_PAIRS, _NUMBERS = 20_000, 200_000  # at a time: what caches hold
_NOTE = (
    "Probabilities count {draws} draws, in each of which an agent errs in one direction by one share"
    " of its region at every step, and apart from the others; TTC is infinite where no contact comes"
    " within the horizon; straight: at the last velocities"
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

    Columns: agent, other; situation (of the first, see `encounter_situation`) where ``vessels``;
    alarm ("conflict" from a probability of .5, "watch" from .05); probability of conflict; TTC, the
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
            where less than 1 in 1,000 errors bring them within ``radius``.

    Raises:
        DataError: fewer than two agents.
        ConfigError: a distance that is not above zero, or no draws.
    """
    if len(paths.agents) < 2:
        raise DataError(f"got {len(paths.agents)} agents: expected two or more")
    asked = {"radius": radius} | ({} if within is None else {"within": within})
    for name, given in asked.items():
        if number(name, given) <= 0:
            raise ConfigError(f"got {name}={given!r}: expected metres, above zero")
    known = np.concatenate([paths.last[:, None], paths.place], axis=1)
    moves = np.concatenate([np.zeros_like(paths.factor[:, :1]), paths.factor], axis=1)
    size = whole("draws", draws)
    z = np.random.default_rng(seed).standard_normal((len(known), 2, size))
    pairs = _near(known, moves, radius) if within is None else _near(known, 0 * moves, within)
    parts = _split(pairs, _NUMBERS // (size * known.shape[1]))
    tables = [_rows(paths, known, moves, z, part, radius, vessels) for part in parts]
    order = ["probability", "TTC s", "DCPA m", "agent", "other"]
    ranked = concat(tables).sort_values(order, ascending=[False, True, True, True, True])
    return ranked.reset_index(drop=True)


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
        title=f"{len(table)} pairs of {count} agents in {source} may come within {radius:g} m "
        f"in {horizon:g} s",
        table=table,
        notes=(_NOTE.format(draws=draws), *notes),
        figures=DataFrame({"agents": [count], "pairs": count * (count - 1) // 2, **levels}),
    )


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
        return pair[(nearest - errs <= radius).any(axis=1)]

    return np.concatenate([meet(part) for part in _split(pairs, _PAIRS)])


def _split(pairs: Int[np.ndarray, "pair 2"], size: int) -> list[Int[np.ndarray, "part 2"]]:
    return np.array_split(pairs, max(1, -(-len(pairs) // max(1, size))))


def _rows(
    paths: Paths,
    known: Array,
    moves: Array,
    z: Float[np.ndarray, "agent 2 draw"],
    pairs: Int[np.ndarray, "pair 2"],
    radius: float,
    vessels: bool,
) -> DataFrame:
    """A row for each pair."""
    i, j = pairs.T
    times, names = np.concatenate([[0.0], paths.ahead]), np.array(paths.agents)
    gap, velocity = known[j] - known[i], paths.velocity[j] - paths.velocity[i]
    drawn = gap[..., None] + _moved(moves, z, j) - _moved(moves, z, i)
    middle = _along(gap, times, radius)
    spread = _along(np.moveaxis(drawn, -1, 1), times, radius)
    probability = np.isfinite(spread["TTC s"]).mean(axis=1)
    ends = {name: _interval(each) for name, each in spread.items()}
    straight = closest_approach(gap[:, 0], velocity)
    row: dict[str, Any] = {"agent": names[i], "other": names[j]}
    if vessels:
        row["situation"] = encounter_situation(gap[:, 0], paths.velocity[i], paths.velocity[j])
    row["alarm"] = np.array(list(_ALARMS))[np.digitize(probability, list(_ALARMS.values())) - 1]
    row["probability"] = probability
    for name, value in middle.items():
        row |= {name: value, f"{name[:-2]} lo-90": ends[name][0], f"{name[:-2]} hi-90": ends[name][1]}
    row["PET s"] = post_encroachment_time(known[i], known[j], times, radius)
    row["straight TTC s"] = time_to_collision(gap[:, 0], velocity, radius)
    return DataFrame(row | {"straight TCPA s": straight.time, "straight DCPA m": straight.distance})


def _moved(moves: Array, z: Array, agents: Array) -> Float[np.ndarray, "pair step 2 draw"]:
    """How far draws are from the middle: L z."""
    flat = moves[agents].reshape(len(agents), -1, 2) @ z[agents]
    return flat.reshape(len(agents), -1, 2, z.shape[-1])


def _along(gap: Array, times: Array, radius: float) -> dict[str, Array]:
    """First contact, and when and how near, of distances (..., step, 2) linear between steps."""
    spans = np.diff(times)
    start, velocity = gap[..., :-1, :], np.diff(gap, axis=-2) / spans[:, None]
    near = closest_approach(start, velocity, spans)
    best = near.distance.argmin(axis=-1, keepdims=True)
    touch = time_to_collision(start, velocity, radius)
    return {
        "TTC s": np.where(touch <= spans, times[:-1] + touch, np.inf).min(axis=-1),
        "TCPA s": np.take_along_axis(times[:-1] + near.time, best, axis=-1)[..., 0],
        "DCPA m": np.take_along_axis(near.distance, best, axis=-1)[..., 0],
    }


def _interval(values: Float[np.ndarray, "pair draw"]) -> Float[np.ndarray, "end pair"]:
    """Order statistics at 5 and 95 %: among them may be infinite ones."""
    last = values.shape[-1] - 1
    ends = [round(0.05 * last), round(0.95 * last)]
    return np.partition(values, ends, axis=-1)[:, ends].T
