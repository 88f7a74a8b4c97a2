"""Where rows come from: an iterable, standard input, or a file that grows, and is replaced."""

import csv
import json
import os
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from qmann_core.errors import DataError

Row = Mapping[str, Any]
Place = Mapping[str, Any]

MANY = 1024  # rows scored at once at most
_CHUNK = 2**16  # bytes read at once, and of a line at most
_HEAD = 4096  # bytes by which a file is known
_POLL = 0.2  # seconds between two looks at a file
_ANEW = "another one, or written anew: it is read from its beginning"


class Batch(NamedTuple):
    """Rows that are at hand, none where nothing new has come."""

    rows: Sequence[Row] = ()
    place: Place = {}  # noqa: RUF012
    """Where to go on from after them."""
    said: str = ""
    """What has become of the file, if anything."""


class Lines:
    """Lines of text to rows, by the first of them: a CSV header, or a JSON object."""

    def __init__(self, first: bytes) -> None:
        text = first.decode("utf-8-sig", "replace").strip()
        self.names: list[str] = []
        self.sign = max(",;\t|", key=text.count)
        if not text.startswith("{"):
            self.names = [name.strip() for name in self._cells(text)]
        if len(set(self.names)) < len(self.names):
            raise DataError(f"got the columns {text}. Expected each name once")

    def rows(self, content: bytes) -> list[Row]:
        """Those of whole lines; empty lines are none."""
        lines = content.decode("utf-8", "replace").replace("\r", "").split("\n")
        read = self._cells_by_name if self.names else _object
        return [read(line) for line in lines if line.strip()]

    def _cells_by_name(self, line: str) -> Row:
        cells, names = self._cells(line), self.names
        if len(cells) > len(names):
            names = names + [f"column {k + 1}" for k in range(len(names), len(cells))]
        return dict(zip(names, cells, strict=False))

    def _cells(self, line: str) -> list[str]:
        cells = line.split(self.sign)
        if '"' in line:
            cells = next(csv.reader([line], delimiter=self.sign))
        return cells if self.sign != ";" else [cell.replace(",", ".") for cell in cells]


def _object(line: str) -> Row:
    """A JSON object; a row without anything where it is none."""
    try:
        found = json.loads(line)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def from_rows(rows: Iterable[Row], block: int) -> Iterator[Batch]:
    """So many rows at a time; of what is there already, such as a list, many."""
    size = MANY if isinstance(rows, Sequence) else block
    iterator = iter(rows)
    while found := list(islice(iterator, size)):
        for row in found:
            if not isinstance(row, Mapping):
                raise DataError(
                    f"got a row of type {type(row).__name__}. Expected a dict: sensor -> reading"
                )
        yield Batch(found)


def from_pipe(pipe: BinaryIO) -> Iterator[Batch]:
    """CSV or JSON lines, as many as are there, until it is closed."""
    rest, lines = b"", None
    while chunk := pipe.read1(_CHUNK):  # type: ignore[attr-defined]
        rest += chunk
        if lines is None and b"\n" in rest:
            first, _, after = rest.partition(b"\n")
            lines = Lines(first)
            rest = after if lines.names else rest
        end = rest.rfind(b"\n") + 1
        if not end:
            _check_length(rest, "standard input")
        elif lines is not None:
            yield Batch(lines.rows(rest[:end]))
            rest = rest[end:]
    if lines is not None and rest:
        yield Batch(lines.rows(rest))


def from_file(path: Path, place: Place, *, follow: bool, whole: bool) -> Iterator[Batch]:
    """The lines of a file from a place on, and those that are written later.

    A line counts once its end is written. A file that is truncated, written anew or replaced, as
    when logs are rotated, is read from its beginning, the old one to its end before.

    Args:
        path: of the file.
        place: of an earlier batch, {} for the beginning.
        follow: wait for more at the end, instead of ending.
        whole: what stands behind the last end of a line is a line, too.
    """
    file, lines, moved = _opened(path), None, False
    offset, digest = place.get("offset", 0), place.get("digest", _digest(b""))
    try:
        while True:
            if os.fstat(file.fileno()).st_size < offset or _head(file, offset) != digest:
                offset, digest, lines = 0, _digest(b""), None
                yield Batch(place={"offset": offset, "digest": digest}, said=_ANEW)
            if lines is None and (first := _first(file, whole=whole)):
                lines = Lines(first)
                offset = offset or len(first) * bool(lines.names)
            file.seek(offset)
            chunk = file.read(_CHUNK)
            end = chunk.rfind(b"\n") + 1 or len(chunk) * whole
            if lines is not None and end:
                offset += end
                digest = _head(file, offset)
                rows = lines.rows(chunk[:end])
                yield Batch(rows, {"offset": offset, "digest": digest})
                continue
            _check_length(chunk, str(path))
            if not follow:
                return
            if moved:
                with suppress(FileNotFoundError):
                    file, old = path.open("rb"), file
                    old.close()
                moved, lines = False, None
                continue
            moved = _is_moved(file, path)
            if not moved:
                yield Batch(place={"offset": offset, "digest": digest})
                time.sleep(_POLL)
    finally:
        file.close()


def _opened(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise DataError(
            f"{path}: cannot be read ({error.strerror}). Expected a CSV file, or JSON lines"
        ) from error


def _first(file: BinaryIO, *, whole: bool) -> bytes:
    """The first line, nothing where its end is not written."""
    file.seek(0)
    line = file.readline(_CHUNK)
    return line if whole or line.endswith(b"\n") else b""


def _head(file: BinaryIO, offset: int) -> str:
    file.seek(0)
    return _digest(file.read(min(offset, _HEAD)))


def _digest(content: bytes) -> str:
    return sha256(content).hexdigest()


def _is_moved(file: BinaryIO, path: Path) -> bool:
    try:
        return not os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False


def _check_length(rest: bytes, where: str) -> None:
    if len(rest) >= _CHUNK:
        raise DataError(f"{where}: a line of more than {_CHUNK} bytes. Expected CSV or JSON lines")
