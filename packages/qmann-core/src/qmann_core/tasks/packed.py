"""A saved model in a ZIP, as the pages give it."""

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from ..errors import DataError
from ..files import MOST_BYTES

_FILES = ("model.safetensors", "config.json", "card.md")
_PIECE = 1024**2


@contextmanager
def unpacked(place: Path) -> Iterator[Path]:
    """The folder of a saved model: the place itself, or for the block what a ZIP there holds.

    Only the files of a model are taken out, under names of ours, as long as they are of a size that
    a model has.

    Raises:
        DataError: the ZIP holds no model, or is damaged or too large; or what the block says of the
            folder, which it calls by the ZIP's name.
    """
    if not place.is_file() or not zipfile.is_zipfile(place):
        yield place
        return
    with TemporaryDirectory(prefix="qmann-") as made:
        folder = Path(made)
        try:
            _unpack(place, folder)
        except (zipfile.BadZipFile, zlib.error, OSError, EOFError, RuntimeError) as error:
            raise DataError(
                f"{place}: cannot be unpacked ({error}); pack or download it again"
            ) from error
        try:
            yield folder
        except DataError as error:
            raise DataError(str(error).replace(str(folder), str(place))) from error


def _unpack(place: Path, folder: Path) -> None:
    left = MOST_BYTES
    with zipfile.ZipFile(place) as archive:
        entries = {PurePosixPath(entry.filename).name: entry for entry in archive.infolist()}
        if missing := [name for name in _FILES if name not in entries]:
            raise DataError(
                f"{place} holds no saved model: {missing[0]} is missing. Expected a ZIP that a "
                "page gave, or that of a folder that fit wrote"
            )
        for name in _FILES:
            with archive.open(entries[name]) as packed, (folder / name).open("wb") as file:
                while piece := packed.read(_PIECE):
                    left -= len(piece)
                    if left < 0:
                        raise DataError(
                            f"{place}: more than {MOST_BYTES // 2**20} MB unpacked, which no model "
                            "has: unpack it yourself if you trust it, and name the folder"
                        )
                    file.write(piece)
