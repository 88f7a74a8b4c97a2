"""Windows to samples: what is read of a past, and what constant velocity misses of the future."""

import math
from typing import Any

import numpy as np
import torch
from jaxtyping import Float

from qmann_core.data import Folds, Samples, grouped
from qmann_core.errors import DataError

from .config import AutonomousConfig
from .neighbours import surroundings
from .tracks import EARTH, Tracks
from .windows import Windows, windows

_FEWEST = 20  # windows to learn from
_BACK = (0.2, 0.5, 1.0)  # parts of the past at whose ends positions are read


def settle(tracks: Tracks, application: AutonomousConfig) -> dict[str, Any]:
    """Where the model learns, with the origin of its coordinates."""
    if application.area is not None:
        return {}
    places = tracks.table[["x", "y"]]
    return {"origin": tracks.origin, "area": (*places.min(), *places.max())}


def shift(tracks: Tracks, application: AutonomousConfig) -> Float[np.ndarray, "2"]:
    """What is added to places of tracks in a model's coordinates, where origins differ.

    Raises:
        DataError: one has degrees, and the other metres alone.
    """
    if (application.origin is None) == (tracks.origin is None):
        here, there = tracks.origin or (0.0, 0.0), application.origin or (0.0, 0.0)
        east = (here[0] - there[0] + 180) % 360 - 180
        scale = np.array([math.cos(math.radians(there[1])), 1.0]) * math.radians(EARTH)
        return scale * (east, here[1] - there[1])
    raise DataError(
        f"{tracks.source}: the model was trained on "
        f"{'metres' if application.origin is None else 'degrees'}, with place among its inputs. "
        "Expected the same: set place=false and fit again"
    )


def inputs(
    seen: Windows, application: AutonomousConfig, moved: Float[np.ndarray, "2"]
) -> Float[np.ndarray, "window feature"]:
    """What models read of windows.

    Speeds of the last step, the mean and the least, in m/s; positions at a fifth, a half and all of
    the past in the frame of the heading; by how much the way there turns between them; and where
    place counts, the last position, the heading and where it leads in half of the history.
    """
    moves = np.diff(np.concatenate((seen.past, np.zeros_like(seen.past[:, :1])), axis=1), axis=1)
    speed = np.linalg.norm(moves, axis=2) / application.step
    n = seen.past.shape[1]
    back = np.stack([seen.past[:, -max(1, round(part * n))] for part in _BACK], axis=1)
    legs = np.diff(np.concatenate((np.zeros_like(back[:, :1]), -back), axis=1), axis=1)
    turns = np.arctan2(legs[..., 1], legs[..., 0])[:, 1:]
    columns = [speed[:, -1], speed.mean(axis=1), speed.min(axis=1), *back.reshape(len(back), -1).T]
    columns += [*turns.T]
    if application.place:
        heading, here = seen.axes[:, 0], seen.last + moved
        leads = here + heading * speed[:, [-1]] * application.history / 2
        columns += [*here.T, *heading.T, *leads.T]
    return np.column_stack(columns)


def track_samples(tracks: Tracks, application: AutonomousConfig) -> Samples:
    """Windows that moved, and the newest of each agent.

    Raises:
        DataError: fewer than 20 windows to learn from.
    """
    settled = application.model_copy(update=settle(tracks, application))
    seen = windows(tracks, application)
    known = int(np.isfinite(seen.future[:, -1, 0]).sum())
    if not len(seen.time) or (application.area is None and known < _FEWEST):
        raise DataError(
            f"{tracks.source}: {known} windows of {application.history:g} s and the "
            f"{application.horizon:g} s after them that move {application.moved:g} m. Expected "
            f"{_FEWEST} or more to learn from: set history, horizon, step, every or moved"
        )
    moved = shift(tracks, settled) if application.place else np.zeros(2)
    x = np.concatenate(
        (inputs(seen, application, moved), surroundings(tracks, seen, application)), axis=1
    )
    steps = np.arange(1, seen.future.shape[1] + 1)
    moves = seen.velocity if application.offset != "none" else np.zeros_like(seen.velocity)
    missed = seen.future - moves[:, None] * steps[:, None]
    seconds = steps * application.step
    named = zip(seen.agent, seen.time, strict=True)
    return Samples(
        torch.from_numpy(x).float(),
        torch.from_numpy(missed).float(),
        time=np.round(seen.time / application.step).astype(np.int64),
        unit=seen.agent,
        units=seen.names,
        targets={"ahead": tuple(f"{s:g} s" for s in seconds), "axis": ("forward", "left")},
        lead=tuple(map(int, steps)),
        label=np.array([f"{seen.names[k]} at {t:.10g} s" for k, t in named]),
        aux={
            "last": torch.from_numpy(seen.last),
            "axes": torch.from_numpy(seen.axes),
            "velocity": torch.from_numpy(seen.velocity),
            "way": torch.from_numpy(np.linalg.norm(seen.past[:, 0], axis=1)),
            "straight": torch.full((len(x),), application.offset == "speed"),
            "modes": torch.full((len(x),), application.modes),
        },
    )


def agent_folds(samples: Samples, application: AutonomousConfig) -> Folds:
    """One fold between agents, or all."""
    n = round(1 / application.test_fraction)
    folds = grouped(samples.unit, min(n, len(np.unique(samples.unit))), seed=application.split_seed)
    return folds if application.folds else Folds(folds.rows[:1], folds.kind)
