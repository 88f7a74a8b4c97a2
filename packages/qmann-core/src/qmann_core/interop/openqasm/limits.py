"""How large a program may be, and what it says: counted before it becomes a circuit."""

import re

from ...errors import CircuitError

MAX_QUBITS = 10_000
MAX_STEPS = 100_000
"""Gates that a program is written out to, and calls of definitions on the way."""
MAX_CONTROLS = 64
_MAX_NESTED = 100
_MAX_DIGITS = 100
_LONGEST = 300
"""Characters of a message."""
_COMMENTS = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)
_DIGITS = re.compile(rf"[0-9_]{{{_MAX_DIGITS},}}")
_BRACKETS = re.compile(r"[\[({\])}\n]")


class Budget:
    """What is left of `MAX_STEPS`."""

    def __init__(self) -> None:
        self._left = MAX_STEPS

    def spend(self, count: int, where: str) -> None:
        """Take ``count`` off.

        Raises:
            CircuitError: there are not so many left; it starts with ``where``.
        """
        self._left -= count
        if self._left < 0:
            raise CircuitError(
                f"{where}: the program is written out to more than {MAX_STEPS} gates, too many to "
                "simulate; take fewer repetitions or definitions"
            )


def one_line(message: str) -> str:
    """A message that quotes a program, whose names may be of any length."""
    message = " ".join(message.split())
    return message if len(message) <= _LONGEST else f"{message[:200]} ... {message[-80:]}"


def checked(text: str) -> str:
    """A program without comments, whose lines are as they were.

    Raises:
        CircuitError: no text or no program in it, or one nested too deeply to read.
    """
    if not isinstance(text, str):
        raise CircuitError(
            f"got {type(text).__name__}: expected the text of an OpenQASM program; read a file by "
            "Path(...).read_text()"
        )
    text = _COMMENTS.sub(lambda found: " " + "\n" * found[0].count("\n"), text.lstrip("\ufeff"))
    if not text.strip():
        raise CircuitError("the text is empty or all comments, so it is no OpenQASM program")
    depth, number = 0, 1
    for bracket in _BRACKETS.findall(text):
        number += bracket == "\n"
        depth += (bracket in "[({") - (bracket in "])}")
        if depth > _MAX_NESTED:
            raise CircuitError(f"line {number}: more than {_MAX_NESTED} brackets inside each other")
    if found := _DIGITS.search(text):
        number = 1 + text.count("\n", 0, found.start())
        raise CircuitError(f"line {number}: a number of {len(found[0])} digits")
    return text
