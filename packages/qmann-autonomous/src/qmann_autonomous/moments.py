"""The risk of conflict at a moment, from where agents will be."""

from dataclasses import replace
from typing import Any

import numpy as np
from jaxtyping import Float

from qmann_core.config import QMANNConfig, Twin
from qmann_core.data import number
from qmann_core.errors import DataError
from qmann_core.tasks import Listener, Result, answer

from .paths import Paths
from .reports import TrajectoryReport
from .risk import metres, risk_result
from .tasks import TRAJECTORY
from .tracks import DEMOS, Tracks

_LATEST = 2  # steps before a moment that an agent was seen
_NEAR = {True: 500.0, False: 2.0}  # m, of vessels and of others


def assess_risk(
    tracks: Any = None,
    *,
    at: float | None = None,
    radius: float | None = None,
    preset: str = "fast",
    twin: Twin | None = None,
    seed: int = 0,
    progress: bool | Listener = True,
    **application: Any,
) -> Result:
    """Pairs of agents that may come too near to each other, the likeliest conflict first.

    What came until a moment is learned from, and where agents that were seen in the two steps
    before it will be is predicted, as by `predict_trajectory`; see `conflicts` for the columns.

    Args:
        tracks: what `load_tracks` takes; vessels in New York harbor when left out.
        at: the moment in s; the last one by default, of the demo the busiest one.
        radius: m within which two agents are in conflict; 500 for degrees, otherwise 2.
        preset: as of `predict_trajectory`.
        twin: likewise.
        seed: of every random choice.
        progress: show progress bars on a terminal, or a function that is told of it.
        application: any other field of `AutonomousConfig`.

    Raises:
        DataError: tracks that cannot be used, or fewer than two agents at that moment.
        ConfigError: an option out of range.

    Example:
        >>> assess_risk("ais.csv", radius=1000).to_frame()  # doctest: +SKIP
    """
    config = TRAJECTORY.configured(preset, seed=seed, **application)
    records = TRAJECTORY.records(tracks, config)
    return conflict_risk(records, config, at=at, radius=radius, twin=twin, progress=progress)


def conflict_risk(
    tracks: Tracks,
    config: QMANNConfig,
    *,
    at: float | str | None = None,
    radius: float | str | None = None,
    twin: Twin | None = None,
    **how: Any,
) -> Result:
    """`assess_risk` of a whole configuration."""
    vessels, table = tracks.origin is not None, tracks.table
    near = _NEAR[vessels] if radius is None else metres("radius", radius)
    last = _busiest(tracks) if tracks.source in DEMOS.values() else float(table["time"].max())
    moment = last if at is None else number("at", at)
    before = replace(tracks, table=table[table["time"] <= moment].reset_index(drop=True))
    report = answer(TRAJECTORY, before, config, twin, **how)
    assert isinstance(report, TrajectoryReport)
    application: Any = config.application
    late = moment - before.table.groupby("agent")["time"].max()[[*report.paths.agents]].to_numpy()
    paths = _moved(report.paths, late, application.step)
    if len(paths.agents) < 2:
        raise DataError(
            f"{tracks.source}: {len(paths.agents)} agents can be predicted that were seen in the "
            f"{_LATEST * application.step:g} s before {moment:g} s. Expected two: set another at"
        )
    title = f"{tracks.source} at {moment:g} s"
    return risk_result(paths, title, report.notes, radius=near, vessels=vessels)


def _busiest(tracks: Tracks) -> float:
    """The moment, of the second half, at which most agents are under way, in s."""
    by = tracks.table.groupby("piece")
    end, start = by["time"].max(), by["time"].min()
    ends = by[["x", "y"]].last() - by[["x", "y"]].first()
    moments = np.linspace(tracks.table["time"].median(), tracks.table["time"].max(), 1000)
    way = ends.any(axis=1).to_numpy()
    begun, ended = (np.sort(each.to_numpy()[way]) for each in (start, end))
    there = np.searchsorted(begun, moments, "right") - np.searchsorted(ended, moments)
    return float(moments[there.argmax()])


def _moved(paths: Paths, late: Float[np.ndarray, " agent"], step: float) -> Paths:
    """Paths of those that were seen at most two steps before a moment, from there on.

    Places between steps are interpolated; where there is no region, there is no doubt.
    """
    seen = late <= _LATEST * step
    passed = np.minimum((late[seen] / step).astype(int), _LATEST - 1)
    part = (late[seen] / step - passed)[:, None, None]
    at = passed[:, None] + np.arange(len(paths.ahead) + 1 - _LATEST)
    row = np.arange(len(at))[:, None]
    places = np.concatenate((paths.last[seen, None], paths.place[seen]), axis=1)
    placed = (1 - part) * places[row, at] + part * places[row, at + 1]
    return Paths(
        agents=tuple(np.array(paths.agents)[seen]),
        ahead=paths.ahead[:-_LATEST],
        last=placed[:, 0],
        velocity=paths.velocity[seen],
        place=placed[:, 1:],
        factor=np.nan_to_num(paths.factor[seen][row, at[:, 1:]]),
    )
