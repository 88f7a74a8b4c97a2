"""Options that commands share: fields of a configuration, training, and where results go."""

import argparse
import json
from collections.abc import Mapping
from typing import Any, Literal, get_args, get_origin

from ..config import TOGETHER, ApplicationConfig, Model, QMANNConfig, Twin
from ..data.numbers import number, whole
from .strict import filled, place


def add_source(verb: argparse.ArgumentParser, *, many: str | None = None) -> None:
    if many is None:
        text = "data, - for standard input; real demo data when left out"
        verb.add_argument("file", nargs="?", type=place, metavar="FILE", help=text)
    else:
        verb.add_argument(
            "file", nargs="+", metavar=many, help="one or more of them, or a file, or -"
        )


def add_stream(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("saved", metavar="MODEL", type=place, help="folder that fit wrote")
    text = "data; standard input, as they come, for - or when left out"
    verb.add_argument("file", nargs="?", type=place, metavar="FILE", help=text)
    verb.add_argument("--json", action="store_true", help="JSON lines, also on a terminal")


def add_field(
    verb: argparse.ArgumentParser,
    name: str,
    applications: Mapping[str, ApplicationConfig],
    *,
    flag: str | None = None,
    fitted: bool = False,
) -> None:
    """An option for a field of configurations, by command, which its docstring explains.

    Commands whose configuration has no such field refuse it when they run.
    """
    applications = {k: each for k, each in applications.items() if name in type(each).model_fields}
    field = type(next(iter(applications.values()))).model_fields[name]
    text = as_help(field.description or "")
    if field.annotation is bool:
        verb.add_argument(
            f"--{name}", dest=f"application.{name}", action="store_const", const="true", help=text
        )
        return
    kinds = (field.annotation, *get_args(field.annotation))  # of a union, its members
    many = any(get_origin(kind) is tuple for kind in kinds)
    words = [word for kind in kinds if get_origin(kind) is Literal for word in get_args(kind)]
    verb.add_argument(
        flag or f"--{name.replace('_', '-')}",
        dest=f"application.{name}",
        metavar="A,B" if many else f"{{{','.join(words)}}}" if words else "X",
        help=text + ("; default: as fitted" if fitted else _default(name, applications)),
        type=_as_list if many else _as_text if str in kinds else filled,
    )


def _default(name: str, applications: Mapping[str, ApplicationConfig]) -> str:
    """What holds where the option is left out, by command where they differ."""
    by_value: dict[str, list[str]] = {}
    for command, each in applications.items():
        by_value.setdefault(as_typed(getattr(each, name)), []).append(command)
    alone = len(by_value) == 1
    texts = [v if alone else f"{v} ({', '.join(c)})" for v, c in by_value.items() if v]
    return f"; default: {', '.join(texts)}" if texts else ""


def as_typed(value: object) -> str:
    """A value as a person types it; nothing for none."""
    if isinstance(value, tuple):
        return ",".join(map(as_typed, value))
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def as_help(docstring: str) -> str:
    """A docstring in the manner of help: no capital, no full stop."""
    text = " ".join(docstring.replace("``", "").split()).removesuffix(".").replace("%", "%%")
    return text if text[:2].isupper() else text[:1].lower() + text[1:]


def _as_text(text: str) -> str:
    """The same, quoted so that YAML reads names such as 2020 and yes as text."""
    return json.dumps(filled(text))


def _as_list(text: str) -> str:
    """Comma-separated values, quoted so that YAML reads tickers such as ON or 0700 as text."""
    return json.dumps([value.strip() for value in text.split(",") if value.strip()])


def add_device(verb: argparse.ArgumentParser, *, rows: bool) -> None:
    """What circuits run on, once the model is trained, and on how many test rows."""
    text = "where the circuits run, as aer; qmann backends lists them"
    verb.add_argument("--backend", metavar="NAME", type=filled, help=text)
    text = "measurements behind each value of a circuit; default: exact values"
    verb.add_argument("--shots", metavar="N", help=text)
    text = (
        "depolarising error after each gate of the circuits, as 0.01, or a device whose noise the "
        "back end knows, as fake_manila; default: none"
    )
    verb.add_argument("--noise", metavar="P", type=filled, help=text)
    if rows:
        text = "test rows that losses are compared on there, 0 for none; default: 250"
        verb.add_argument("--rows", metavar="N", default="250", help=text)
        add_stages(verb)


def add_stages(verb: argparse.ArgumentParser, default: str | None = None) -> None:
    """How what noise does to values is undone, and what that costs."""
    text = "count what a back end would be sent, and what it costs, and send nothing"
    verb.add_argument("--dry-run", action="store_true", help=text)
    text = (
        "how noise is mitigated on the back end: auto, or some of readout, correlated, linear, "
        "richardson, exponential, best, evd, cdr, learned with commas between; default: "
        f"{default or 'not'}"
    )
    verb.add_argument("--mitigation", metavar="STAGES", type=filled, default=default, help=text)


def device_of(arguments: argparse.Namespace) -> dict[str, Any]:
    """What circuits run on: what was given of back end, shots and noise."""
    given = {name: getattr(arguments, name) for name in ("backend", "shots", "noise")}
    on: dict[str, Any] = {name: text for name, text in given.items() if text is not None}
    if "shots" in on:
        on["shots"] = whole("--shots", on["shots"])
    if "noise" in on and not on["noise"][0].isalpha():
        on["noise"] = number("--noise", on["noise"])
    return on


def add_setting(verb: argparse.ArgumentParser) -> None:
    verb.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="any configuration key; config lists them",
    )


def add_preset(
    verb: argparse.ArgumentParser, presets: Mapping[str, QMANNConfig], preset: str = "standard"
) -> None:
    text = f"{', '.join(presets)}; default: {preset}"
    verb.add_argument("--preset", metavar="NAME", default=preset, help=text)


def add_training(
    verb: argparse.ArgumentParser,
    presets: Mapping[str, QMANNConfig],
    *,
    preset: str = "standard",
    twin: bool = True,
) -> None:
    add_preset(verb, presets, preset)
    verb.add_argument("--config", type=place, help="YAML, TOML or JSON file laid over the preset")
    add_setting(verb)
    text = (
        f"who answers: {', '.join(get_args(Model))}; default: hybrid, the preset's family; best is "
        "the model, a baseline too, that loses least on the validation part"
    )
    verb.add_argument("--model", metavar="FAMILY", default="hybrid", help=text)
    if twin:
        text = "what is taken away: circuits, entanglement, or training; default: nothing"
        verb.add_argument("--twin", choices=get_args(Twin), help=text)
    text = f"keep no row of the data in the model, but means of {TOGETHER} or more"
    verb.add_argument(
        "--without-records", dest="memory.together", action="store_const", const=TOGETHER, help=text
    )
    verb.add_argument("--seed", dest="seed", metavar="N", help="of every random choice; default: 0")
    verb.add_argument(
        "--checkpoint", type=place, metavar="DIR", help="keep progress here, and resume from it"
    )


def add_showing(
    verb: argparse.ArgumentParser, result: str, *, required: bool = False, plot: bool = True
) -> None:
    verb.add_argument("--json", action="store_true", help="JSON, also on a terminal")
    verb.add_argument("--output", type=place, required=required, help=result)
    if plot:
        verb.add_argument("--plot", type=place, metavar="PNG", help="picture of the result")
    verb.add_argument("--quiet", action="store_true", help="no progress bars")
