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
        "survival",
        "risks and survival curves, from a table of patients who were followed for a time",
        "qmann_health.tasks:SURVIVAL",
        (
            *("time", "event", "horizon", "identifier", "covariates", "log1p", "split"),
            *("test_fraction", "split_seed", "level"),
        ),
        PRESETS["survival"],
        "qmann_health.survival.data:read_followed",
    ),
    Command(
        "monitor",
        "alarms in a vital sign",
        "qmann_health.tasks:MONITOR",
        ("rate", "column", "normal", "intervals", "window", "level"),
        PRESETS["monitor"],
        "qmann_health.signals:read_signal",
    ),
)


_TREATMENT = {
    "arm": "column of the arms",
    "outcome": "column of an outcome: a number, or 0 and 1",
    "time": "in its place, column of times until an event or censoring",
    "event": "column of events, or column=word of the event",
    "covariates": "columns from before the treatment, as age,sex",
    "subgroups": "columns whose groups are compared, as sex,site",
    "control": "the arm that others are compared with",
    "level": "of the intervals in percent; default: 95",
    "randomised": "arms were drawn by lot",
    "assume_unconfounded": "they were not: take a difference for an effect all the same",
}
_SAID = ("randomised", "assume_unconfounded")
LOOKUPS = (
    Lookup(
        "treatment",
        "effects of the arms of a trial on an outcome or a hazard; no network",
        None,
        "qmann_health.treatment:treatment_effect",
        tuple(
            Option(f"--{name.replace('_', '-')}", name, text, switch=name in _SAID)
            for name, text in _TREATMENT.items()
        ),
        plot=True,
    ),
    Lookup(
        "similar",
        "the patients most like a given one, and in what they agree",
        None,
        "qmann_health.similarity:similar_patients",
        (
            Option("--patient", "patient", "its row, from 1, or its identifier; default: the last"),
            Option("--top --cases", "k", "patients to show; default: 5"),
            Option("--target", "target", "column of an outcome, which has no say and is shown"),
            Option("--identifier", "identifier", "column that says which rows are of one patient"),
        ),
    ),
)


def run(argv: Sequence[str]) -> int:
    """Run the command line and return the exit status."""
    summary = "Risks of patients with hybrid quantum-classical networks, simulated; research use"
    return main("qmann-health", summary, COMMANDS, argv, LOOKUPS)
