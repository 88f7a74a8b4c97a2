"""From an argument list to an exit status."""

import os
import sys
from collections.abc import Sequence

from ..errors import QMANNError
from . import verbs
from .parser import Command, make_parser

_FAILED, _INTERRUPTED = 2, 130


def main(program: str, summary: str, commands: Sequence[Command], argv: Sequence[str]) -> int:
    """Run a domain's command line and return the exit status.

    0 is success, 2 an error that the message explains, 130 an interrupt.
    """
    arguments = make_parser(program, summary, commands).parse_args(argv)
    run = {
        "fit": verbs.fit,
        "predict": verbs.predict,
        "evaluate": verbs.evaluate,
        "data": verbs.data,
    }.get(arguments.verb, verbs.answer)
    try:
        run(arguments, commands)
        sys.stdout.flush()
    except QMANNError as error:
        sys.stderr.write(f"{program}: {error}\n")
        return _FAILED
    except KeyboardInterrupt:
        kept = getattr(arguments, "checkpoint", None)
        hint = f"; the same command goes on from {kept}" if kept else ""
        sys.stderr.write(f"\n{program}: stopped{hint}\n")
        return _INTERRUPTED
    except BrokenPipeError:  # the reader of the pipe, such as head, has seen enough
        _silence()
    except OSError as error:  # standard output refuses, such as a full disk
        _silence()
        sys.stderr.write(f"{program}: could not write the result: {error}\n")
        return _FAILED
    return 0


def _silence() -> None:
    """Let what is left in the buffer of standard output go nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
