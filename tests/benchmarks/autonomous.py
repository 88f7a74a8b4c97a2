"""Errors of predicted trajectories in places and of agents that nothing was learned from.

    uv run python tests/benchmarks/autonomous.py harbor
    uv run python tests/benchmarks/autonomous.py beach
    uv run python tests/benchmarks/autonomous.py eth --data eth_ucy

Vessels of New York harbor are tested in four folds between vessels; Virginia Beach by a model of
the coasts of the US without both places and without vessels that are in both files, and by
that of New York, with how many of its windows lie in the area that it has learned in. Pedestrians
are tested scene by scene, learned from the other scenes; their files (biwi_eth, students001,
students003, crowds_zara01 and crowds_zara02.txt) are not shipped. Errors are in m; one mode.
"""

import argparse
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from qmann_autonomous import TASKS, Tracks, demo_tracks, load_tracks
from qmann_autonomous.features import settle, shift
from qmann_core.config import lay_over
from qmann_core.data import given_folds
from qmann_core.tasks.assessment import Assessment

TASK = TASKS["trajectory"]
NETWORKS = {"hybrid": None, "separable": "separable", "classical": "classical"}
SCENES = {
    "eth": ("biwi_eth",),
    "univ": ("students001", "students003"),
    "zara1": ("crowds_zara01",),
    "zara2": ("crowds_zara02",),
}
FIGURES = ("ADE", "FDE", "coverage 90", "final coverage 90", "NLL")
ROW = "{:<8}{:<20}{:>8}{:>14}{:>9}{:>9}{:>8}{:>8}{:>8}   {}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data_sets", nargs="+", choices=("harbor", "beach", "eth"))
    parser.add_argument("--data", type=Path, help="folder of the pedestrians")
    parser.add_argument(
        "--models", default="hybrid,separable,classical,constant velocity,extra trees,linear ridge"
    )
    parser.add_argument("--landmarks", type=int, default=2048)
    parser.add_argument("--every", type=float, default=600)
    parser.add_argument("--offset", default="velocity")
    parser.add_argument("--shots", type=int)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seeds", type=int, default=1, help="how many, from that one on")
    arguments = parser.parse_args()
    names = ("ADE", "FDE", "cover 90", "last 90", "NLL", "miss %", "CPU s", "by fold")
    print(ROW.format("data", "model", *names))
    for name in arguments.data_sets:
        globals()[name](arguments)


def harbor(arguments):
    show("harbor", TASK, demo_tracks("harbor"), arguments, {"folds": True}, "FDE")


def beach(arguments):
    places = {name: demo_tracks(name) for name in ("harbor", "beach", "coast")}
    known = set(places["beach"].table["agent"]) | set(places["harbor"].table["agent"])
    coast: Tracks = places["coast"]
    elsewhere = ~coast.table["agent"].isin(known)
    for name in ("harbor", "beach"):
        elsewhere &= ~near(coast, places[name].origin)
    coast = replace(coast, table=coast.table[elsewhere])
    parts = {"coast": coast, "beach": places["beach"]}
    show("beach", scenes(["beach"]), joined(parts), arguments, {"place": False}, "FDE")
    application = TASK.preset("standard").application
    learned = application.model_copy(update=settle(places["harbor"], application))
    there = places["beach"].table[["x", "y"]].to_numpy() + shift(places["beach"], learned)
    low, high = np.reshape(learned.area, (2, 2))
    outside = ((there < low) | (there > high)).any(axis=1)
    print(f"of Virginia Beach, {100 * outside.mean():.1f} % lies outside of what New York's knows")


def near(tracks: Tracks, origin) -> pd.Series:
    """Positions within 100 km of a place."""
    east = (
        np.radians(origin[0] - tracks.origin[0])
        * 6_371_008.8
        * np.cos(np.radians(tracks.origin[1]))
    )
    north = np.radians(origin[1] - tracks.origin[1]) * 6_371_008.8
    return np.hypot(tracks.table["x"] - east, tracks.table["y"] - north) < 100e3


def eth(arguments):
    parts = {
        f"{scene}/{file}": load_tracks(arguments.data / f"{file}.txt")
        for scene, files in SCENES.items()
        for file in files
    }
    settings = TASK.preset("pedestrians").application.model_dump(
        include={"history", "horizon", "step", "moved", "place"}
    )
    settings |= {"moved": 0.0}
    show("eth", scenes(list(SCENES)), joined(parts), arguments, settings, "ADE")


def joined(parts) -> Tracks:
    """Tracks of several places as one, agents named place/agent."""
    tables, pieces = [], 0
    for name, tracks in parts.items():
        table = tracks.table
        tables.append(
            table.assign(agent=f"{name}/" + table["agent"], piece=table["piece"] + pieces)
        )
        pieces += table["piece"].max() + 1
    return replace(tracks, table=pd.concat(tables, ignore_index=True), origin=None)


def scenes(tested):
    """The task, tested on agents of each of these scenes, learned from all others."""

    def split(samples, _application):
        scene = np.array([name.partition("/")[0] for name in samples.units])[samples.unit]
        number = {name: k for k, name in enumerate(tested)}
        return given_folds(np.array([number.get(each, -1) for each in scene]))

    return replace(TASK, split=split)


def show(source, task, tracks, arguments, settings, figure):
    settings = {"every": arguments.every, "offset": arguments.offset, **settings}
    for model in arguments.models.split(","):
        started, found = time.process_time(), []
        for seed in range(arguments.seed, arguments.seed + arguments.seeds):
            config = task.configured("standard", seed=seed, level=(80.0, 90.0, 95.0), **settings)
            changes = {"classical.landmarks": arguments.landmarks}
            if arguments.shots:
                changes["quantum.shots"] = arguments.shots
            tried = Assessment(replace(task, refit="train"), tracks, lay_over(config, changes))
            ends = np.cumsum([len(fold.test) for fold in tried.folds])[:-1]
            known = model in NETWORKS
            score = tried.network(NETWORKS[model]).score if known else tried.baseline(model)
            missed = 100 * (np.asarray(score["FDE"]) > 1000)
            whole = [np.asarray(score[name]) for name in FIGURES]
            parts = [part.mean() for part in np.split(np.asarray(score[figure]), ends)]
            found.append([*(each.mean() for each in whole), missed.mean(), *parts])
        mean, spread = np.mean(found, axis=0), np.std(found, axis=0)
        ade, fde, *rest = (f"{each:.4g}" for each in mean)
        seconds = f"{time.process_time() - started:.0f}"
        if arguments.seeds > 1:
            fde += f" ± {spread[1]:.1f}"
        print(
            ROW.format(source, model, ade, fde, *rest[:4], seconds, " ".join(rest[4:])), flush=True
        )


if __name__ == "__main__":
    main()
