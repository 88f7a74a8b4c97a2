"""Collisions and speed of the planner and of the simulator's driver in the same scenes.

    uv run python tests/benchmarks/autonomous_driving.py
    uv run python tests/benchmarks/autonomous_driving.py --seeds 20 --first 2000

Two roads: four lanes as highway-env has them, and two lanes three times as dense, where the
simulator's driver crashes, too. A mean speed ends at a crash, so one that comes early, at speed,
counts as fast. The planner was made on seeds 1000 to 1019; seeds from 0 are fresh.
"""

import argparse

from qmann_autonomous import drive

ROADS = ({}, {"lanes": 2, "density": 3})


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=100)
    parser.add_argument("--first", type=int, default=0)
    given = parser.parse_args()
    for road in ROADS:
        driven = drive(given.seeds, first=given.first, **road)
        print(
            driven.title, driven.table.to_string(index=False), *driven.notes, sep="\n", end="\n\n"
        )


if __name__ == "__main__":
    main()
