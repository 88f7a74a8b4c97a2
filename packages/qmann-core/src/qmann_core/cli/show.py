"""How results look: tables on a terminal, JSON in a pipe, files where asked."""

import argparse
import importlib.util
import json
import math
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from ..errors import DataError
from ..files import atomic_write
from .status import one_line

Titled = tuple[str, Any]
"""A title and a DataFrame."""

_REASON = "error"  # a column, which is shown below the table
_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet takes for one
_LONG = 40  # characters, beyond which a text is broken into lines
_ROWS = 60  # of a table on a terminal

TABLES, PICTURES = (".csv", ".json"), (".png", ".svg", ".pdf")
"""Suffixes of files that can be written."""


def report(result: Any, arguments: argparse.Namespace, beside: Any = None) -> None:
    """A task's report, and what it is beside it on a device: files first, then the screen."""
    frame, values = result.to_frame(), result.to_dict()
    if beside is not None:
        values["device"] = beside.to_dict()
    write(arguments.output, frame, values)
    if arguments.plot is not None:
        picture(arguments.plot, result.plot())
    evaluated = result.evaluation
    on = () if beside is None else beside.titled
    titled = [*result.titled, (_heading(evaluated), _comparison(evaluated)), *on]
    said = (result.typical_error,) if result.typical_error else ()
    told = () if beside is None else beside.notes
    notes = tuple(dict.fromkeys(said + _said(evaluated) + result.notes + told))
    tables(titled, values, notes, arguments, first=result.advice)


def evaluation(result: Any, arguments: argparse.Namespace, coverage: Any = None) -> None:
    """An out-of-sample comparison, and the coverage of each year."""
    titled = [(_heading(result), _comparison(result))]
    if coverage is not None and len(coverage) > 0:
        titled.append((f"By year, of {result.model}", coverage.reset_index()))
    tables(titled, result.to_dict(), _said(result), arguments, first=result.advice)


def _said(evaluated: Any) -> tuple[str, ...]:
    return (evaluated.verdict, *evaluated.carried, *evaluated.short)


def tables(
    titled: Sequence[Titled],
    values: Any,
    notes: Iterable[str],
    arguments: argparse.Namespace,
    *,
    first: str = "",
) -> None:
    """A first line, tables and notes on a terminal; the values as JSON with --json or in a pipe."""
    if arguments.json or not sys.stdout.isatty():
        sys.stdout.write(_json(values))
        return
    from rich.console import Console
    from rich.table import Table

    console = Console(markup=False, emoji=False)  # names in the data are text
    if first:
        console.print(f"{first}\n", highlight=False)
    for title, frame in titled:
        table = Table(
            title=title, title_justify="left", title_style="bold", box=None, pad_edge=False
        )
        columns = frame.head(_ROWS).items()
        shown = {str(name): _column(column) for name, column in columns if name != _REASON}
        shown = {name: cells for name, cells in shown.items() if any(cells) or not cells}
        for number, (name, cells) in enumerate(shown.items()):
            widest = max(map(len, cells), default=0)
            if widest > _LONG:
                table.add_column(name, min_width=_LONG // 2, overflow="fold")
            else:  # headers may wrap, values may not
                table.add_column(name, justify="right" if number else "left", min_width=widest)
        for row in zip(*shown.values(), strict=True):
            table.add_row(*row)
        console.print(table)
        if (more := len(frame) - _ROWS) > 0:
            console.print(f"... and {more} rows more; --json has all", highlight=False)
        for place, reason in _reasons(frame):
            console.print(f"row {place}: {reason}", highlight=False)
        console.print()
    for text in notes:
        console.print(text, highlight=False)


def _reasons(frame: Any) -> list[tuple[int, str]]:
    """Rows, by their number, that have no answer, and why."""
    if _REASON not in frame:
        return []
    bad = frame[frame[_REASON] != ""]
    return list(zip(bad["row"], bad[_REASON], strict=True))


def line(result: Any, arguments: argparse.Namespace) -> None:
    """One of many results, at once: its words on a terminal, its values as a line of JSON."""
    if arguments.json or not sys.stdout.isatty():
        text = json.dumps(_finite(result.to_dict()), ensure_ascii=False)
    else:
        text = one_line(str(result))
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def note(text: str) -> None:
    """A line for the person, outside the result."""
    sys.stderr.write(f"{text}\n")


def write(place: Path | None, frame: Any, values: Any) -> None:
    """The result as CSV or JSON, by the file's suffix; all of it or nothing.

    Raises:
        DataError: another suffix, or the disk refuses.
    """
    if place is None:
        return
    kind = check_suffix(place, TABLES)
    with atomic_write(place) as draft:
        if kind == ".csv":
            harmless(frame).to_csv(draft, index=False)
        else:
            draft.write_text(_json(values), encoding="utf-8")


def harmless(frame: Any) -> Any:
    """The table with an apostrophe before what a spreadsheet would take for a formula."""
    texts = {name: column for name, column in frame.items() if column.dtype.kind not in "biufcmM"}
    if not texts:
        return frame
    safe = {name: column.map(_quoted) for name, column in texts.items()}
    return frame.assign(**safe).rename(columns=_quoted)


def _quoted(cell: Any) -> Any:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell


def picture(place: Path, figure: Any) -> None:
    """A matplotlib figure, in the format of the file's suffix; all of it or nothing.

    Raises:
        DataError: another suffix, or the disk refuses.
    """
    kind = check_suffix(place, PICTURES)
    with atomic_write(place) as draft:
        figure.savefig(draft, format=kind[1:], dpi=150)


def check_suffix(place: Path, known: Sequence[str]) -> str:
    """The suffix of a file, which says the format.

    Raises:
        DataError: none of the known ones.
    """
    if place.suffix not in known:
        raise DataError(f"{place}: expected a name that ends in {' or '.join(known)}")
    return place.suffix


def check_plot() -> None:
    """Refuse a picture where nothing can draw it.

    Raises:
        DataError: the extra that is missing.
    """
    if importlib.util.find_spec("matplotlib") is None:
        raise DataError("--plot needs matplotlib: install it with pip install 'qmann-core[plot]'")


def _heading(result: Any) -> str:
    extent: str = result.extent
    return extent[0].upper() + extent[1:]


def _comparison(result: Any) -> Any:
    """The metrics as rows, formatted, and a column for each model: narrow enough for a terminal."""
    frame = result.to_frame()
    frame = frame.rename(columns={"p-value": f"p ({result.primary}, against {frame.index[0]})"})
    text = frame.astype(object)
    for name, column in frame.items():
        text[name] = _column(column)
    return text.T.reset_index(names="")


def _column(column: Any) -> list[str]:
    kind = column.dtype.kind
    if kind == "M":
        return [f"{value:%Y-%m-%d}" for value in column]
    if kind == "f":
        digits = _digits(column)
        return ["" if math.isnan(v) else f"{v:.{digits}f}" for v in column]
    return ["" if str(value) == "<NA>" else str(value) for value in column]


def _digits(column: Any) -> int:
    """Decimals that show four digits of the largest value."""
    largest = column.abs().max()
    return 4 if not largest > 0 else max(0, min(4, 3 - math.floor(math.log10(largest))))


def _json(values: Any) -> str:
    return json.dumps(_finite(values), indent=1, ensure_ascii=False) + "\n"


def _finite(values: Any) -> Any:
    """NaN is no JSON: null instead."""
    if isinstance(values, dict):
        return {key: _finite(value) for key, value in values.items()}
    if isinstance(values, list | tuple):
        return [_finite(value) for value in values]
    return None if isinstance(values, float) and not math.isfinite(values) else values
