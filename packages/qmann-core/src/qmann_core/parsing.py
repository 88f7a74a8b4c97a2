"""Values that others wrote: as plain as a person writes them, and as short as a line shows them."""

import json
import tomllib
from collections.abc import Callable
from reprlib import Repr
from typing import Any

import yaml

LONGEST = 2**16
"""Characters of a configuration: no person writes more."""
_DEEPEST = 32
_REPR = Repr()
_REPR.maxstring = _REPR.maxother = _REPR.maxlong = 60


def parse_json(text: str | bytes) -> Any:
    """Values from JSON.

    Raises:
        ValueError: text that is none, or that is nested too deeply.
    """
    return _shallow(json.loads, text)


def parse_toml(text: str) -> Any:
    """Values from TOML.

    Raises:
        ValueError: text that is none, that is too long, or that is nested too deeply.
    """
    _check_length(text)
    return _shallow(tomllib.loads, text)


def parse_yaml(text: str) -> Any:
    """Values from YAML: mappings, lists, numbers, text, true, false and null, each written out.

    Raises:
        ValueError: text that is none, that is too long, or that is nested too deeply; aliases and
            tags, by which a few lines could stand for anything.
    """
    _check_length(text)
    try:
        _check_events(text)
        return _Plain(text).get_single_data()
    except (yaml.YAMLError, OverflowError) as error:
        raise ValueError(str(error)) from error


def _shallow(parse: Callable[[Any], Any], text: str | bytes) -> Any:
    try:
        values = parse(text)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    check_nesting(values)
    return values


class _Plain(yaml.SafeLoader):
    """Dates are text."""


_Plain.yaml_implicit_resolvers = {
    first: [pair for pair in pairs if not pair[0].endswith(":timestamp")]
    for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _check_events(text: str) -> None:
    depth = 0
    for event in yaml.parse(text, Loader=_Plain):
        if getattr(event, "anchor", None) or getattr(event, "tag", None):
            raise ValueError("aliases, anchors and tags are not read: write the values out")
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST:
            raise ValueError(f"it is nested more than {_DEEPEST} deep")


def _check_length(text: str) -> None:
    if len(text) > LONGEST:
        raise ValueError(f"it is longer than {LONGEST} characters")


def check_nesting(values: Any) -> None:
    """Refuse lists in lists in lists, which functions that call themselves could not go through.

    Raises:
        ValueError: more of them than any file of ours has.
    """
    level = [values]
    for _ in range(_DEEPEST):
        dicts = [each.values() for each in level if isinstance(each, dict)]
        lists = [each for each in level if isinstance(each, list)]
        level = [inner for part in (*dicts, *lists) for inner in part]
        if not level:
            return
    raise ValueError(f"it is nested more than {_DEEPEST} deep")


def shortened(text: str) -> str:
    """Text of which the middle is left out where it is long."""
    return text if len(text) <= 100 else f"{text[:60]}...{text[-30:]}"


def shown(value: object) -> str:
    """A value on one line, shortened where it is long."""
    if isinstance(value, int) and value.bit_length() > _REPR.maxlong:
        return f"a number of {value.bit_length()} bits"
    return shortened(_REPR.repr(value))
