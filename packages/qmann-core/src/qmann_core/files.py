"""Files that are written whole or not at all, and folders for them."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex

from .errors import DataError


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
