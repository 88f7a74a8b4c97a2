"""What can be typed: commands and options as data, and the parser made of them."""

import argparse
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin

from ..config import ApplicationConfig, Model, QMANNConfig, Twin
from .strict import StrictParser, filled, place


@dataclass(frozen=True)
class Option:
    """What a lookup's function takes besides data and configuration."""

    flag: str
    key: str
    """The function's name for it."""
    help: str


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
    """An answer from the data alone, without training."""

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
    parser.add_version("qmann-core")
    parser.set_defaults(suffix=shipped.suffix if shipped else ".csv")
    verbs = parser.add_subparsers(title="commands", metavar="COMMAND", required=True, dest="verb")

    def add(name: str, text: str) -> argparse.ArgumentParser:
        return verbs.add_parser(name, help=text, description=f"{text[0].upper()}{text[1:]}.")

    def add_options(verb: argparse.ArgumentParser, *given: Command | Lookup) -> None:
        for option in dict.fromkeys(option for each in given for option in each.options):
            if isinstance(option, str):
                _add_field(verb, type(commands[0].standard), option)
            else:
                verb.add_argument(
                    option.flag, dest=option.key, metavar="X", type=filled, help=option.help
                )

    def add_for_task(name: str, text: str, **training: Any) -> argparse.ArgumentParser:
        verb = add(name, text)
        verb.add_argument("task", choices=[command.name for command in commands], help="task")
        _add_source(verb)
        add_options(verb, *commands)
        _add_training(verb, **training)
        return verb

    for command in commands:
        verb = add(command.name, command.summary)
        verb.set_defaults(task=command.name)
        _add_source(verb)
        add_options(verb, command)
        _add_training(verb)
        _add_showing(verb, "CSV or JSON file for the prediction")
    verb = add_for_task("fit", "train, evaluate and save a model")
    _add_showing(verb, "folder for the model", required=True, plot=False)
    verb = add_for_task("evaluate", "compare with the classical twin and the baselines")
    text = "CSV or JSON file for every model's predictions of the test rows, beside what came"
    verb.add_argument("--backtest", type=place, metavar="FILE", help=text)
    _add_showing(verb, "CSV or JSON file")
    text = "does the quantum part help? train it and its twins from many seeds"
    verb = add_for_task("audit", text, preset="fast", twin=False)
    for flag, default, text in (
        ("--seeds", "10", "how often each network is trained"),
        ("--trials", "3", "learning rates that are tried for each network"),
        ("--workers", None, "processes side by side; default: one for each core"),
    ):
        shown = text if default is None else f"{text}; default: {default}"
        verb.add_argument(flag, metavar="N", default=default, help=shown)
    _add_showing(verb, "CSV or JSON file for the table")
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
    _add_source(verb, many=shipped.source if shipped else None)
    add_options(verb, *commands)
    _add_setting(verb)
    verb.add_argument(
        "--noise", metavar="P", help="depolarising error after each gate of the circuits, as 0.01"
    )
    _add_showing(verb, "CSV or JSON file for the prediction")
    verb = add("data", "show what is read from a file")
    verb.set_defaults(task=commands[0].name, preset="standard", config=None)
    _add_source(verb)
    add_options(verb, *commands)
    _add_setting(verb)
    _add_showing(verb, "CSV or JSON file for what was read", plot=False)
    for lookup in lookups:
        verb = add(lookup.name, lookup.summary)
        verb.set_defaults(task=lookup.task, preset="standard", config=None, lookup=lookup)
        if lookup.task is not None:
            _add_setting(verb)
        _add_source(verb, many=shipped.source if shipped and lookup.many else None)
        add_options(verb, lookup)
        _add_showing(verb, "CSV or JSON file", plot=lookup.plot)
    return parser


def _add_source(verb: argparse.ArgumentParser, *, many: str | None = None) -> None:
    if many is None:
        text = "data, - for standard input; real demo data when left out"
        verb.add_argument("file", nargs="?", type=place, metavar="FILE", help=text)
    else:
        verb.add_argument(
            "file", nargs="+", metavar=many, help="one or more of them, or a file, or -"
        )


def _add_field(verb: argparse.ArgumentParser, config: type[ApplicationConfig], name: str) -> None:
    """An option for a field of a configuration, which its docstring explains."""
    field = config.model_fields[name]
    if field.annotation is bool:
        text = _as_help(field.description or "")
        verb.add_argument(
            f"--{name}", dest=f"application.{name}", action="store_const", const="true", help=text
        )
        return
    kinds = (field.annotation, *get_args(field.annotation))  # of a union, its members
    many = any(get_origin(kind) is tuple for kind in kinds)
    words = [word for kind in kinds if get_origin(kind) is Literal for word in get_args(kind)]
    verb.add_argument(
        f"--{name.replace('_', '-')}",
        dest=f"application.{name}",
        metavar="A,B" if many else f"{{{','.join(words)}}}" if words else "X",
        help=_as_help(field.description or ""),
        type=_as_list if many else _as_text if str in kinds else filled,
    )


def _as_help(docstring: str) -> str:
    """A docstring in the manner of help: no capital, no full stop."""
    text = " ".join(docstring.replace("``", "").split()).removesuffix(".").replace("%", "%%")
    return text if text[:2].isupper() else text[:1].lower() + text[1:]


def _add_setting(verb: argparse.ArgumentParser) -> None:
    verb.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", help="any configuration key"
    )


def _as_text(text: str) -> str:
    """The same, quoted so that YAML reads names such as 2020 and yes as text."""
    return json.dumps(filled(text))


def _as_list(text: str) -> str:
    """Comma-separated values, quoted so that YAML reads tickers such as ON or 0700 as text."""
    return json.dumps([value.strip() for value in text.split(",") if value.strip()])


def _add_training(
    verb: argparse.ArgumentParser, *, preset: str = "standard", twin: bool = True
) -> None:
    verb.add_argument(
        "--preset", default=preset, help=f"fast, standard, thorough or hardware; default: {preset}"
    )
    verb.add_argument("--config", type=place, help="YAML, TOML or JSON file laid over the preset")
    _add_setting(verb)
    text = (
        f"who answers: {', '.join(get_args(Model))}; default: hybrid, the preset's family; best is "
        "the model, a baseline too, that loses least on the validation part"
    )
    verb.add_argument("--model", metavar="FAMILY", default="hybrid", help=text)
    if twin:
        text = "what is taken away: circuits, their entanglement, or their training"
        verb.add_argument("--twin", choices=get_args(Twin), help=text)
    verb.add_argument("--seed", dest="seed", metavar="N", help="of every random choice; default: 0")
    verb.add_argument(
        "--checkpoint", type=place, metavar="DIR", help="keep progress here, and resume from it"
    )


def _add_showing(
    verb: argparse.ArgumentParser, result: str, *, required: bool = False, plot: bool = True
) -> None:
    verb.add_argument("--json", action="store_true", help="JSON, also on a terminal")
    verb.add_argument("--output", type=place, required=required, help=result)
    if plot:
        verb.add_argument("--plot", type=place, metavar="PNG", help="picture of the result")
    verb.add_argument("--quiet", action="store_true", help="no progress bars")
