"""The commands of ``qmann-industrial``, as data."""

from collections.abc import Sequence

from qmann_core.cli import Command, Lookup, Option, main

from .presets import PRESETS

_HISTORIES = ("unit", "time", "failed", "running")
COMMANDS: tuple[Command, ...] = (
    Command(
        "rul",
        "how long machines will last, from histories of machines that failed",
        "qmann_industrial.tasks:RUL",
        (*_HISTORIES, "cap", "split", "test_fraction", "split_seed", "level"),
        PRESETS["rul"],
        "qmann_industrial.life.features:read_histories",
    ),
    Command(
        "fleet",
        "machines ranked by the probability that they fail within a horizon",
        "qmann_industrial.tasks:FLEET",
        (*_HISTORIES, "horizon", "split", "test_fraction", "split_seed", "level"),
        PRESETS["fleet"],
        "qmann_industrial.life.features:read_histories",
    ),
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
    Command(
        "anomalies",
        "alarms in the sensors of a machine, learned from normal operation alone",
        "qmann_industrial.tasks:ANOMALIES",
        ("normal", "target", "run", "time", "sensors", "persist", "block", "level"),
        PRESETS["anomalies"],
        "qmann_industrial.alarms.data:read_watched",
    ),
)

LOOKUPS = (
    Lookup(
        "monitor",
        "alarms of a stream of rows, by a saved model of anomalies, as they come",
        None,
        "qmann_industrial.stream.monitor:record",
        (
            Option("--state", "state", "folder from which the same command goes on after a kill"),
            Option("--output", "events", "file to which events are appended, as JSON lines"),
            Option("--follow", "follow", "wait for more at the end of a file", switch=True),
            Option("--shift", "shift", "rows whose mean is usual from there on: give it once"),
            Option("--silence", "silence", "seconds without a row that are said; default: 60"),
        ),
        streams=True,
    ),
)


def run(argv: Sequence[str]) -> int:
    """Run the command line and return the exit status."""
    summary = (
        "Remaining life, alarms and faults of machines with hybrid quantum-classical networks, "
        "simulated"
    )
    return main("qmann-industrial", summary, COMMANDS, argv, LOOKUPS)
