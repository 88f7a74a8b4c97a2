"""Files that are written whole or not at all, folders for them, and files read within a limit."""

import gzip
import os
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from secrets import token_hex
from typing import IO, Any

from .errors import DataError

MOST_BYTES = 200 * 2**20
"""Of a file that is read, unpacked."""


@contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """A draft beside ``path``, which takes its place when the block has written it.

    A reader, or a kill at any moment, finds the file from before or the new one. Each writer has a
    draft of its own, so that of several at once the last one counts.

    Raises:
        DataError: the disk refused; the file from before is unchanged and nothing else is left.

    Example:
        >>> with atomic_write(Path("table.csv")) as draft:  # doctest: +SKIP
        ...     frame.to_csv(draft)
    """
    draft = path.with_name(f".{path.name}-{token_hex(6)}.partial")
    try:
        try:
            yield draft
            with draft.open("rb+") as file:
                os.fsync(file.fileno())
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)
    except OSError as error:
        raise DataError(
            f"could not write {path}: {error.strerror or error}; nothing was changed. Free some "
            "space, or choose another folder"
        ) from error


def make_folder(folder: Path, purpose: str) -> None:
    """Make a folder, and those that it is in, unless it is there.

    Raises:
        DataError: the disk refuses, or something else is there.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(
            f"{folder}: cannot be made a folder for {purpose} ({error.strerror or error}); choose "
            "another one"
        ) from error


def read_bytes(source: Path | IO[Any], *, packed: bool | None = None) -> bytes:
    """The content of a file, unpacked, which may have ``MOST_BYTES`` and be ``most_unpacked``.

    Args:
        source: Path of a file, or one that is open; text becomes UTF-8.
        packed: Whether it is packed with gzip; by default, if it begins so.

    Raises:
        ValueError: It is longer, or no file, as a folder or a pipe is.
        OSError: It cannot be read, or unpacked.
        EOFError: The packed end is missing.

    Example:
        >>> read_bytes(Path("molecules.sdf.gz"))  # doctest: +SKIP
    """
    if isinstance(source, Path):
        if not source.is_file():
            raise ValueError("this is no file, but a device, a pipe or a link to nothing")
        with source.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    else:
        begun = source.read(MOST_BYTES + 1)
        content = begun.encode() if isinstance(begun, str) else bytes(begun)
    most = MOST_BYTES
    if packed or (packed is None and content.startswith(b"\x1f\x8b")):
        most = most_unpacked(len(content))
        with gzip.open(BytesIO(content)) as unpacked:
            content = unpacked.read(most + 1)
    if len(content) > most:
        raise ValueError(f"it has more than {most // 2**20} MB, unpacked")
    return content


def most_unpacked(size: int) -> int:
    """Bytes that a packed file of this size may have when it is unpacked.

    Tables and molecules shrink to about a tenth; what shrinks far more was made to fill a memory.
    """
    return min(MOST_BYTES, max(2**24, 50 * size))
