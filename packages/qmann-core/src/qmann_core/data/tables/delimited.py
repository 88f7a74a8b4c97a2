"""Text with fields in lines: its separator, its headings, and the table below them."""

import csv
import re
import warnings
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache
from io import BytesIO, StringIO
from typing import Any

import pandas as pd
from pandas import DataFrame, Index, MultiIndex, Series

from .describe import list_names, plain_name, shorten
from .numerals import is_doubtful, read_numbers

_SEPARATORS = {
    ";": "fields are separated by semicolons",
    "\t": "fields are separated by tabs",
    "|": "fields are separated by bars",
    ",": "fields are separated by commas",
}
_CONTROL = bytes({*range(32)} - set(b"\t\n\r\f"))
_SAMPLE = 2**17  # bytes in which the headings must stand; longer fields csv does not read
_ROWS = 200  # of the sample
_ABOVE = 30  # rows in which headings are looked for
_MOST_COLUMNS = 5_000
_NUMBER = re.compile(r"\W{0,3}\d")

Row = Sequence[str]


@dataclass(frozen=True)
class Layout:
    """Where the fields and the headings of a text are."""

    separator: str
    header: int
    """The row of the headings, blank lines included."""
    rows: Sequence[Row]
    """The first rows of the text."""

    @property
    def width(self) -> int:
        return len(self.rows[self.header])

    @property
    def below(self) -> Sequence[Row]:
        return [row for row in self.rows[self.header + 1 :] if any(row)]


def read_delimited(
    content: bytes, *, text: Collection[str], times: Collection[str], lines: int | None
) -> tuple[DataFrame, tuple[str, ...]]:
    """Make a table of a text, and say what was understood where that is not plain.

    Args:
        content: The text, in UTF-8 or UTF-16.
        text: Columns, by `plain_name`, whose cells are kept as they stand.
        times: What a third line begins with, by `plain_name`, if there are two lines of headings.
        lines: Lines of headings, if known.

    Raises:
        ValueError: It is no text, or its rows have other fields than its headings.
    """
    content = _as_utf8(content)
    layout = _layout(content)
    if layout.width > _MOST_COLUMNS:
        raise ValueError(f"it has {layout.width} columns, where {_MOST_COLUMNS} are the most")
    lines = lines or (2 if _has_two_lines(layout, times) else 1)
    heads = _headings(layout, lines)
    kept = {i for i, head in enumerate(heads) if plain_name(head[0]) in text}
    table, more = _parse(content, layout, lines, kept)
    table = _without_nameless(table, heads)
    names = [head if any(head) else (f"Unnamed: {i}", *head[1:]) for i, head in enumerate(heads)]
    names = [name for i, name in enumerate(names) if i in table.columns]
    table.columns = MultiIndex.from_tuples(names) if lines > 1 else Index([n for (n,) in names])
    told = () if layout.separator == "," else (_SEPARATORS[layout.separator],)
    return table, (*_above(layout), *told, *more)


def _as_utf8(content: bytes) -> bytes:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        content = content.decode("utf-16").encode()
        if b"\n" not in content and b"\r" not in content:
            raise ValueError("it begins as UTF-16, and has no lines")
    content = content.removeprefix(b"\xef\xbb\xbf").rstrip(b"\x1a")
    if len(content.translate(None, _CONTROL)) < len(content):
        raise ValueError("it holds control characters, so it is no text in UTF-8 or UTF-16")
    try:
        content.decode()
    except UnicodeDecodeError as error:  # any bytes could be read in an encoding of one byte each
        place = f"byte {error.start} is {content[error.start]:#04x}"
        raise ValueError(f"{place}, which is no UTF-8: save it as UTF-8") from error
    return content


def _layout(content: bytes) -> Layout:
    """The separator by which most rows have as many fields as the headings."""
    sample = content[:_SAMPLE].decode(errors="ignore")
    if not sample.strip():
        raise ValueError("it begins with blank lines alone")
    if len(content) > _SAMPLE and not re.search(r"[\r\n]", sample.strip()):
        raise ValueError(f"its first line has more than {_SAMPLE} characters")
    found = [_split(sample, separator, cut=len(content) > _SAMPLE) for separator in _SEPARATORS]
    best = max(found, key=_agreement)
    return best if _agreement(best) > 0 else found[-1]


def _split(sample: str, separator: str, *, cut: bool) -> Layout:
    rows = list[Row]()
    reader = csv.reader(StringIO(sample, newline=""), delimiter=separator)
    try:
        for row in reader:
            rows.append(row)
            if len(rows) > _ROWS:
                break
        else:
            rows = rows[:-1] if cut and len(rows) > 1 else rows
    except csv.Error as error:
        raise ValueError(str(error)) from error
    return Layout(separator, _header(rows), rows)


def _header(rows: Sequence[Row]) -> int:
    """The row of headings: the first, unless a title or comments stand above it."""
    usual = Counter(len(row) for row in rows if row).most_common(1)[0][0]
    start = next(
        (i for i, row in enumerate(rows) if any(map(str.strip, row)) and row[0][:1] != "#"), 0
    )
    if len(rows[start]) >= usual:
        return start
    below = range(start + 1, min(start + _ABOVE, len(rows)))
    return next((i for i in below if _are_headings(rows[i:], usual)), start)


def _are_headings(rows: Sequence[Row], usual: int) -> bool:
    """Whether no cell of the first row is a number, where some of the next row are."""
    row, following = rows[0], next((row for row in rows[1:] if len(row) == usual), ())
    return (
        len(row) == usual
        and not any(map(_NUMBER.match, row))
        and any(map(_NUMBER.match, following))
    )


def _agreement(layout: Layout) -> float:
    below, width = layout.below, layout.width
    if width < 2:
        return 0.0
    fitting = sum(len(row) == width or _surplus(row, width) == 0 for row in below)
    return (1 + fitting) / (1 + len(below))


def _surplus(row: Row, width: int) -> int:
    """How many fields stand beyond the headings; -1 where there are fewer."""
    return sum(cell.strip() != "" for cell in row[width:]) if len(row) >= width else -1


def _has_two_lines(layout: Layout, times: Collection[str]) -> bool:
    third = layout.below[1] if len(layout.below) > 1 else [""]
    return plain_name(third[0]) in times and not any(third[1:])


def _headings(layout: Layout, lines: int) -> list[tuple[str, ...]]:
    """Headings of each column, line by line."""
    heads = [layout.rows[layout.header], *layout.below[: lines - 1]]
    padded = [[*map(str.strip, head), *[""] * layout.width] for head in heads]
    return [tuple(head[i] for head in padded) for i in range(layout.width)]


def _above(layout: Layout) -> tuple[str, ...]:
    titles = [
        " ".join(filter(None, map(str.strip, row)))
        for row in layout.rows[: layout.header]
        if any(row)
    ]
    if not titles:
        return ()
    return (f"lines above the headings left out: {list_names(titles, limit=2)}",)


def _parse(
    content: bytes, layout: Layout, lines: int, kept: Collection[int]
) -> tuple[DataFrame, tuple[str, ...]]:
    """The rows below the headings, with columns counted from 0."""
    width = min(max([layout.width, *map(len, layout.below)]), _MOST_COLUMNS)
    skipped = layout.header + 1
    for _ in range(lines - 1):
        skipped += 1 + next(i for i, row in enumerate(layout.rows[skipped:]) if any(row))

    def read(kinds: Any) -> DataFrame:
        return pd.read_csv(
            BytesIO(content),
            sep=layout.separator,
            header=None,
            names=range(width + 1),
            index_col=False,
            skiprows=skipped,
            dtype=kinds,
            keep_default_na=False,
            na_values=[""],
            low_memory=False,
        )

    @cache
    def texts() -> DataFrame:
        return read("str")

    def written(column: int) -> Series:
        return table[column] if table[column].dtype == "str" else texts()[column]

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)  # fields would be lost
            table = read(dict.fromkeys(kept, "str"))
    except (pd.errors.ParserError, pd.errors.ParserWarning) as error:
        raise ValueError(_plain_words(error, layout.width)) from error
    _refuse_surplus(table[range(layout.width, width + 1)], layout)
    table = table[range(layout.width)]
    starts = (re.escape(start.encode()) for start in (layout.separator, '"', "\n", "\r"))
    zeros = any(re.search(start + rb"0\d", content) for start in starts)
    columns = set(range(layout.width)) - set(kept)
    doubtful = [i for i in columns if is_doubtful(table[i], zeros=zeros)]
    return read_numbers(table, doubtful, written, comma=layout.separator == ";")


def _refuse_surplus(surplus: DataFrame, layout: Layout) -> None:
    filled = surplus.notna().any(axis="columns").to_numpy()
    if filled.any():
        row = int(filled.argmax())
        count = layout.width + int(surplus.iloc[row].notna().to_numpy().nonzero()[0][-1]) + 1
        raise ValueError(f"row {row + 1} has {count} fields where the headings are {layout.width}")


def _plain_words(error: Exception, width: int) -> str:
    fields = re.search(r"in line (\d+), saw (\d+)", str(error))
    quote = re.search(r"EOF inside string starting at row (\d+)", str(error))
    if fields:
        return f"line {fields[1]} has {fields[2]} fields where the headings are {width}"
    if isinstance(error, pd.errors.ParserWarning):
        return f"the first row has other fields than the headings, which are {width}"
    return f"the quotation mark in row {quote[1]} is not closed" if quote else shorten(str(error))


def _without_nameless(table: DataFrame, heads: Sequence[tuple[str, ...]]) -> DataFrame:
    """Leave out empty columns that have no heading; the first may be a saved index."""
    nameless = [i for i, head in enumerate(heads) if i > 0 and not any(head)]
    filled = table[nameless].notna().any().to_numpy()
    if filled.any():
        raise ValueError(f"column {nameless[int(filled.argmax())] + 1} has no heading")
    return table.drop(columns=nameless)
