"""Columns of a stranger's table: which hold numbers, which words, and which are left out."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from jaxtyping import Float
from pandas import DataFrame, Series

from ..errors import DataError
from .classes import cells
from .tables import as_numbers, describe_rows, list_names

Covariates = Mapping[str, tuple[str, ...] | None]
"""Each column with its words, or None if it holds numbers."""

_MOST = 20  # words of a category; more are names or remarks
_FEWEST = 5  # values; of fewer, a mean would tell those of single rows
_DATE = re.compile(r"(\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4})([T ].*)?")


def decide_covariates(
    table: DataFrame, asked: Sequence[str], where: str
) -> tuple[Covariates, tuple[str, ...]]:
    """What columns hold, numbers or up to 20 words, and a note on those that are left out.

    Left out are dates, more words than that, few values, and what is the same in every row.

    Args:
        table: of candidates.
        asked: columns that somebody named, which are refused where they would be left out.
        where: what to call the table in messages.

    Raises:
        DataError: a column that is asked for cannot be learned from.
    """
    found, out = dict[str, tuple[str, ...] | None](), dict[str, list[str]]()
    for name, values in table.items():
        words, why = _held(values)
        if why and name in asked:
            raise DataError(
                f"{where}: column {name!r} cannot be learned from ({why}). Expected numbers or up "
                f"to {_MOST} words, and not the same in every row: correct it, or leave it out"
            )
        if why:
            out.setdefault(why, []).append(str(name))
        else:
            found[str(name)] = words
    return found, tuple(f"left out, {why}: {list_names(names)}" for why, names in out.items())


def _held(values: Series) -> tuple[tuple[str, ...] | None, str]:
    """The words of a column, or None for numbers, and why it cannot be learned from, or ""."""
    plain = values.dtype.kind in "iuf"
    known = (values if plain else cells(values)).dropna()
    words = tuple(sorted(known.unique()))
    if len(words) < 2 and len(known) in (0, len(values)):
        return None, "the same in every row"
    if len(known) < _FEWEST <= len(values):
        return None, f"fewer than {_FEWEST} values"
    if plain or as_numbers(known).notna().mean() > 0.5:
        return None, ""  # `read_covariates` names the cells that are none
    if values.dtype.kind == "M" or known.map(_is_date).mean() > 0.5:
        return None, "dates, where a number of days or years is wanted"
    most = max(2, min(_MOST, len(known) // 2))
    return words, "" if len(words) <= most else f"more than {most} different words"


def read_covariates(
    table: DataFrame, columns: Covariates, where: str, *, log1p: Sequence[str] = ()
) -> tuple[DataFrame, tuple[str, ...]]:
    """Columns as numbers and known words, NaN where missing, and a note on words that are new.

    Raises:
        DataError: a column is missing or holds something else, or one of ``log1p`` is no number
            from 0.
    """
    if absent := [name for name in columns if name not in table]:
        raise DataError(
            f"{where}: no column {list_names(absent)}, which the model reads among "
            f"{list_names([*columns])}. Expected all of them: add or rename columns"
        )
    found, notes = dict[str, Series](), list[str]()
    for name, words in columns.items():
        if words is None:
            found[name] = _numbers(table[name], where)
            continue
        texts = cells(table[name])
        new = (texts.notna() & ~texts.isin(words)).to_numpy()
        found[name] = texts.mask(new)
        if new.any():
            rows = describe_rows(texts, new)
            notes.append(f"column {name!r}: words that the fit has not seen are missing: {rows}")
    for name in log1p:
        values = found.get(name, Series(-1.0)) if columns.get(name) is None else Series(-1.0)
        if values.min() < 0:
            raise DataError(
                f"{where}: log1p={name} holds no numbers from 0 alone, or is not read. Expected "
                "columns with long tails and nothing negative: leave it out of log1p"
            )
    return DataFrame(found, index=table.index), tuple(notes)


def covariate_matrix(
    frame: DataFrame, columns: Covariates, gaps: Sequence[str], *, log1p: Sequence[str] = ()
) -> tuple[Float[np.ndarray, "row feature"], tuple[str, ...]]:
    """What models read of each row, NaN where a value is missing; and the name of each feature.

    A number is one feature, or log(1 + x) where that is asked; two words are one, 0 or 1; of more
    each is one. A column in which values were missing at the fit has another, 1 where they are.

    Args:
        frame: what `read_covariates` gives.
        columns: what they hold, in the order of the features.
        gaps: those in which values were missing at the fit.
        log1p: those of which log(1 + x) is read.

    Example:
        >>> frame = DataFrame({"temperature": [25.0, np.nan], "process": ["CAST", "WROUGHT"]})
        >>> columns = {"temperature": None, "process": ("CAST", "WROUGHT")}
        >>> covariate_matrix(frame, columns, ["temperature"])[1]
        ('temperature', 'temperature missing', 'process WROUGHT')
    """
    features = list[tuple[str, Any]]()
    for name, words in columns.items():
        values, missing = frame[name], frame[name].isna().to_numpy()
        if words is None:
            features.append((name, np.log1p(values) if name in log1p else values))
        else:
            for word in words[1:] if len(words) == 2 else words:
                features.append((f"{name} {word}", np.where(missing, np.nan, values.eq(word))))
        if name in gaps:
            features.append((f"{name} missing", missing))
    none = np.empty((len(frame), 0))
    x = np.column_stack([none, *(values for _, values in features)])
    return x, tuple(name for name, _ in features)


def _is_date(text: str) -> bool:
    return _DATE.fullmatch(text) is not None


def _numbers(values: Series, where: str) -> Series:
    texts = values if values.dtype.kind in "iuf" else cells(values)
    numbers = as_numbers(texts)
    bad = texts.notna() & ~np.isfinite(numbers)
    if bad.any():
        what = "a date" if texts[bad].astype("str").map(_is_date).any() else "no number"
        raise DataError(
            f"{where}: column {str(values.name)!r} holds {what} at {int(bad.sum())} of {len(bad)} "
            f"rows: {describe_rows(texts, bad.to_numpy())}. Expected numbers, such as days or "
            "years: correct these rows, or leave the column out"
        )
    return numbers
