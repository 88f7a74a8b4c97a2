"""Files that a person gives: read from a temporary place, and gone afterwards."""

import re
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

from streamlit.runtime.uploaded_file_manager import UploadedFile

from qmann_core.errors import DataError

MEGABYTES = 50
"""Largest upload."""

_SUFFIX = re.compile(r"(\.[A-Za-z0-9]{1,8}){1,2}$")
_PLAIN = re.compile(r"[\w(^][\w ()+=^.-]{0,59}")

Given = TypeVar("Given")


def read(upload: UploadedFile, load: Callable[[Path], Given]) -> Given:
    """An uploaded file, from a temporary place and under a name like its own; gone afterwards.

    Raises:
        DataError: the file is too large, or what ``load`` says of it.
    """
    if upload.size > MEGABYTES * 1024**2:
        raise DataError(
            f"{upload.name} has {upload.size / 1024**2:.0f} MB. Expected at most {MEGABYTES} MB: "
            "leave out what is not needed, or use the command line"
        )
    return read_bytes(upload.getbuffer(), upload.name, load)


def read_records(upload: UploadedFile, load: Callable[[Path], Any]) -> Any:
    """Records of an uploaded file, which call it by its name if they have a source.

    Raises:
        DataError: as ``read``.
    """
    records = read(upload, load)
    named = any(field.name == "source" for field in fields(records))
    return replace(records, source=upload.name) if named else records


def read_bytes(content: bytes | memoryview, name: str, load: Callable[[Path], Given]) -> Given:
    """What ``load`` makes of a file with this content, which it calls by this name.

    Raises:
        DataError: what ``load`` says of it.
    """
    with TemporaryDirectory(prefix="qmann-") as folder:
        place = Path(folder) / _file_name(name)
        place.write_bytes(content)
        try:
            return load(place)
        except DataError as error:
            text = str(error).replace(str(place), place.name).replace(place.name, name)
            raise DataError(text) from error


def _file_name(name: str) -> str:
    """That of the upload, after which a series may be called, unless it is an odd one."""
    if _PLAIN.fullmatch(name):
        return name
    suffix = _SUFFIX.search(name)
    return f"upload{suffix[0] if suffix else ''}"
