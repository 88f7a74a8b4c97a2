"""The first sheet of an Excel workbook, as lines of text."""

import csv
import datetime as dt
import zipfile
from io import BytesIO, StringIO

from ...errors import DataError
from ...files import most_unpacked
from .describe import shorten

# RuntimeError: packed in a way that zipfile does not know, or encrypted.
_DAMAGED = (
    *(zipfile.BadZipFile, RuntimeError, SyntaxError),
    *(LookupError, TypeError, AttributeError),
)


def sheet_text(content: bytes, where: str) -> tuple[bytes, tuple[str, ...]]:
    """The first sheet of a workbook as comma-separated text, and a note if there are more.

    Raises:
        DataError: openpyxl is missing.
        ValueError: It is no workbook, or is more than ``most_unpacked``.
    """
    try:
        import openpyxl
    except ImportError as error:
        raise DataError(
            f'{where}: reading Excel needs openpyxl. Install it (pip install "qmann-core[excel]") '
            "or save the table as CSV"
        ) from error
    try:
        with zipfile.ZipFile(BytesIO(content)) as packed:
            most = most_unpacked(len(content))
            if sum(file.file_size for file in packed.infolist()) > most:
                raise ValueError(f"it has more than {most // 2**20} MB, unpacked")
        book = openpyxl.load_workbook(BytesIO(content), read_only=True, data_only=True)
        sheet = book.worksheets[0]
        sheet.reset_dimensions()  # what the file says of them may be wrong
        text = StringIO(newline="")
        csv.writer(text).writerows(
            [_cell(value) for value in row] for row in sheet.iter_rows(values_only=True) if any(row)
        )
    except _DAMAGED as error:
        raise ValueError("it is no Excel workbook, or damaged") from error
    names = book.sheetnames
    note = f"the first of {len(names)} sheets is read: {shorten(repr(sheet.title))}"
    return text.getvalue().encode(), (note,) if len(names) > 1 else ()


def _cell(value: object) -> object:
    """A cell as text; None, a gap, is written as nothing."""
    midnight = isinstance(value, dt.datetime) and value.time() == dt.time()
    return value.date() if isinstance(value, dt.datetime) and midnight else value
