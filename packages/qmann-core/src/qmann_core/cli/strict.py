"""A parser of arguments whose mistakes are one line."""

import argparse
import os
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, NoReturn

from ..config import nearest
from .status import one_line


class StrictParser(argparse.ArgumentParser):
    """An ArgumentParser that says a mistake in one line and takes an option only once."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.register("action", None, _Once)

    def error(self, message: str) -> NoReturn:
        """End with status 2."""
        self.exit(2, one_line(f"{self.prog}: {message}; see {self.prog} --help") + "\n")

    def add_version(self, package: str) -> None:
        """The option --version, which shows that of a package."""
        self.add_argument("--version", action=_Version, package=package, help="show it and end")

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> tuple[Any, list[str]]:
        """The same, but an option that there is not is refused here, where its like are known."""
        found, rest = super().parse_known_args(args, namespace)
        unknown = [text for text in rest if text.startswith("-")]
        if unknown:
            near = nearest(unknown[0].partition("=")[0], self._option_string_actions)
            self.error(f"unrecognized arguments: {unknown[0]}{near}")
        return found, rest

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if action.choices is not None and value not in action.choices:
            known = list(map(str, action.choices))
            near = nearest(str(value), known) or f": expected one of {', '.join(known)}"
            raise argparse.ArgumentError(action, f"invalid choice: {value!r}{near}")


class _Version(argparse.Action):
    """Looks for it only where it is asked for."""

    def __init__(self, package: str, **given: Any) -> None:
        super().__init__(**given, nargs=0)
        self.package = package

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        sys.stdout.write(f"{parser.prog} {version(self.package)}\n")
        parser.exit()


class _Once(argparse.Action):
    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,
    ) -> None:
        del parser
        given: set[str] = vars(namespace).setdefault("given", set())
        if option_string is not None and self.dest in given:
            raise argparse.ArgumentError(self, "given twice: once is expected")
        given.add(self.dest)
        texts: Sequence[Any] = values if isinstance(values, list) else [values]
        if any("\0" in str(text) for text in texts):
            raise argparse.ArgumentError(self, "holds a zero byte, which nothing here has")
        setattr(namespace, self.dest, values)


def filled(text: str) -> str:
    """A text that is not empty.

    Raises:
        ArgumentTypeError: it is.
    """
    if not text.strip():
        raise argparse.ArgumentTypeError("got nothing: expected a value, or leave the option out")
    return text


def place(text: str) -> Path:
    """A path that a disk can have.

    Raises:
        ArgumentTypeError: it is empty, too long, or cannot be written down.
    """
    try:
        longest = max(len(os.fsencode(part)) for part in (*Path(filled(text)).parts, "."))
    except UnicodeEncodeError as error:
        raise argparse.ArgumentTypeError("no disk has such a name: correct it") from error
    if longest > 255 or len(text) > 4000:
        raise argparse.ArgumentTypeError(f"got a name of {len(text)} characters: too long")
    return Path(text)
