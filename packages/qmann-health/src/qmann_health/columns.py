"""Columns of a stranger's table: which hold numbers, which words, and which are left out."""

import re
from collections.abc import Mapping, Sequence

import numpy as np
from pandas import DataFrame, Series

from qmann_core.data import as_numbers, describe_rows, list_names
from qmann_core.errors import DataError

Columns = Mapping[str, tuple[str, ...] | None]
"""Each column with its words, or None if it holds numbers."""

_MOST = 20  # words of a category; more are names or remarks
_MISSING = ("", "na", "n/a", "nan", "null", "?", ".")
_DATE = re.compile(r"(\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4})([T ].*)?")


def decide(table: DataFrame, asked: Sequence[str], where: str) -> tuple[Columns, tuple[str, ...]]:
    """What each column of a table holds, and what has to be said of those that are left out.

    Numbers, or up to 20 words; left out are dates, more words than that, and what is the same in
    every row.

    Args:
        table: of candidates.
        asked: columns that somebody named, which are never left out for what they hold.
        where: what to call the table in messages.

    Raises:
        DataError: numbers among which stands something else, or a named column of dates or remarks.
    """
    found: dict[str, tuple[str, ...] | None] = {}
    out = dict[str, list[str]]()
    for name, values in table.items():
        texts = cells(values)
        known = texts.dropna()
        words = tuple(sorted(known.unique()))
        numbers = _are_numbers(values, known)
        if len(words) < 2 and (known.size == 0 or texts.notna().all()):
            out.setdefault("the same in every row", []).append(str(name))
        elif _are_dates(values, known):
            if name in asked:
                raise DataError(_no_number(values, known.notna(), where))
            out.setdefault("dates, where a number of days or years is wanted", []).append(str(name))
        elif numbers:
            found[str(name)] = None
        elif len(words) <= _MOST:
            found[str(name)] = words
        elif name in asked:
            raise DataError(
                f"{where}: column {name!r} has {len(words)} different words. Expected at most "
                f"{_MOST}, or numbers: join some, or leave it out"
            )
        else:
            out.setdefault(f"more than {_MOST} different words", []).append(str(name))
    return found, tuple(f"left out, {why}: {list_names(names)}" for why, names in out.items())


def read(
    table: DataFrame, columns: Columns, where: str, *, log1p: Sequence[str] = ()
) -> tuple[DataFrame, tuple[str, ...]]:
    """Columns as numbers and known words, NaN where missing, and what has to be said of them.

    Raises:
        DataError: a column is missing, holds something else, or has no logarithm that is asked.
    """
    if absent := [name for name in columns if name not in table]:
        raise DataError(
            f"{where}: no column {list_names(absent)}, which the model reads. Expected "
            f"{list_names(list(columns))}: add or rename columns"
        )
    found, notes = {}, list[str]()
    for name, words in columns.items():
        texts = cells(table[name])
        if words is None:
            found[name] = _numbers(texts, where)
            continue
        new = (texts.notna() & ~texts.isin(words)).to_numpy()
        if new.any():
            notes.append(
                f"column {name!r} has words that the fit has not seen, which count as missing: "
                f"{describe_rows(texts, new)}"
            )
        found[name] = texts.where(texts.isin(words))
    for name in log1p:
        negative = None if columns.get(name, ()) is not None else found[name].lt(0).to_numpy()
        if negative is None or negative.any():
            why = "holds no numbers" if negative is None else describe_rows(found[name], negative)
            raise DataError(
                f"{where}: log1p of {name!r}, which is not read or is negative ({why}). Expected "
                "numbers from 0: leave it out of log1p"
            )
    return DataFrame(found, index=table.index), tuple(notes)


def cells(values: Series) -> Series:
    """As text, NaN where nothing stands or a mark of what is missing, such as NA; 2.0 is 2."""
    if values.dtype.kind == "f":
        return values.map(lambda value: np.nan if np.isnan(value) else f"{value:.15g}")
    texts = values.astype("object").map(lambda cell: str(cell).strip(), na_action="ignore")
    return texts.mask(texts.astype("str").str.lower().isin(_MISSING), np.nan)


def _are_numbers(values: Series, known: Series) -> bool:
    """Whether most of them are: the others are mistakes, which `read` names."""
    return values.dtype.kind in "iuf" or bool(as_numbers(known).notna().mean() > 0.5)


def _are_dates(values: Series, known: Series) -> bool:
    return values.dtype.kind == "M" or bool(known.astype("str").map(_is_date).mean() > 0.5)


def _is_date(text: str) -> bool:
    return _DATE.fullmatch(text) is not None


def _numbers(texts: Series, where: str) -> Series:
    numbers = as_numbers(texts.astype("object"))
    bad = texts.notna() & ~np.isfinite(numbers)
    if bad.any():
        raise DataError(_no_number(texts, bad, where))
    return numbers


def _no_number(values: Series, bad: Series, where: str) -> str:
    bad = bad.reindex(values.index, fill_value=False)
    dated = " a date" if values[bad].astype("str").map(_is_date).any() else " no number"
    return (
        f"{where}: column {str(values.name)!r} holds{dated} at {int(bad.sum())} of {len(values)} "
        f"rows: {describe_rows(values, bad.to_numpy())}. Expected numbers, such as days or years: "
        "correct these rows, or leave the column out"
    )
