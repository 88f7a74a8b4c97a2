"""Windows of tracks: positions at equal steps, in the frame of where an agent is heading."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from .config import AutonomousConfig
from .tracks import Tracks

_STILL = 1e-6  # m/s: below, the heading is that of the last metres that were made


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
    """Rows: the heading, and to the left of it."""
    past: Float[np.ndarray, "window back 2"]
    """Positions ahead and to the left of the last one in m, oldest first, the last one left out."""
    future: Float[np.ndarray, "window step 2"]
    """The same of what followed."""

    @property
    def velocity(self) -> Float[np.ndarray, "window 2"]:
        """Ahead and to the left, in m a step: that of the last step."""
        return -self.past[:, -1]


def windows(tracks: Tracks, application: AutonomousConfig) -> Windows:
    """All windows whose future is known, and the newest of each agent.

    Positions are interpolated linearly at steps that end with the last position of each piece.
    """
    back, ahead = (round(s / application.step) for s in (application.history, application.horizon))
    every = max(1, round(application.every / application.step))
    rows = tracks.table
    agent, names = rows["agent"].factorize()
    piece = rows["piece"].to_numpy()
    starts = np.flatnonzero(np.r_[True, piece[1:] != piece[:-1]])
    ends = np.r_[starts[1:], len(rows)]
    time, places = rows["time"].to_numpy(float), rows[["x", "y"]].to_numpy(float)
    newest = {int(agent[end - 1]): k for k, end in enumerate(ends)}
    found = []
    for k, (start, end) in enumerate(zip(starts, ends, strict=True)):
        clock, last = time[start:end], int(agent[start]) if newest[int(agent[start])] == k else -1
        n = int((clock[-1] - clock[0]) / application.step + 1e-6) + 1
        if n <= back:
            continue
        grid = clock[-1] - application.step * np.arange(n)[::-1]
        path = np.column_stack([np.interp(grid, clock, each) for each in places[start:end].T])
        at = np.arange(back, n - ahead, every)
        if last >= 0:
            at = np.append(at, n - 1)
        path = np.concatenate((path, np.full((ahead, 2), np.nan)))
        steps = at[:, None] + np.arange(-back, ahead + 1)
        found.append((np.full(len(at), agent[start]), grid[at], path[steps]))
    empty = (np.empty(0, int), np.empty(0), np.empty((0, back + ahead + 1, 2)))
    agents, times, paths = map(np.concatenate, zip(empty, *found, strict=True))
    newest = np.isnan(paths[:, -1, 0])
    far = np.linalg.norm(paths[:, back] - paths[:, 0], axis=1) >= application.moved
    kept = newest | far
    return _seen(agents[kept], tuple(names), times[kept], paths[kept], back)


def _seen(agent, names, time, paths, back):
    last = paths[:, back]
    moves = np.diff(paths[:, : back + 1], axis=1)[:, ::-1]  # newest first
    moving = np.linalg.norm(moves, axis=2) > _STILL
    newest = moves[np.arange(len(moves)), moving.argmax(axis=1)]
    newest = np.where(moving.any(axis=1, keepdims=True), newest, [1.0, 0.0])
    ahead = newest / np.linalg.norm(newest, axis=1, keepdims=True)
    axes = np.stack((ahead, np.column_stack((-ahead[:, 1], ahead[:, 0]))), axis=1)
    seen = np.einsum("nij,nsj->nsi", axes, paths - last[:, None])
    return Windows(agent, names, time, last, axes, seen[:, :back], seen[:, back + 1 :])
