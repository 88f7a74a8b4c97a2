"""What takes long to work out and never changes, kept in the user's cache folder."""

import hashlib
import json
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

from platformdirs import user_cache_path

from .errors import DataError
from .files import atomic_write, make_folder, read_file

_SEAL = hashlib.sha256().digest_size


def kept(
    name: str, made_of: Iterable[str], code: Iterable[Path], make: Callable[[], bytes]
) -> bytes:
    """What ``make`` gives, read from a file where it was made of the same before.

    The file begins with a SHA-256 of what it was made of and of the rest, so that what is older or
    damaged is made again. Where no folder can be written to, it is made each time. Somebody who
    waits at a terminal is told.

    Args:
        name: of the file.
        made_of: what the result follows from, versions of libraries among it.
        code: files by which it is made.
        make: works it out.
    """
    key = json.dumps([*made_of]).encode() + b"".join(path.read_bytes() for path in code)
    place, found = user_cache_path("qmann", appauthor=False) / name, b""
    with suppress(DataError):  # there is none yet, or it cannot be read
        found = read_file(place, kind="kept result")
    if found[:_SEAL] == _seal(key, found[_SEAL:]):
        return found[_SEAL:]
    if sys.stderr.isatty():
        sys.stderr.write(f"working out {name}, once\n")
    made = make()
    with suppress(DataError):  # as a disk may be full, or not ours
        make_folder(place.parent, "what is kept")
        with atomic_write(place) as draft:
            draft.write_bytes(_seal(key, made) + made)
    return made


def _seal(key: bytes, content: bytes) -> bytes:
    return hashlib.sha256(hashlib.sha256(key).digest() + content).digest()
