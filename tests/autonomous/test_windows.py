"""Windows and what is read of them: laws of frames, steps and time."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from drawn_tracks import WINDOW, drawn_tracks
from pydantic import ValidationError

from qmann_autonomous import AutonomousConfig, load_tracks
from qmann_autonomous.features import settle, shift, track_samples
from qmann_autonomous.neighbours import surroundings
from qmann_autonomous.windows import windows
from qmann_core.errors import DataError

CONFIG = AutonomousConfig(**WINDOW, place=False)
TRACKS = load_tracks(drawn_tracks())


def straight(speed=2.0, every=1.0, n=40):
    time = every * np.arange(n)
    table = {"agent": "a", "time": time, "x": 3 - speed * time * 0.6, "y": speed * time * 0.8}
    return load_tracks(pd.DataFrame(table))


@pytest.mark.parametrize("every", [1.0, 0.5, 0.7])
def test_nothing_is_missed_of_one_that_goes_straight_on(every):
    tracks = straight(every=every, n=150)
    samples = track_samples(tracks, CONFIG)
    known = samples.known
    assert known.sum() >= 5
    assert np.abs(samples.y[known].numpy()).max() < 1e-4
    speeds = samples.x[:, :3].numpy()
    np.testing.assert_allclose(speeds, 2, atol=1e-4)
    seen = windows(tracks, CONFIG)
    np.testing.assert_allclose(seen.axes[:, 0], np.tile([-0.6, 0.8], (len(seen.time), 1)))


def test_frames_turn_and_move_with_the_agent():
    table, c, s = TRACKS.table, np.cos(0.7), np.sin(0.7)
    x, y = table["x"], table["y"]
    other = replace(TRACKS, table=table.assign(x=c * x - s * y + 900, y=s * x + c * y - 80))
    one, two = (track_samples(tracks, CONFIG) for tracks in (TRACKS, other))
    np.testing.assert_allclose(one.x, two.x, atol=1e-3)
    np.testing.assert_allclose(one.y, two.y, atol=1e-3)
    placed = one.aux["last"].numpy() @ [[c, s], [-s, c]] + [900, -80]
    np.testing.assert_allclose(placed, two.aux["last"])


def test_windows_that_are_known_do_not_change_with_what_comes():
    early = replace(TRACKS, table=TRACKS.table[TRACKS.table["time"] < 45].reset_index(drop=True))
    before, after = (windows(tracks, CONFIG) for tracks in (early, TRACKS))
    known = {(a, t): p for a, t, p in zip(after.agent, after.time, after.past, strict=True)}
    there = np.isfinite(before.future).all(axis=(1, 2))
    for a, t, p in zip(before.agent[there], before.time[there], before.past[there], strict=True):
        np.testing.assert_array_equal(p, known[a, t])
    assert (~there).sum() == before.agent.max() + 1  # the newest of each agent


def test_the_first_moves_of_one_that_stands_give_its_heading():
    table = TRACKS.table[TRACKS.table["agent"] == "a0"]
    stopped = replace(
        TRACKS, table=table.assign(**table[["x", "y"]].where(table["time"] < 56).ffill())
    )
    newest = windows(stopped, CONFIG)
    assert np.isfinite(newest.axes).all()
    assert abs(newest.velocity[-1]).max() == 0
    assert newest.past[-1, 0, 0] < -1  # where it came from is behind


@pytest.mark.parametrize("where", [(-73.9, 40.7), (179.99, -20.0)])
def test_places_are_those_of_the_model_wherever_a_file_begins(where):
    lon, lat = where
    learned = CONFIG.model_copy(update={"origin": where, "area": (0.0, 0.0, 1.0, 1.0)})
    file = replace(TRACKS, origin=((lon + 0.02 + 180) % 360 - 180, lat + 0.01))
    metres = 6_371_008.8 * np.radians([0.02 * np.cos(np.radians(lat)), 0.01])
    np.testing.assert_allclose(shift(file, learned), metres, rtol=1e-9)
    with pytest.raises(DataError, match=r"trained on degrees.*place=false"):
        shift(TRACKS, learned)


def test_what_is_settled_is_the_area():
    settled = settle(TRACKS, CONFIG)
    assert settled["area"][0] == TRACKS.table["x"].min()
    assert settle(TRACKS, CONFIG.model_copy(update=settled)) == {}


def test_neighbours_are_seen_from_the_agent_and_masked_where_there_are_none():
    time = np.arange(40.0)
    places = {"a": (2 * time, 0 * time), "b": (2 * time, 10 + 0 * time), "c": (60 - time, 0 * time)}
    tracks = load_tracks(
        pd.concat(
            [
                pd.DataFrame({"agent": n, "time": time, "x": x, "y": y})
                for n, (x, y) in places.items()
            ]
        )
    )
    config = CONFIG.model_copy(update={"neighbours": 2, "reach": 25.0})
    seen = windows(tracks, config)
    told = surroundings(tracks, seen, config).reshape(-1, 2, 5)
    own = seen.agent == seen.names.index("a")
    for moment, (first, second) in zip(seen.time[own], told[own], strict=True):
        ahead = 60 - 3 * moment
        c = (ahead, 0, -3, 0, 1) if abs(ahead) < 25 else (0, 0, 0, 0, 0)
        b = (0, 10, 0, 0, 1)
        np.testing.assert_allclose(
            [first, second], [c, b] if abs(ahead) < 10 else [b, c], atol=1e-9
        )


def test_inputs_that_are_refused():
    with pytest.raises(DataError, match=r"0 windows of 600 s.*set history"):
        track_samples(TRACKS, AutonomousConfig())
    with pytest.raises(ValidationError, match="expected two steps of 60 s"):
        AutonomousConfig(history=60)
