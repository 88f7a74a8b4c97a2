"""OpenQASM 2 programs as the same programs in OpenQASM 3, line by line."""

import re
from collections.abc import Iterator
from itertools import count

from ...errors import CircuitError

_VERSION = re.compile(r"\s*OPENQASM\s+([0-9]+)(?:\.[0-9]+)?\s*;")
_TOKEN = re.compile(
    r'(?P<text>"[^"\n]*")|(?P<name>[A-Za-z_]\w*)|(?P<real>[0-9]*\.[0-9]+(?:[eE][+-]?[0-9]+)?|'
    r"[0-9]+\.(?:[eE][+-]?[0-9]+)?|[0-9]+[eE][+-]?[0-9]+)|(?P<whole>[0-9]+)|(?P<other>.|\n)"
)
_RESERVED = re.compile(
    "angle|array|bit|bool|box|break|cal|case|complex|const|continue|ctrl|def|default|defcal|"
    "defcalgrammar|delay|duration|durationof|else|end|euler|extern|false|float|for|gphase|im|in|"
    "input|int|inv|let|mutable|negctrl|nop|output|pow|pragma|qubit|readonly|return|sizeof|stretch|"
    "switch|tau|true|uint|void|while"
)
"""Words of OpenQASM 3 that are names in OpenQASM 2."""


def is_version_two(text: str) -> bool:
    """Whether a program without comments says so, or includes what only such programs do."""
    stated = _VERSION.match(text)
    return stated[1] == "2" if stated else bool(re.search(r'include\s*"qelib1.inc"', text))


def as_version_three(text: str) -> str:
    """The same program in OpenQASM 3.

    ``^`` becomes ``**``, ``ln`` ``log``, whole numbers among angles real ones (1/2 is a half), and
    names that are words of OpenQASM 3 get an underscore. Registers and measurements are written in
    the same way there, and gates of qelib1.inc are known to `gates`.

    Raises:
        CircuitError: a gate without a definition (``opaque``).
    """
    return "".join(_translated(_VERSION.sub("OPENQASM 3.0;", text, count=1)))


def _translated(text: str) -> Iterator[str]:
    words = [(found.lastgroup, found[0]) for found in _TOKEN.finditer(text)]
    taken = {word for _, word in words}
    number, depth = 1, 0
    for kind, word in words:
        number += word == "\n"
        depth += (word == "(") - (word == ")")
        match kind, word:
            case "text", '"qelib1.inc"':
                yield '"stdgates.inc"'
            case "name", "opaque":
                raise CircuitError(
                    f"line {number}: an opaque gate has no definition; write it as gate ... {{ }}"
                )
            case "name", "ln" if depth:
                yield "log"
            case "name", _ if _RESERVED.fullmatch(word):
                yield next(new for n in count(1) if (new := word + "_" * n) not in taken)
            case "whole", _ if depth:
                yield f"{word}.0"
            case "other", "^":
                yield "**"
            case _:
                yield word
