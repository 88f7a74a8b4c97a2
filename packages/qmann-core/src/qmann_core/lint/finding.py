"""What the linter says."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import pandas as pd

Code = Literal[
    "blind-input",
    "blind-observable",
    "dead-weight",
    "redundant-wire",
    "gate-ceiling",
    "barren-plateau",
    "not-decided",
]


@dataclass(frozen=True)
class Finding:
    """One weakness of a circuit, in words that give the reason and a way out.

    ``subjects`` are indices: of inputs for "blind-input", of weights for "dead-weight", of wires
    for "redundant-wire", of observables for "blind-observable", "gate-ceiling" and
    "barren-plateau". For "not-decided" they are empty and the message names them.
    """

    code: Code
    subjects: tuple[int, ...]
    message: str


def findings_frame(findings: Iterable[Finding]) -> pd.DataFrame:
    """A row for each finding: code, subjects, message."""
    rows = [(f.code, ", ".join(map(str, f.subjects)), f.message) for f in findings]
    return pd.DataFrame(rows, columns=["code", "subjects", "message"])


def named(noun: str, indices: Iterable[int]) -> str:
    """``input 3``, ``inputs 0 and 2``, ``weights 0..4, 7 and 12 others``."""
    runs: list[list[int]] = []
    for index in sorted(indices):
        if runs and runs[-1][-1] == index - 1:
            runs[-1].append(index)
        else:
            runs.append([index])
    pieces = [
        f"{run[0]}..{run[-1]}" if len(run) > 2 else ", ".join(map(str, run)) for run in runs[:6]
    ]
    rest = sum(map(len, runs[6:]))
    listed = ", ".join(pieces)
    if rest:
        listed += f" and {rest} others" if rest > 1 else " and 1 other"
    else:
        listed = " and ".join(listed.rsplit(", ", 1))
    return f"{noun}s {listed}" if sum(map(len, runs)) > 1 else f"{noun} {listed}"
