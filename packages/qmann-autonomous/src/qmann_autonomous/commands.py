"""The commands of ``qmann-autonomous``, as data."""

from collections.abc import Sequence

from qmann_core.cli import Command, Lookup, Option, main

from .presets import PRESETS

_FIELDS = (
    *("agent", "time", "x", "y", "units", "max_gap", "max_speed", "history", "horizon", "step"),
    *(
        "every",
        "moved",
        "place",
        "offset",
        "modes",
        "neighbours",
        "reach",
        "test_fraction",
        "folds",
    ),
    *("split_seed", "level"),
)
COMMANDS = (
    Command(
        "trajectory",
        "where agents will be, with regions, from their tracks",
        "qmann_autonomous.tasks:TRAJECTORY",
        _FIELDS,
        PRESETS,
        "qmann_autonomous.records:read_tracks",
    ),
)
LOOKUPS = (
    Lookup(
        "risk",
        "pairs of agents that may come too near to each other, the likeliest conflict first",
        "trajectory",
        "qmann_autonomous.moments:conflict_risk",
        (
            Option("--at", "at", "the moment in seconds; the last one by default"),
            Option("--radius", "radius", "metres of a conflict; 500 for degrees, otherwise 2"),
            *_FIELDS,
        ),
        trains=True,
    ),
    Lookup(
        "plan",
        "which manoeuvre keeps clear, gets on and is comfortable, on a road of several lanes",
        None,
        "qmann_autonomous.planning:plan",
        (
            Option("--target-speed", "target_speed", "metres a second; default: 30"),
            Option("--horizon", "horizon", "seconds; default: 5"),
            Option("--step", "step", "seconds between moments that are looked at; default: 0.25"),
        ),
    ),
)


def run(argv: Sequence[str]) -> int:
    """Run the command line and return the exit status."""
    summary = (
        "Trajectories, risk and plans of agents with hybrid quantum-classical networks, simulated"
    )
    return main("qmann-autonomous", summary, COMMANDS, argv, LOOKUPS)
