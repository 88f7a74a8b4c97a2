"""The commands of ``qmann-industrial``, as data."""

from collections.abc import Sequence

from qmann_core.cli import Command, main

from .presets import PRESETS

COMMANDS: tuple[Command, ...] = (
    Command(
        "fault",
        "which fault a machine has, or that it is none of the known ones, from a table of sensors",
        "qmann_industrial.tasks:FAULT",
        (
            *("target", "run", "time", "sensors", "window", "step", "block", "unknown_rate"),
            *("test_fraction", "split_seed", "level"),
        ),
        PRESETS["fault"],
        "qmann_industrial.faults.data:read_readings",
    ),
)


def run(argv: Sequence[str]) -> int:
    """Run the command line and return the exit status."""
    summary = (
        "Remaining life and faults of machines with hybrid quantum-classical networks, simulated"
    )
    return main("qmann-industrial", summary, COMMANDS, argv)
