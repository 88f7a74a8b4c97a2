"""Columns of words: cells as text, and which of several classes each is."""

import re

import numpy as np
from pandas import Series

from ..errors import DataError
from .tables import as_numbers

_MISSING = ("", "na", "n/a", "nan", "null", "?", ".")


def cells(values: Series) -> Series:
    """As text, NaN where nothing stands or a mark of what is missing, such as NA; 2.0 is 2."""
    if values.dtype.kind == "f":
        return values.map("{:.15g}".format, na_action="ignore").astype("object")
    texts = values.astype("object").map(lambda cell: str(cell).strip(), na_action="ignore")
    return texts.mask(texts.isna() | texts.astype("str").str.lower().isin(_MISSING), np.nan)


def several_classes(
    values: Series, where: str, *, most: int = 10, fewest: int = 1, hint: str = ""
) -> tuple[Series, tuple[str, ...]]:
    """Which of its words each row has, counted from 0, NaN where nothing stands; and the words.

    Numbers, also those in words such as "valve 10", are in their order.

    Args:
        values: of a column.
        where: what to call the table in messages.
        most: classes.
        fewest: rows that each class must have.
        hint: what else one can do, for the message.

    Raises:
        DataError: one class, more than ``most``, one of too few rows, or numbers that are measured.
    """
    texts = cells(values)
    counts = texts.value_counts()
    numbers = as_numbers(counts.index.to_series())
    if numbers.notna().all():
        words = tuple(numbers.sort_values().index)
    else:
        words = tuple(sorted(counts.index, key=_by_number))
    why = ""
    if (numbers % 1 > 0).any():
        why = "numbers with fractions, which look measured"
    elif not 2 <= len(words) <= most:
        why = f"{len(words)} different words"
    elif counts.min() < fewest:
        why = f"{counts.idxmin()!r} in {counts.min()} of {len(values)} rows"
    if why:
        raise DataError(
            f"{where}: column {str(values.name)!r} has {why}. Expected from 2 to {most} classes of "
            f"at least {fewest} rows each: put rare ones together, make groups of numbers{hint}"
        )
    return texts.map({word: float(k) for k, word in enumerate(words)}).astype("float64"), words


def _by_number(word: str) -> str:
    return re.sub(r"\d+", lambda digits: digits[0].zfill(9), word)
