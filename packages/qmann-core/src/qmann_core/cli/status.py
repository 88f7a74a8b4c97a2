"""From the work of a command to an exit status: every error is one line."""

import sys
from collections.abc import Callable
from pathlib import Path

from ..errors import QMANNError
from ..start import silence

_FAILED, _INTERRUPTED = 2, 130
_LONGEST = 300  # characters of a message


def exit_status(program: str, work: Callable[[], None], *, checkpoint: Path | None = None) -> int:
    """Do the work; 0 is success, 2 an error that the message explains, 130 an interrupt.

    Args:
        program: as messages call it.
        work: what may raise a QMANNError.
        checkpoint: folder from which the same command goes on after an interrupt.
    """
    try:
        work()
        sys.stdout.flush()
    except (QMANNError, ModuleNotFoundError) as error:  # of an extra, which its message names
        sys.stderr.write(one_line(f"{program}: {error}") + "\n")
        return _FAILED
    except MemoryError:
        sys.stderr.write(f"{program}: memory ran out: give less data at once\n")
        return _FAILED
    except KeyboardInterrupt:
        hint = f"; the same command goes on from {checkpoint}" if checkpoint else ""
        sys.stderr.write(f"\n{program}: stopped{hint}\n")
        return _INTERRUPTED
    except BrokenPipeError:  # the reader of the pipe, such as head, has seen enough
        silence(sys.stdout.fileno())
    except OSError as error:  # standard output refuses, such as a full disk
        silence(sys.stdout.fileno())
        sys.stderr.write(one_line(f"{program}: could not write the result: {error}") + "\n")
        return _FAILED
    return 0


def one_line(text: str) -> str:
    """A text as one line that a terminal shows as it is; of a long one both ends."""
    line = "".join(c if c.isprintable() else "?" for c in " ".join(text.split()))
    if len(line) <= _LONGEST:
        return line
    return f"{line[: 2 * _LONGEST // 3 - 5]} ... {line[-_LONGEST // 3 :]}"
