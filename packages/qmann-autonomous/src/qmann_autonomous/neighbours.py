"""Who is near an agent at the last moment of its window."""

import numpy as np
from jaxtyping import Float

from .config import AutonomousConfig
from .tracks import Tracks
from .windows import Windows

_WIDTH = 5  # numbers of a neighbour


def surroundings(
    tracks: Tracks, seen: Windows, application: AutonomousConfig
) -> Float[np.ndarray, "window feature"]:
    """Of each of the nearest agents within reach, the nearest first: place and velocity, and 1.

    Places (m) and velocities (m/s) are relative, ahead and to the left, at the last moment of a
    window, linear between positions; all are 0 where nobody is there.
    """
    table, n = tracks.table, application.neighbours
    if not n:
        return np.empty((len(seen.time), 0))
    order = np.argsort(seen.time, kind="stable")
    moments = seen.time[order]
    code = {name: number for number, name in enumerate(seen.names)}
    found = [np.empty((0, 2 + _WIDTH))]
    for _, part in table.groupby("piece", sort=False):
        clock, place = part["time"].to_numpy(), part[["x", "y"]].to_numpy()
        first, end = (
            np.searchsorted(moments, clock[0]),
            np.searchsorted(moments, clock[-1], "right"),
        )
        rows = order[first:end]
        rows = rows[seen.agent[rows] != code.get(part["agent"].iloc[0], -1)]
        next_one = np.searchsorted(clock, seen.time[rows], side="right").clip(1, len(clock) - 1)
        velocity = (np.diff(place, axis=0) / np.diff(clock)[:, None])[next_one - 1]
        waited = (seen.time[rows] - clock[next_one - 1])[:, None]
        apart = place[next_one - 1] + velocity * waited - seen.last[rows]
        far = np.linalg.norm(apart, axis=1)
        near = far < application.reach
        own = seen.velocity[rows] / application.step
        axes = seen.axes[rows]
        relative = np.einsum("nij,nkj->nki", axes, np.stack((apart, velocity), axis=1))
        relative[:, 1] -= own
        there = np.ones((len(rows), 1))
        parts = (rows[:, None], far[:, None], relative.reshape(len(rows), 4), there)
        found.append(np.concatenate(parts, axis=1)[near])
    every = np.concatenate(found)
    every = every[np.lexsort((every[:, 1], every[:, 0]))]
    window = every[:, 0].astype(int)
    rank = np.arange(len(every)) - np.searchsorted(window, window)
    told = np.zeros((len(seen.time), n, _WIDTH))
    told[window[rank < n], rank[rank < n]] = every[rank < n, 2:]
    return told.reshape(len(told), -1)
