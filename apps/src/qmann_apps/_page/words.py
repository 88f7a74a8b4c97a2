"""Words for people who know their field but no physics, and text that is shown as it is."""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def said(page: str) -> dict[str, Any]:
    """What stands in the TOML beside a page, where its words are kept.

    Args:
        page: its file.
    """
    return tomllib.loads(Path(page).with_suffix(".toml").read_text(encoding="utf-8"))


_SAID = said(__file__)
WORDS: Mapping[str, str] = _SAID["terms"]
"""What is said beside each quantum term."""
MODELS: dict[str, str] = _SAID["models"]
PRESETS: Mapping[str, str] = _SAID["presets"]

_FORMS = (
    (re.compile(r"lo-([\d.]+)"), r"\1 % from"),
    (re.compile(r"hi-([\d.]+)"), r"\1 % to"),
    (re.compile(r"coverage ([\d.]+)"), r"\1 % intervals held"),
    (re.compile(r"VaR ([\d.]+) hits %"), r"VaR \1 % passed"),
    (re.compile(r"long-([\d.]+) m"), r"\1 % half length, m"),
    (re.compile(r"wide-([\d.]+) m"), r"\1 % half width, m"),
    (re.compile(r"VaR ([\d.]+) %"), r"Value at risk \1 %"),
    (re.compile(r"ES ([\d.]+) %"), r"Mean loss beyond \1 %"),
)
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


def small(value: float) -> str:
    """A size of two decimals, without the zero before the point."""
    return f"{value:.2f}".removeprefix("0")


def metres(value: float) -> str:
    """A length in m, or in km where it is long."""
    return f"{value / 1e3:.1f} km" if value >= 1e3 else f"{value:.3g} m"


def signed(value: float) -> str:
    """A value of two decimals with its sign as it is printed."""
    return f"{value:.2f}".replace("-", "\N{MINUS SIGN}")


def called(name: str, names: Mapping[str, str]) -> str:
    """A figure, a method or a column as a domain calls it, or all, or itself with a capital."""
    if known := names.get(name) or _SAID["names"].get(name):
        return known
    forms = (form.sub(said, name) for form, said in _FORMS if form.fullmatch(name))
    return next(forms, name[:1].upper() + name[1:])


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
