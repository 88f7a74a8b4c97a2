"""What a program does before its first import: streams that may be closed, Ctrl-C at any moment."""

import gc
import io
import os
import signal
import sys
from contextlib import suppress
from importlib import import_module
from typing import Any, NoReturn

_FAILED, _INTERRUPTED = 2, 130


def start(program: str, run: str) -> NoReturn:
    """Run a function on what was typed, and exit with the status that it gives.

    No error of the streams and no Ctrl-C, be it during an import, ends in a traceback: where
    standard output cannot be written to, the status is 2, and 130 after Ctrl-C.

    Args:
        program: as messages call it.
        run: "package.module:function", imported here.
    """
    _mend_streams()
    sys.unraisablehook = lambda found: _unraisable(program, found)
    status: Any = _INTERRUPTED
    try:
        module, _, function = run.partition(":")
        status = getattr(import_module(module), function)(sys.argv[1:])
    except SystemExit as ended:  # such as of --help
        status = ended.code
    except KeyboardInterrupt:
        sys.stderr.write(f"\n{program}: stopped\n")
    except BrokenPipeError:  # the reader of the pipe, such as head, has seen enough
        status = 0
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # nothing that is left needs to be told
    with suppress(OSError):
        sys.stdout.flush()
    refused = getattr(sys.stdout, "refused", None)
    if refused is not None:
        silence(1)
    if refused is not None and not isinstance(refused, BrokenPipeError) and not status:
        sys.stderr.write(f"{program}: could not write the result: {refused}\n")
        status = _FAILED
    gc.freeze()  # all memory is given back at once: to look for cycles in it takes half a second
    sys.exit(status)


def qmann() -> NoReturn:
    """Entry point of core's own program."""
    start("qmann", "qmann_core.cli.core:run")


def silence(descriptor: int) -> None:
    """Let what is left in the buffer of a stream go nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), descriptor)


class _Output(io.TextIOWrapper):
    """Standard output, which remembers that it was refused: not everybody looks."""

    refused: OSError | None = None

    def write(self, text: str) -> int:
        try:
            return super().write(text)
        except OSError as error:
            self.refused = error
            raise

    def flush(self) -> None:
        try:
            super().flush()
        except OSError as error:
            self.refused = error
            raise


class _Errors(io.TextIOWrapper):
    """Standard error, which cannot say that nobody hears it."""

    def write(self, text: str) -> int:
        try:
            return super().write(text)
        except OSError:
            silence(2)
            return len(text)

    def flush(self) -> None:
        try:
            super().flush()
        except OSError:
            silence(2)


def _mend_streams() -> None:
    """Open what was closed: the next file would take its number, and be written to."""
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:  # of output nobody can say that it was written: writing will fail
            os.open(os.devnull, os.O_WRONLY if descriptor == 2 else os.O_RDONLY)
    if sys.stdin is None:
        sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
    given = sys.stdout
    encoding = "utf-8" if given is None else given.encoding
    output = open(1, "wb", closefd=False) if given is None else given.buffer  # noqa: SIM115
    errors = open(2, "wb", closefd=False) if sys.stderr is None else sys.stderr.buffer  # noqa: SIM115
    escape = "backslashreplace"
    sys.stdout = _Output(output, encoding, escape, line_buffering=output.isatty())
    sys.stderr = _Errors(errors, encoding, escape, line_buffering=True)


def _unraisable(program: str, found: Any) -> None:
    """Ctrl-C where Python would only print it and go on, such as while a lock is let go."""
    if not issubclass(found.exc_type, KeyboardInterrupt):
        sys.__unraisablehook__(found)
        return
    sys.stderr.write(f"\n{program}: stopped\n")
    os._exit(_INTERRUPTED)
