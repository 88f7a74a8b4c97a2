"""Levels of intervals, and the probabilities and names of their ends."""

from collections.abc import Sequence

from ..errors import ConfigError


def central_probabilities(levels: Sequence[float | int]) -> tuple[float, ...]:
    """Both ends of central intervals given in percent, with the median, in ascending order.

    Raises:
        ConfigError: a level outside [1, 100), or none.
    """
    check_levels(levels, "80, 95")
    ends = {round(0.5 + sign * level / 200, 12) for level in levels for sign in (-1, 1)}
    return tuple(sorted({*ends, 0.5}))


def check_levels(levels: Sequence[float | int], example: str) -> None:
    """Refuse levels that are no percentages, among them fractions such as 0.95.

    Raises:
        ConfigError: a level outside [1, 100), or none.
    """
    if not levels or not all(0 < level < 100 for level in levels):
        raise ConfigError(
            f"got level {tuple(levels)}: expected values between 0 and 100, both excluded, "
            f"such as {example}"
        )
    if min(levels) < 1:
        raise ConfigError(f"got level {tuple(levels)}: expected percent, such as {example}")


def quantile_names(probabilities: Sequence[float | int]) -> list[str]:
    """Names of columns: lo-95, lo-80, median, hi-80, hi-95."""
    names = []
    for p in probabilities:
        level = f"{abs(2 * p - 1) * 100:g}"
        names.append("median" if p == 0.5 else f"lo-{level}" if p < 0.5 else f"hi-{level}")
    return names
