"""Every key of the configuration: what it is, its default, and what is allowed."""

import argparse
from collections.abc import Iterator, Sequence
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from ..config import find_named
from . import show
from .options import as_help, as_typed
from .parser import Command

_BOUNDS = {"ge": "at least", "gt": "above", "le": "at most", "lt": "below"}
_PLAIN = {int: "whole number", float: "number", str: "text", bool: "true, false"}


def config(arguments: argparse.Namespace, commands: Sequence[Command]) -> None:
    """Show the keys of a task's configuration under a preset."""
    from pandas import DataFrame

    presets = next(each.presets for each in commands if each.name == arguments.task)
    rows = list(_rows(find_named("preset", presets, arguments.preset)))
    title = f"--set KEY=VALUE, under the preset {arguments.preset} of {arguments.task}"
    table = DataFrame(rows)
    show.write(arguments.output, table, rows)
    show.tables([(title, table)], rows, (), arguments)


def _rows(values: BaseModel, path: str = "") -> Iterator[dict[str, str]]:
    for name, field in type(values).model_fields.items():
        value = getattr(values, name)
        if isinstance(value, BaseModel):
            yield from _rows(value, f"{path}{name}.")
            continue
        yield {
            "key": f"{path}{name}",
            "default": "null" if value is None else as_typed(value),
            "allowed": _allowed(field),
            "what it is": as_help(field.description or "").replace("%%", "%"),
        }


def _allowed(field: FieldInfo) -> str:
    """Words or a kind, with bounds."""
    union = get_args(field.annotation) if type(None) in get_args(field.annotation) else ()
    texts = [_kind(kind) for kind in union or (field.annotation,)]
    bounds = [
        f"{word} {getattr(bound, name):g}"
        for bound in field.metadata
        for name, word in _BOUNDS.items()
        if hasattr(bound, name)
    ]
    return " or ".join(texts) + "".join(f", {text}" for text in bounds)


def _kind(kind: Any) -> str:
    if kind is type(None):
        return "null"
    if get_origin(kind) is Literal:
        return ", ".join(map(str, get_args(kind)))
    return _PLAIN[kind] if kind in _PLAIN else f"[{_kind(get_args(kind)[0])}, ...]"
