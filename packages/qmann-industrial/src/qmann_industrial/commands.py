"""The commands of ``qmann-industrial``, as data."""

from collections.abc import Sequence

from qmann_core.cli import Command, main

COMMANDS: tuple[Command, ...] = ()


def run(argv: Sequence[str]) -> int:
    """Run the command line and return the exit status."""
    summary = (
        "Remaining life and faults of machines with hybrid quantum-classical networks, simulated"
    )
    return main("qmann-industrial", summary, COMMANDS, argv)
