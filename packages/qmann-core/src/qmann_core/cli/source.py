"""Where a command's data come from: a file, what was typed, standard input, or nothing."""

import argparse
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ..errors import DataError

_BEGIN = 65536  # bytes by which a format is known


@contextmanager
def source_of(arguments: argparse.Namespace) -> Iterator[Any]:
    """What was given as data; standard input, for -, as a file for the block.

    Raises:
        DataError: standard input is empty, or what the block says of it.
    """
    file = arguments.file
    typed = file if isinstance(file, list) else [file]
    if "-" not in map(str, typed):
        yield typed[0] if len(typed) == 1 else typed
        return
    stream: Any = getattr(sys.stdin, "buffer", sys.stdin)  # None where it is closed
    content = b"" if stream is None else stream.read()
    if isinstance(content, str):
        content = content.encode(errors="replace")
    if not content:
        raise DataError("standard input is empty: expected the data, as in: program - < file")
    with TemporaryDirectory(prefix="qmann-") as folder:
        place = Path(folder) / f"stdin{_suffix(content, arguments.suffix)}"
        place.write_bytes(content)
        try:
            yield place
        except DataError as error:
            text = str(error).replace(str(place), place.name)
            raise DataError(text.replace(place.name, "standard input")) from error


def _suffix(content: bytes, lines: str) -> str:
    """That of the format in which the content begins; text without commas is typed lines."""
    if content.startswith(b"PAR1"):
        return ".parquet"
    if content.startswith(b"HEADER RECORD*******LIB"):
        return ".xpt"
    if content.startswith(b"PK\x03\x04"):
        return ".xlsx"
    begin, packed = content[:_BEGIN], ""
    if content.startswith(b"\x1f\x8b"):
        packed = ".gz"
        try:
            begin = zlib.decompressobj(31).decompress(content, _BEGIN)
        except zlib.error as error:
            raise DataError(f"standard input is packed and damaged ({error})") from error
    if b"M  END" in begin:
        return f".sdf{packed}"
    table = any(sign in begin.partition(b"\n")[0] for sign in (b",", b";"))
    return f".csv{packed}" if table else f"{lines}{packed}"
