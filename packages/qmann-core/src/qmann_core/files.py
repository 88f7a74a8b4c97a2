"""Files that are written whole or not at all, folders for them, and files read within a limit."""

import errno
import gzip
import os
import stat
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from io import BytesIO
from pathlib import Path
from secrets import token_hex
from string import hexdigits
from typing import Any, Protocol, runtime_checkable

from .errors import DataError

try:
    import fcntl
except ImportError:  # Windows, where writers know nothing of each other
    fcntl = None  # type: ignore[assignment]

MOST_BYTES = 200 * 2**20
"""Of a file that is read, unpacked."""
_UNKNOWN_TO_DISK = {errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOLCK}
_SUFFIX = ".partial"
_BYTES = 6  # of a draft's token


@runtime_checkable
class Readable(Protocol):
    """An open file, of bytes or text."""

    def read(self, size: int = ..., /) -> Any:
        """At most so much of what is left."""


@contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """A draft beside ``path``, which takes its place when the block has written it.

    A reader, or a kill at any moment, finds the file from before or the new one. Each writer has a
    draft of its own, so that of several at once the last one counts; drafts of writers that were
    killed are removed. Where ``path`` is a link, the file that it points to is written.

    Raises:
        DataError: the disk refused, or no file is there but something else; the file from before
            is unchanged and nothing else is left.

    Example:
        >>> with atomic_write(Path("table.csv")) as draft:  # doctest: +SKIP
        ...     frame.to_csv(draft)
    """
    with atomic_writes(path) as (draft,):
        yield draft


@contextmanager
def atomic_writes(*paths: Path) -> Iterator[tuple[Path, ...]]:
    """As `atomic_write`, several that belong together: once the first is in place, all are written.

    A kill after that leaves some of the others as `drafts`.
    """
    moved = 0
    try:
        places = [_written(path) for path in paths]
        with ExitStack() as held:
            names: list[Path] = []
            clear_drafts(places[0])
            try:
                for place in places:
                    names.append(place.with_name(f".{place.name}-{token_hex(_BYTES)}{_SUFFIX}"))
                    held.enter_context(_held(names[-1], os.O_EXCL))
                yield tuple(names)
                for draft in names:
                    with draft.open("rb+") as file:
                        os.fsync(file.fileno())
                for draft, place in zip(names, places, strict=True):
                    draft.replace(place)
                    moved += 1
                for place in places[1:]:  # until now they told what was to go beside the first
                    clear_drafts(place)
            finally:
                for draft in names if not moved else ():
                    draft.unlink(missing_ok=True)
    except OSError as error:
        reason = error.strerror or error
        if moved:
            raise DataError(
                f"{paths[0]} was written, but {paths[moved].name} beside it was not ({reason}); "
                "save once more"
            ) from error
        raise DataError(
            f"could not write {paths[0]}: {reason}; nothing was changed. Free some space, or "
            "choose another folder"
        ) from error


def is_draft(file: Path, of: Path) -> bool:
    """Whether a file has the name of a draft of another."""
    token = file.name.removeprefix(f".{of.name}-").removesuffix(_SUFFIX)
    is_token = len(token) == 2 * _BYTES and not set(token) - set(hexdigits)
    return is_token and file.name == f".{of.name}-{token}{_SUFFIX}"


def drafts(path: Path) -> list[Path]:
    """What writers of a file, at work or killed, have not put in its place."""
    try:
        return [file for file in path.parent.iterdir() if is_draft(file, path)]
    except OSError:
        return []


def clear_drafts(path: Path) -> None:
    """Remove those whose writers were killed."""
    for draft in drafts(path) if fcntl is not None else ():
        with suppress(OSError), ExitStack() as opened:  # such as one that is still being written
            descriptor = os.open(draft, os.O_RDWR | os.O_NONBLOCK | os.O_NOFOLLOW)
            opened.callback(os.close, descriptor)
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            draft.unlink()


@contextmanager
def alone(place: Path, *, busy: str | None = None) -> Iterator[None]:
    """Nobody else, of any process, is inside for the same place; a kill lets the next one in.

    Args:
        place: of a file that is there meanwhile.
        busy: says that somebody else is inside, as a DataError; others wait when it is None.

    Raises:
        DataError: see above, or the disk refuses.
    """
    with ExitStack() as held:
        try:
            held.enter_context(_held(place, wait=busy is None))
        except BlockingIOError as error:
            raise DataError(str(busy)) from error
        except OSError as error:
            raise DataError(
                f"cannot write to {place.parent}: {error.strerror or error}; choose another place"
            ) from error
        held.callback(place.unlink, missing_ok=True)
        yield


@contextmanager
def work_folder(folder: Path | None, purpose: str) -> Iterator[None]:
    """A folder, made if it is not there, that one call at a time keeps its progress in.

    Raises:
        DataError: another call is at work in it, the disk refuses, or something else is there.
    """
    if folder is None:
        yield
        return
    make_folder(folder, purpose)
    busy = f"{folder}: another run keeps {purpose} there now; wait for it, or choose another folder"
    with alone(folder / ".lock", busy=busy):
        yield


def read_file(path: Path, *, kind: str, most: int | None = None, links: bool = True) -> bytes:
    """The bytes of a regular file; pipes and devices are not opened, they may never end.

    Args:
        path: of the file.
        kind: what messages call it.
        most: bytes that it may have.
        links: whether it may be a link to such a file.

    Raises:
        DataError: no such file, another kind of place, one that is too large or unreadable.
    """
    try:
        about = path.stat() if links else path.lstat()
        if not stat.S_ISREG(about.st_mode):
            called = _called(about.st_mode)
            raise DataError(f"{path}: cannot be read (it is {called}); expected a {kind} file")
        if most is not None and about.st_size > most:
            raise DataError(
                f"{path}: has {about.st_size} bytes; expected a {kind} of at most {most}"
            )
        return path.read_bytes()
    except FileNotFoundError as error:
        raise DataError(f"{path}: no such {kind}; check the path, or save one first") from error
    except OSError as error:
        reason = error.strerror or error
        raise DataError(f"{path}: cannot be read ({reason}); expected a {kind} file") from error


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


def read_bytes(source: Path | Readable, *, packed: bool | None = None) -> bytes:
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


def _written(path: Path) -> Path:
    """Where to write: behind a link, and only in the place of a file."""
    place = Path(os.path.realpath(path))
    with suppress(FileNotFoundError):
        mode = place.stat().st_mode
        if not stat.S_ISREG(mode):
            raise DataError(
                f"could not write {path}: it is {_called(mode)}; give the name of a file"
            )
    return place


@contextmanager
def _held(place: Path, flags: int = 0, *, wait: bool = True) -> Iterator[None]:
    """A file, made if it is not there, that is locked inside.

    Raises:
        BlockingIOError: somebody else holds it, and this one does not wait.
    """
    while True:
        descriptor = os.open(place, os.O_RDWR | os.O_CREAT | flags, 0o666)
        try:
            _lock(descriptor, wait=wait)
            if _is_at(descriptor, place):  # else it was removed before it was locked
                yield
                return
        finally:
            os.close(descriptor)


def _lock(descriptor: int, *, wait: bool) -> None:
    if fcntl is None:
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno not in _UNKNOWN_TO_DISK:
            raise


def _is_at(descriptor: int, place: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), place.stat())
    except FileNotFoundError:
        return False


def _called(mode: int) -> str:
    """What a place is that is no regular file, in words."""
    kinds = {stat.S_IFDIR: "a folder", stat.S_IFLNK: "a link", stat.S_IFIFO: "a pipe"}
    return kinds.get(stat.S_IFMT(mode), "a device")
