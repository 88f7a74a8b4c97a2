"""Words for people who know their field but no physics, and text that is shown as it is."""

import re
from collections.abc import Mapping
from typing import Any

WORDS = {
    "simulated": "No quantum computer is involved. An ordinary computer works out exactly what the "
    "circuits would do, which is feasible because they are small.",
    "circuit": "A short list of operations on a few quantum bits: the part of the model that could "
    "run on a quantum computer. One line of the drawing is one quantum bit, read from left to "
    "right. *x* are numbers from your data, *w* are numbers learned in training, and what is "
    "measured at the right end goes on to the rest of the model.",
    "hybrid": "A model whose parts are trained together: ordinary layers of numbers, and small "
    "quantum circuits between them.",
    "classical twin": "The same model with ordinary layers in the place of the circuits, about as "
    "many learned numbers, and the same training. Where it does as well, the quantum part has not "
    "helped.",
    "entanglement": "A link between quantum bits, so that they can only be described together. The "
    "model without entanglement has the same circuits with these links left out; it tells whether "
    "they matter.",
    "quantum memory": "A list of past cases, each stored as a state of a few quantum bits. It is "
    "asked by likeness: the more a stored case is like the present one, the more it weighs. It "
    "shows what the model takes for similar.",
    "likeness": "How alike two stored states are, which physicists call their fidelity: 1 is the "
    "same, 0 is nothing in common.",
    "weight": "The share of a case among everything that was remembered, in percent.",
    "interval": "The range that holds the true value in so many of 100 cases. Its width comes from "
    "how far off the model was on cases that it had not seen (a conformal interval).",
    "known cases": "Whether some known case is alike. Where none is, the model has to guess, and "
    "its interval may be too narrow.",
    "errors": "Real quantum computers make mistakes at every step. Here they are simulated: with "
    "this chance, a step of the circuit scrambles the quantum bits that it touches (depolarising "
    "noise). Good machines of today are near 0.1 to 1 %.",
    "p-value": "How often a difference as large as this one would come about by luck alone, were "
    "both models equally good. Small values (below .05) count as evidence; they are corrected for "
    "the number of comparisons.",
}
"""What is said beside each quantum term."""

MODELS = {
    "hybrid": "Hybrid",
    "classical": "Classical twin",
    "separable": "Hybrid without entanglement",
}
"""Names of the networks."""

NAMES = {
    "squared error": "Mean squared error",
    "log loss": "Error of the probability (log loss)",
    "RMSE": "Root mean squared error",
    "MAE": "Mean absolute error",
    "query": "Asked",
    "name": "Found",
    "target": "Measured",
    "fidelity": "Likeness",
    "weight %": "Weight, %",
    "nearest": "Nearest known",
    "error": "Problem",
}
"""Figures and columns that many domains have."""

PRESETS = {"fast": "Fast", "standard": "Standard", "thorough": "Thorough"}

_MARKS = re.compile(r"([!-/:-@\[-`{-~])")


def plain(text: object, *, limit: int = 600) -> str:
    """Text from data or files as Markdown that shows it letter for letter.

    Markdown could otherwise load a picture from elsewhere, or draw a link.
    """
    line = " ".join(str(text).split())
    short = line if len(line) <= limit else line[:limit] + " ..."
    return _MARKS.sub(r"\\\1", short)


def number(value: float) -> str:
    """A number with as many decimals as a reader needs."""
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:,.2f}" if abs(value) >= 1 else f"{value:.4f}"


def date(day: Any) -> str:
    """A day in words."""
    return f"{day.day} {day:%B %Y}"


def signed(value: float) -> str:
    """A value of two decimals with its sign as it is printed."""
    return f"{value:.2f}".replace("-", "\N{MINUS SIGN}")


def called(name: str, names: Mapping[str, str]) -> str:
    """A figure, a method or a column as a domain calls it, or all, or itself with a capital."""
    return names.get(name) or NAMES.get(name) or name[:1].upper() + name[1:]


def chance(p: float) -> str:
    """A p-value."""
    return "< .001" if p < 0.001 else f"{p:.3f}".removeprefix("0")


def inside(name: str) -> str:
    """A name as it stands inside a sentence: without its capital, unless it is an acronym."""
    return name if name[:2].isupper() else name[:1].lower() + name[1:]


def renamed(sentence: str, names: Mapping[str, str]) -> str:
    """A sentence with the models' names as people know them."""
    pattern = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
    return re.sub(rf"(?<!\w)(?:{pattern})(?!\w)", lambda found: names[found[0]], sentence)
