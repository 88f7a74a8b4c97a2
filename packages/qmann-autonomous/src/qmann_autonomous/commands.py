"""The commands of ``qmann-autonomous``, as data."""

from collections.abc import Sequence

from qmann_core.cli import Command, main

from .presets import PRESETS

COMMANDS = (
    Command(
        "trajectory",
        "where agents will be, with regions, from their tracks",
        "qmann_autonomous.tasks:TRAJECTORY",
        (
            *("agent", "units", "history", "horizon", "step", "every", "moved", "place", "offset"),
            *("max_gap", "max_speed", "test_fraction", "folds", "split_seed", "level"),
        ),
        PRESETS,
        "qmann_autonomous.records:read_tracks",
    ),
)


def run(argv: Sequence[str]) -> int:
    """Run the command line and return the exit status."""
    summary = (
        "Trajectories, risk and plans of agents with hybrid quantum-classical networks, simulated"
    )
    return main("qmann-autonomous", summary, COMMANDS, argv)
