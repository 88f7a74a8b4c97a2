"""Windows of tracks: positions at equal steps, in the frame of where an agent is heading."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from .config import AutonomousConfig
from .tracks import Tracks

_STILL = 1e-6  # m in a step: less is no heading
_ROUNDING = 1e-6  # of a step


@dataclass(frozen=True, eq=False)
class Windows:
    """Pasts and what followed, NaN where that is not known."""

    agent: Int[np.ndarray, " window"]
    """Index into the names of the agents."""
    names: tuple[str, ...]
    time: Float[np.ndarray, " window"]
    """Seconds, of the last known position."""
    last: Float[np.ndarray, "window 2"]
    """The last known position in m."""
    axes: Float[np.ndarray, "window 2 2"]
    """Rows: the heading of the last step that moved, and to the left of it."""
    past: Float[np.ndarray, "window back 2"]
    """Positions ahead and to the left of the last one in m, oldest first, the last one left out."""
    future: Float[np.ndarray, "window step 2"]
    """The same of what followed."""

    @property
    def velocity(self) -> Float[np.ndarray, "window 2"]:
        """Ahead and to the left, in m a step: that of the last step."""
        return -self.past[:, -1]


def windows(tracks: Tracks, application: AutonomousConfig) -> Windows:
    """Windows that moved and whose future is known, and the newest of each agent, if it is long.

    Positions are interpolated linearly at equal steps from the beginning of a piece on and, of the
    newest window, up to the last position.
    """
    back, ahead = (round(s / application.step) for s in (application.history, application.horizon))
    every = max(1, round(application.every / application.step))
    table = tracks.table
    agent, names = table["agent"].factorize()
    piece, clock = table["piece"].to_numpy(), table["time"].to_numpy(float)
    places = table[["x", "y"]].to_numpy(float)
    first = np.flatnonzero(np.r_[True, piece[1:] != piece[:-1]])
    end = np.r_[first[1:], len(table)]
    is_last = np.r_[agent[first[1:]] != agent[first[:-1]], True]
    found = []
    for start, stop, newest in zip(first, end, is_last, strict=True):
        time, place = clock[start:stop], places[start:stop]
        n = int((time[-1] - time[0]) / application.step + _ROUNDING)
        at = np.arange(back, n - ahead + 1, every)
        moments = time[0] + application.step * (at[:, None] + np.arange(-back, ahead + 1))
        if newest and n >= back:
            last = time[-1] + application.step * np.arange(-back, ahead + 1)
            moments = np.concatenate((moments, last[None]))
        path = np.stack([np.interp(moments, time, each, right=np.nan) for each in place.T], axis=-1)
        path[:, : back + 1] = np.where(  # rounding may lie beyond the last position
            np.isnan(path[:, : back + 1]), place[-1], path[:, : back + 1]
        )
        found.append((np.full(len(path), agent[start]), moments[:, back], path))
    agents, times, paths = map(np.concatenate, zip(*found, strict=True))
    far = np.linalg.norm(paths[:, back] - paths[:, 0], axis=1) >= application.moved
    kept = far | np.isnan(paths[:, -1, 0])
    there, agents = np.unique(agents[kept], return_inverse=True)
    return _seen(agents, tuple(names[there].astype(str)), times[kept], paths[kept], back)


def _seen(
    agent: Int[np.ndarray, " window"],
    names: tuple[str, ...],
    time: Float[np.ndarray, " window"],
    paths: Float[np.ndarray, "window step 2"],
    back: int,
) -> Windows:
    last = paths[:, back]
    moves = np.diff(paths[:, : back + 1], axis=1)[:, ::-1]  # newest first
    moving = np.linalg.norm(moves, axis=2) > _STILL
    newest = moves[np.arange(len(moves)), moving.argmax(axis=1)]
    newest = np.where(moving.any(axis=1, keepdims=True), newest, [1.0, 0.0])
    ahead = newest / np.linalg.norm(newest, axis=1, keepdims=True)
    axes = np.stack((ahead, np.column_stack((-ahead[:, 1], ahead[:, 0]))), axis=1)
    seen = np.einsum("nij,nsj->nsi", axes, paths - last[:, None])
    return Windows(agent, names, time, last, axes, seen[:, :back], seen[:, back + 1 :])
