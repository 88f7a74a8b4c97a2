"""The commands of ``qmann-health``, as data."""

from collections.abc import Sequence

from qmann_core.cli import Command, Lookup, Option, main

from .presets import PRESETS

_FIELDS = (
    *("target", "identifier", "covariates", "log1p", "time", "split", "test_fraction"),
    *("split_seed", "threshold", "sensitivity", "specificity", "level"),
)
COMMANDS = (
    Command(
        "diagnose",
        "probability of a diagnosis or an outcome, from a table of patients",
        "qmann_health.tasks:DIAGNOSIS",
        _FIELDS,
        PRESETS["diagnose"],
        "qmann_health.data:read_patients",
    ),
    Command(
        "monitor",
        "alarms in a vital sign",
        "qmann_health.tasks:MONITOR",
        ("rate", "column", "normal", "window", "level"),
        PRESETS["monitor"],
        "qmann_health.signals:read_signal",
    ),
)


LOOKUPS = (
    Lookup(
        "treatment",
        "effects of the arms of a trial on an outcome or a hazard; no network",
        None,
        "qmann_health.treatment:treatment_effect",
        (
            Option("--arm", "arm", "column of the arms"),
            Option("--outcome", "outcome", "column of an outcome, a number or 0 and 1"),
            Option("--time", "time", "column of times until an event or censoring, in its place"),
            Option("--event", "event", "column of events; or column=word of the event"),
            Option("--covariates", "covariates", "columns from before the treatment, as age,sex"),
            Option("--subgroups", "subgroups", "columns whose groups are compared, as sex,site"),
            Option("--control", "control", "the arm that others are compared with"),
            Option("--randomised", "randomised", "arms were drawn by lot", switch=True),
            Option(
                "--assume-unconfounded",
                "assume_unconfounded",
                "they were not, and a difference is taken for an effect all the same",
                switch=True,
            ),
            Option("--level", "level", "of the intervals in percent; default: 95"),
        ),
        plot=True,
    ),
)


def run(argv: Sequence[str]) -> int:
    """Run the command line and return the exit status."""
    summary = "Risks of patients with hybrid quantum-classical networks, simulated; research use"
    return main("qmann-health", summary, COMMANDS, argv, LOOKUPS)
