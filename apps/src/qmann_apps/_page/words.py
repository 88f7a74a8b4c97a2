"""Words for people who know their field but no physics, and text that is shown as it is."""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_SAID = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
WORDS: Mapping[str, str] = _SAID["terms"]
"""What is said beside each quantum term."""
MODELS: dict[str, str] = _SAID["models"]
PRESETS: Mapping[str, str] = _SAID["presets"]

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
    return names.get(name) or _SAID["names"].get(name) or name[:1].upper() + name[1:]


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
