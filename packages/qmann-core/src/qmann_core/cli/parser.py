"""What can be typed: commands and options as data, and the parser made of them."""

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..config import ApplicationConfig, QMANNConfig
from .options import (
    add_device,
    add_field,
    add_preset,
    add_setting,
    add_showing,
    add_source,
    add_stream,
    add_training,
)
from .strict import StrictParser, filled, place


@dataclass(frozen=True)
class Option:
    """What a lookup's function takes besides data and configuration."""

    flag: str
    """As typed; several, with blanks between, are the same."""
    key: str
    """The function's name for it."""
    help: str
    switch: bool = False
    """Whether it takes no value, and is True where it is given."""


@dataclass(frozen=True)
class Command:
    """A task's entry on the command line."""

    name: str
    summary: str
    task: str
    """Where the Task is, as "package.module:NAME"; imported when the command runs."""
    options: tuple[str, ...]
    """Fields of the application's configuration that have an option of their own."""
    presets: Mapping[str, QMANNConfig]
    """Of the task: named configurations."""
    records: str
    """What reads a source, as "package.module:NAME": (source, or None for the demo, the
    application's configuration) -> records; light, so that data need not wait for networks."""

    @property
    def standard(self) -> ApplicationConfig:
        """The application's configuration under the standard preset."""
        return self.presets["standard"].application


@dataclass(frozen=True)
class Lookup:
    """An answer that no model is saved of."""

    name: str
    summary: str
    task: str | None
    """Name of the command whose task reads the data; None if the function reads them."""
    function: str
    """What is called, as "package.module:NAME", with the records and the application's
    configuration, or with the source, and with the values of its own options; its result, a
    `Result`, is shown."""
    options: tuple[Option | str, ...]
    """Those of the function, and fields of the application's configuration."""
    many: bool = False
    """Whether several sources, such as molecules, may be typed instead of a file."""
    plot: bool = False
    """Whether its answer has a picture, by ``plot()``."""
    trains: bool = False
    """Whether it trains after all: its function gets the whole configuration, and ``twin``,
    ``progress`` and ``checkpoint`` besides."""
    streams: bool = False
    """Whether it goes by a saved model on rows as they come: its function gets the model's folder
    and a file or standard input, and gives one result after another, each with ``to_dict()``."""


@dataclass(frozen=True)
class Shipped:
    """Trained models that come with a package, with which ``predict`` answers at once."""

    flag: str
    """The option that names one."""
    default: str
    folder: str
    """"package.module:NAME" of a function: name of a model -> its folder."""
    source: str
    """What is predicted, typed instead of a file."""
    suffix: str
    """Of a file that holds what is typed, one on each line."""


def make_parser(
    program: str,
    summary: str,
    commands: Sequence[Command],
    lookups: Sequence[Lookup] = (),
    shipped: Shipped | None = None,
) -> argparse.ArgumentParser:
    """The tasks themselves, and the verbs fit, predict, evaluate, audit and data."""
    parser = StrictParser(prog=program, description=summary)
    parser.add_version(program)
    parser.set_defaults(suffix=shipped.suffix if shipped else ".csv")
    verbs = parser.add_subparsers(title="commands", metavar="COMMAND", required=True, dest="verb")

    known = [command.name for command in commands]

    def add(name: str, text: str) -> argparse.ArgumentParser:
        return verbs.add_parser(name, help=text, description=f"{text[0].upper()}{text[1:]}.")

    def add_options(
        verb: argparse.ArgumentParser, *given: Command | Lookup, fitted: bool = False
    ) -> None:
        tasks = (each.name if isinstance(each, Command) else each.task for each in given)
        asked = {name or commands[0].name for name in tasks}
        applications = {c.name: c.standard for c in commands if c.name in asked}
        for option in dict.fromkeys(option for each in given for option in each.options):
            if isinstance(option, str):
                add_field(verb, option, applications, fitted=fitted)
            else:
                value: dict[str, Any] = {"metavar": "X", "type": filled}
                how = {"action": "store_const", "const": True} if option.switch else value
                verb.add_argument(*option.flag.split(), dest=option.key, help=option.help, **how)

    def add_top(verb: argparse.ArgumentParser, *given: Command, fitted: bool = False) -> None:
        applications = {command.name: command.standard for command in given}
        add_field(verb, "cases", applications, flag="--top", fitted=fitted)

    def add_for_task(name: str, text: str, **training: Any) -> argparse.ArgumentParser:
        verb = add(name, text)
        verb.add_argument("task", choices=known, help="task")
        add_source(verb)
        add_options(verb, *commands)
        add_training(verb, commands[0].presets, **training)
        return verb

    for command in commands:
        verb = add(command.name, command.summary)
        verb.set_defaults(task=command.name)
        add_source(verb)
        add_options(verb, command)
        add_top(verb, command)
        add_training(verb, command.presets)
        add_device(verb, rows=True)
        add_showing(verb, "CSV or JSON file for the prediction")
    verb = add_for_task("fit", "train, evaluate and save a model")
    add_showing(verb, "folder for the model", required=True, plot=False)
    verb = add_for_task("evaluate", "compare with the classical twin and the baselines")
    text = "CSV or JSON file for every model's predictions of the test rows, beside what came"
    verb.add_argument("--backtest", type=place, metavar="FILE", help=text)
    add_showing(verb, "CSV or JSON file")
    text = "does the quantum part help? train it and its twins from many seeds"
    verb = add_for_task("audit", text, preset="fast", twin=False)
    for flag, default, text in (
        ("--seeds", "10", "how often each network is trained"),
        ("--trials", "3", "learning rates that are tried for each network"),
        ("--workers", None, "processes side by side; default: one for each core"),
    ):
        shown = text if default is None else f"{text}; default: {default}"
        verb.add_argument(flag, metavar="N", default=default, help=shown)
    add_showing(verb, "CSV or JSON file for the table")
    verb = add("predict", "predict with a trained model")
    saved = "saved" if shipped is None else "--saved"
    verb.add_argument(
        saved, metavar="MODEL", type=place, help="folder that fit wrote, or a ZIP of it"
    )
    if shipped is not None:
        text = f"trained model that comes with {program}; default: {shipped.default}"
        verb.add_argument(
            shipped.flag, dest="name", metavar="NAME", default=shipped.default, help=text
        )
        verb.set_defaults(shipped=shipped)
    add_source(verb, many=shipped.source if shipped else None)
    add_options(verb, *commands, fitted=True)
    add_top(verb, *commands, fitted=True)
    add_setting(verb)
    add_device(verb, rows=False)
    add_showing(verb, "CSV or JSON file for the prediction")
    verb = add("config", "every key of --set: what it is, its default, what is allowed")
    text = f"task; default: {commands[0].name}"
    verb.add_argument("task", nargs="?", choices=known, default=commands[0].name, help=text)
    add_preset(verb, commands[0].presets)
    add_showing(verb, "CSV or JSON file", plot=False)
    verb.set_defaults(file=None)
    verb = add("data", "show what is read from a file")
    verb.set_defaults(task=commands[0].name, preset="standard", config=None)
    add_source(verb)
    add_options(verb, *commands)
    add_setting(verb)
    add_showing(verb, "CSV or JSON file for what was read", plot=False)
    for lookup in lookups:
        verb = add(lookup.name, lookup.summary)
        verb.set_defaults(task=lookup.task, preset="standard", config=None, lookup=lookup)
        if lookup.streams:
            add_stream(verb)
            add_options(verb, lookup)
            continue
        if lookup.trains:
            add_training(verb, next(c.presets for c in commands if c.name == lookup.task))
        elif lookup.task is not None:
            add_setting(verb)
        add_source(verb, many=shipped.source if shipped and lookup.many else None)
        add_options(verb, lookup)
        add_showing(verb, "CSV or JSON file", plot=lookup.plot)
    return parser
