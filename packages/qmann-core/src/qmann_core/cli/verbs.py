"""What each command does: prepare, one call, show."""

import argparse
import importlib
import logging
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..config import family_of, find_named, load_config
from ..data.numbers import whole
from ..errors import DataError
from . import show
from .options import device_of
from .parser import Command, Option
from .source import source_of


def answer(arguments: argparse.Namespace, commands: Sequence[Command]) -> None:
    """The task itself: fit, evaluate and predict."""
    from ..tasks import Device, beside, price
    from ..tasks import answer as answer_task

    task, config, records = prepare(arguments, commands)
    on, rows = device_of(arguments), whole("--rows", arguments.rows, least=0, most=100_000)
    device = Device(**on, mitigation=arguments.mitigation)
    device.check(config, arguments.twin, priced=arguments.dry_run)
    report = answer_task(task, records, config, **_how(arguments))
    if arguments.dry_run:
        taken = price(report, records, device, rows=rows)
        show.write(arguments.output, taken.to_frame(), taken.to_dict())
        show.tables(taken.titled, taken.to_dict(), taken.notes, arguments)
        return
    there = beside(report, records, device, rows=rows) if on else None
    show.report(report, arguments, there)


def fit(arguments: argparse.Namespace, commands: Sequence[Command]) -> None:
    """Fit, evaluate and save."""
    from ..tasks import fit as fit_task
    from ..tasks.saved import check_place

    check_place(arguments.output)
    if arguments.checkpoint is not None:
        _check_apart(arguments.checkpoint.resolve(), arguments.output.resolve())
    task, config, records = prepare(arguments, commands)
    fitted = fit_task(task, records, config, **_how(arguments))
    fitted.save(arguments.output)
    show.evaluation(fitted.evaluation, arguments)
    show.note(f"saved to {arguments.output}")


def evaluate(arguments: argparse.Namespace, commands: Sequence[Command]) -> None:
    """The out-of-sample comparison."""
    from ..data.tables import to_rows
    from ..tasks import fit as fit_task

    task, config, records = prepare(arguments, commands)
    fitted = fit_task(task, records, config, **_how(arguments))
    evaluation = fitted.evaluation
    show.write(arguments.output, evaluation.to_frame().reset_index(), evaluation.to_dict())
    if arguments.backtest is not None:
        show.write(arguments.backtest, fitted.backtest, to_rows(fitted.backtest))
    if arguments.plot is not None:
        show.picture(arguments.plot, fitted.plot_backtest())
    show.evaluation(evaluation, arguments, fitted.coverage)


def audit(arguments: argparse.Namespace, commands: Sequence[Command]) -> None:
    """Does the quantum part help?"""
    from ..tasks import audit as audit_task

    most = {"seeds": 10_000, "trials": 1000, "workers": 256}
    asked = {name: getattr(arguments, name) for name in most}
    numbers = {
        name: whole(f"--{name}", given, most=most[name])
        for name, given in asked.items()
        if given is not None
    }
    task, config, records = prepare(arguments, commands)
    quiet, folder = arguments.quiet, arguments.checkpoint
    result = audit_task(task, records, config, progress=not quiet, folder=folder, **numbers)
    values = result.to_dict()
    show.write(arguments.output, result.to_frame(), values)
    if arguments.plot is not None:
        show.picture(arguments.plot, result.plot())
    show.tables(result.tables(), values, (result.verdict, *result.notes), arguments)


def predict(arguments: argparse.Namespace, commands: Sequence[Command]) -> None:
    """A saved model on new data."""
    from ..tasks import load_fitted
    from ..tasks.packed import unpacked
    from ..tasks.saved import saved_task

    on = device_of(arguments)
    place = arguments.saved
    if place is None:
        place = imported(arguments.shipped.folder)(arguments.name)
    with _compiling_said(quiet=arguments.quiet):
        with unpacked(place) as folder:
            task = imported(_command(saved_task(folder), commands).task)
            fitted = load_fitted(task, folder)
        fitted = fitted.under(load_config(fitted.config, overrides=_overrides(arguments)))
        with source_of(arguments) as source:
            if _demo(arguments):
                report = fitted.report(task.demo(fitted.config.application), **on)
            else:
                report = fitted.predict(source, **on)
    show.report(report, arguments)


@contextmanager
def _compiling_said(*, quiet: bool) -> Iterator[None]:
    """Tell the person at a terminal, once, why the first answer takes longer."""
    from ..kernels.options import COMPILING, when_compiling

    said = list[str]() if not quiet and sys.stderr.isatty() else [COMPILING]

    def tell() -> None:
        if not said:
            show.note(COMPILING)
            said.append(COMPILING)

    with when_compiling(tell):
        yield


def data(arguments: argparse.Namespace, commands: Sequence[Command]) -> None:
    """What is read from a file, before any model sees it."""
    from ..data.tables import to_rows

    _, records = read(arguments, commands)
    table = records.to_frame()
    values = {"source": records.source, "series": to_rows(table), "notes": list(records.notes)}
    show.write(arguments.output, table, values)
    show.tables([(records.source, table)], values, records.notes, arguments)


def look_up(arguments: argparse.Namespace, commands: Sequence[Command]) -> None:
    """An answer from the data alone."""
    lookup = arguments.lookup
    names = [option.key for option in lookup.options if isinstance(option, Option)]
    given = {name: getattr(arguments, name) for name in names}
    chosen = {name: value for name, value in given.items() if value is not None}
    if lookup.streams:
        piped = str(arguments.file or "-") == "-"
        source = sys.stdin.buffer if piped else arguments.file
        for result in imported(lookup.function)(arguments.saved, source, **chosen):
            show.line(result, arguments)
        return
    if lookup.task is not None:
        config, records = read(arguments, commands)
        if lookup.trains:
            result = imported(lookup.function)(records, config, **_how(arguments), **chosen)
        else:
            result = imported(lookup.function)(records, config.application, **chosen)
    else:
        with source_of(arguments) as source:
            data = [] if source is None else [source]
            result = imported(lookup.function)(*data, **chosen)
    values = result.to_dict()
    show.write(arguments.output, result.to_frame(), values)
    if lookup.plot and arguments.plot is not None:
        show.picture(arguments.plot, result.plot())
    show.tables(result.titled, values, result.notes, arguments)


def prepare(arguments: argparse.Namespace, commands: Sequence[Command]) -> tuple[Any, Any, Any]:
    """Task, configuration and records."""
    config, records = read(arguments, commands)
    return imported(_command(arguments.task, commands).task), config, records


def read(arguments: argparse.Namespace, commands: Sequence[Command]) -> tuple[Any, Any]:
    """Configuration and records, without what trains on them."""
    command = _command(arguments.task, commands)
    config = load_config(
        find_named("preset", command.presets, arguments.preset),
        file=arguments.config,
        environ=os.environ,
        overrides=_overrides(arguments),
    )
    logging.basicConfig(format="%(name)s: %(message)s")
    logging.getLogger("qmann").setLevel(config.log_level.upper())
    with source_of(arguments) as source:
        return config, imported(command.records)(source, config.application)


def _demo(arguments: argparse.Namespace) -> list[str]:
    """What was said of the demo data."""
    return [text for text in _overrides(arguments) if text.startswith("application.demo=")]


def _command(name: str, commands: Sequence[Command]) -> Command:
    for command in commands:
        if command.name == name:
            return command
    known = ", ".join(command.name for command in commands)
    raise DataError(f"got a model of the task {name!r}: this program knows {known}")


def imported(place: str) -> Any:
    module, _, attribute = place.partition(":")
    return getattr(importlib.import_module(module), attribute)


def _overrides(arguments: argparse.Namespace) -> list[str]:
    keys = [key for key in vars(arguments) if "." in key or key == "seed"]
    values = {key: getattr(arguments, key) for key in keys}
    model = getattr(arguments, "model", "hybrid")
    values |= {
        "classical.controller": family_of(model),
        "answer": "best" if model == "best" else None,
    }
    extra: list[str] = getattr(arguments, "set", [])
    return [f"{k}={v}" for k, v in values.items() if v is not None] + [e.strip() for e in extra]


def _how(arguments: argparse.Namespace) -> dict[str, Any]:
    how = {name: getattr(arguments, name) for name in ("twin", "checkpoint")}
    return {"progress": not arguments.quiet, **how}


def _check_apart(checkpoint: Path, output: Path) -> None:
    if output in (checkpoint, *checkpoint.parents):
        raise DataError(
            f"the checkpoints in {checkpoint} would be in the way of the model in {output}: "
            "choose a folder outside of it"
        )


def check_places(arguments: argparse.Namespace) -> None:
    """Refuse, before any work, to write over an input or where nothing can be written."""
    to_folder = getattr(arguments, "verb", None) == "fit"
    kinds = {"plot": show.PICTURES, "output": () if to_folder else show.TABLES}
    kinds["backtest"] = show.TABLES
    typed = arguments.file if isinstance(arguments.file, list) else [arguments.file]
    if arguments.file is not None and _demo(arguments):
        raise DataError("got demo data and a file: expected one of them, leave the other out")
    for text in map(str, typed) if len(typed) > 1 else ():
        short = len(text.encode(errors="replace")) < 256  # longer names are refused by the system
        if text == "-" or (short and Path(text).is_file()):
            raise DataError(f"{text} is a file among others: expected one file alone, or no file")
    inputs = [*typed, getattr(arguments, "config", None)]
    for option, known in kinds.items():
        place = getattr(arguments, option, None)
        if place is None:
            continue
        if known:
            show.check_suffix(place, known)
        if option == "plot":
            show.check_plot()
        if known and place.is_dir():
            raise DataError(f"{place} is a folder: expected the name of a file")
        if place.resolve() in [Path(file).resolve() for file in inputs if file is not None]:
            raise DataError(f"{place} is the input, which is never overwritten: choose another")
        if not place.resolve().parent.is_dir():
            raise DataError(f"{place}: the folder {place.parent} does not exist; create it first")
