"""Numbers as a program or a command line gives them."""

import math
from operator import index

from ..errors import ConfigError


def whole(name: str, given: int | str, *, least: int = 1, most: int | None = None) -> int:
    """A whole number.

    Raises:
        ConfigError: none, less than ``least`` or more than ``most``.
    """
    expected = f"got {name}={given!r}: expected a whole number from {least}"
    try:
        value = int(given) if isinstance(given, str) else index(given)
    except (ValueError, TypeError) as error:
        raise ConfigError(expected) from error
    if most is not None and value > most:
        raise ConfigError(f"{expected} to {most}")
    if value < least:
        raise ConfigError(expected)
    return value


def number(name: str, given: float | int | str | None) -> float:
    """A finite number.

    Raises:
        ConfigError: none.
    """
    expected = f"got {name}={given!r}: expected a number"
    try:
        value = math.nan if given is None else float(given)
    except ValueError as error:
        raise ConfigError(expected) from error
    if not math.isfinite(value):
        raise ConfigError(expected)
    return value
