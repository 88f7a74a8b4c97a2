"""The commands of ``qmann-health``, as data."""

from collections.abc import Sequence

from qmann_core.cli import Command, main

from .presets import MONITOR_PRESETS

COMMANDS = (
    Command(
        "monitor",
        "alarms in a vital sign",
        "qmann_health.tasks:MONITOR",
        ("rate", "column", "normal", "window", "level"),
        MONITOR_PRESETS,
        "qmann_health.signals:read_signal",
    ),
)


def run(argv: Sequence[str]) -> int:
    """Run the command line and return the exit status."""
    summary = "Risks, vital signs and effects with hybrid quantum-classical networks, simulated"
    return main("qmann-health", summary, COMMANDS, argv)
