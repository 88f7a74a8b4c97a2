"""Values that others wrote: as plain as a person writes them, and as short as a line shows them."""

import json
from reprlib import Repr
from typing import Any

_DEEPEST = 32
_REPR = Repr()
_REPR.maxstring = _REPR.maxother = _REPR.maxlong = 60


def parse_json(text: str | bytes) -> Any:
    """Values from JSON.

    Raises:
        ValueError: text that is none, or that is nested too deeply.
    """
    try:
        values = json.loads(text)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    check_nesting(values)
    return values


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


def shown(value: object) -> str:
    """A value on one line, shortened where it is long."""
    if isinstance(value, int) and value.bit_length() > _REPR.maxlong:
        return f"a number of {value.bit_length()} bits"
    return _REPR.repr(value)
