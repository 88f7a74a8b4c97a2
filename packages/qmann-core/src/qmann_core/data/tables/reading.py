"""Tables read from a file, one that is open, or pandas."""

import zlib
from collections.abc import Callable, Mapping, Sequence
from io import BytesIO
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pandas as pd
from pandas import DataFrame, Series

from ...errors import DataError
from ...files import MOST_BYTES, Readable, read_bytes
from .delimited import read_delimited
from .describe import name_source, shorten
from .sheets import sheet_text
from .transport import BEGIN, read_transport

Readers = Mapping[str, Callable[[str], DataFrame]]
"""Text formats beyond CSV: suffix -> what makes a table of a file's text; .gz is unpacked before.
What the function cannot read it raises ValueError for."""
Noted = tuple[DataFrame, tuple[str, ...]]

_NAMES = ("id", "name", "title", "code", "compound id", "compound name", "mol id")
_SUFFIXES = (".tsv", ".xlsx", ".xpt", ".csv", ".csv.gz", ".parquet")


def read_table(
    source: Any,
    *,
    header: int | Sequence[int] = 0,
    readers: Readers = MappingProxyType({}),
    text: Sequence[str] = _NAMES,
) -> DataFrame:
    """The table of `read_noted`, without the notes.

    Args:
        source: Path of the file, which its suffix tells the format of; an open file; or data in
            memory.
        header: Line or lines of a CSV file that hold the column names.
        readers: Further text formats by suffix, such as ".smi"; each is read packed (.gz) too.
        text: Columns of a CSV file, by `plain_name`, whose cells are identifiers, such as 0700, 7E8
            and NA, which must not become numbers or gaps; by default those that are called so.

    Raises:
        DataError: as `read_noted`.
    """
    lines = 1 if isinstance(header, int) else len(header)
    return read_noted(source, readers=readers, text=text, lines=lines)[0]


def read_noted(
    source: Any,
    *,
    readers: Readers = MappingProxyType({}),
    text: Sequence[str] = _NAMES,
    times: Sequence[str] = (),
    lines: int | None = None,
) -> Noted:
    """Read a CSV, CSV.gz, Excel, XPT (SAS transport) or Parquet file, a DataFrame or a Series.

    Args:
        source: as in `read_table`.
        readers: as in `read_table`.
        text: as in `read_table`.
        times: Columns of times, by which two lines of headings are known.
        lines: Lines of headings of a CSV file; None: one, or two where the third says when.

    Returns:
        The table, and what was understood where the file is not plain.

    Raises:
        DataError: The file is missing, a folder, empty, of another format, or unreadable, or the
            table has no rows.
    """
    notes: tuple[str, ...] = ()
    if isinstance(source, Series):
        frame = source.to_frame()
    elif isinstance(source, DataFrame):
        frame = source
    elif isinstance(source, str | Path) or hasattr(source, "read"):
        frame, notes = _read_file(source, readers, {"text": text, "times": times, "lines": lines})
    else:
        raise DataError(
            f"got data of type {type(source).__name__}. Expected the path of a file, an open file, "
            "a DataFrame or a Series: make a DataFrame of it"
        )
    if frame.empty:
        raise DataError(
            f"{name_source(source)}: the table is empty. Expected columns with at least one row"
        )
    return frame, notes


def _read_file(source: str | Path | Readable, readers: Readers, headings: Any) -> Noted:
    own = (suffix + gz for suffix in readers for gz in ("", ".gz"))
    suffixes = [*dict.fromkeys((*own, *_SUFFIXES))]
    expected = f"Expected a file ending in {', '.join(suffixes[:-1])} or {suffixes[-1]}"
    name = name_source(source).lower()
    where, file = name_source(source), source
    if isinstance(file, str | Path):
        where, file = shorten(str(source), 90), _existing(Path(file), expected)
        if not name.endswith(tuple(suffixes)):
            raise DataError(f"{where}: unknown format. {expected}: convert or rename it")
    try:
        content = read_bytes(file, packed=name.endswith(".gz") or None)
        return _table(content, name.removesuffix(".gz"), where, readers, headings)
    except DataError:
        raise
    except (ValueError, OSError, EOFError, zlib.error) as error:
        reason = shorten(" ".join(str(error).splitlines()), 60)
        raise DataError(
            f"{where}: cannot be read ({reason}). Expected UTF-8 text (in .csv "
            "with as many fields in each row), Excel, XPT or Parquet, as the suffix says: save the "
            "file again"
        ) from error


def _existing(path: Path, expected: str) -> Path:
    where = shorten(str(path), 90)
    try:
        folder = path.stat() and path.is_dir()
    except (OSError, ValueError) as error:
        raise DataError(f"{where}: no such file. {expected}: check the path") from error
    if folder:
        raise DataError(f"{where}: this is a folder. {expected}: name one file")
    return path


def _table(content: bytes, name: str, where: str, readers: Readers, headings: Any) -> Noted:
    """What the content of a file is, told by its name, or else by how it begins."""
    if not content:
        raise DataError(f"{where}: the file is empty. Expected columns with at least one row")
    for suffix, reader in readers.items():
        if name.endswith(suffix):
            return reader(content.decode("utf-8-sig")), ()
    if content.startswith(b"PAR1") or name.endswith(".parquet"):
        return _read_parquet(content, where), ()
    if content.startswith(BEGIN) or name.endswith(".xpt"):
        return read_transport(content), ()
    notes: tuple[str, ...] = ()
    if content.startswith(b"PK\x03\x04") or name.endswith(".xlsx"):
        content, notes = sheet_text(content, where)
    frame, more = read_delimited(content, **headings)
    return frame, (*notes, *more)


def _read_parquet(content: bytes, where: str) -> DataFrame:
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError as error:
        raise DataError(
            f"{where}: reading Parquet needs pyarrow. Install it (pip install pyarrow) or use CSV"
        ) from error
    damaged = (pa.ArrowException, OSError, ValueError, LookupError, TypeError, AttributeError)
    try:
        about = pq.ParquetFile(BytesIO(content)).metadata
        groups = [about.row_group(i).total_byte_size for i in range(about.num_row_groups)]
    except damaged as error:
        raise ValueError("it is no Parquet file, or damaged") from error
    if max(sum(groups), 8 * about.num_rows * about.num_columns) > MOST_BYTES:
        raise ValueError(f"it has more than {MOST_BYTES // 2**20} MB, unpacked")
    try:
        pq.read_table(BytesIO(content)).validate(full=True)
        return pd.read_parquet(BytesIO(content))
    except damaged as error:
        raise ValueError("it is no Parquet file, or damaged") from error
