"""What every question is answered with."""

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from typing import Any

import pandas as pd
from pandas import DataFrame

from ..data.tables import to_rows


@dataclass(frozen=True, kw_only=True)
class Result:
    """A table, figures about it, and what has to be said of both."""

    title: str
    table: DataFrame
    notes: tuple[str, ...] = ()
    """What a reader must know."""
    figures: DataFrame | None = None
    """A second, short table, such as how good the ranking in the first one is."""

    @property
    def titled(self) -> tuple[tuple[str, DataFrame], ...]:
        """What is shown, each with a title."""
        first = (self.title, self.table)
        return (first,) if self.figures is None else (first, ("Figures", self.figures))

    def to_frame(self) -> DataFrame:
        """The table."""
        return self.table

    def _repr_html_(self) -> str:
        """For a notebook."""
        return as_html(self.titled, self.notes)

    def to_dict(self) -> dict[str, Any]:
        """Everything, ready for JSON; what is not there is None."""
        figures = {} if self.figures is None else {"figures": _plain(self.figures)}
        return {
            "title": self.title,
            "table": _plain(self.table),
            **figures,
            "notes": list(self.notes),
        }


def _plain(frame: DataFrame) -> list[dict[str, Any]]:
    return [{k: None if pd.isna(v) else v for k, v in row.items()} for row in to_rows(frame)]


def as_html(titled: Iterable[tuple[str, DataFrame]], notes: Iterable[str], first: str = "") -> str:
    """A first line, tables with their titles, and notes; all text escaped."""
    parts = [f"<p><strong>{escape(first)}</strong></p>"] if first else []
    for title, table in titled:
        shown = table.to_html(index=False, border=0, na_rep="", float_format="{:.4g}".format)
        parts.append(f"<h4>{escape(title)}</h4>\n{shown}")
    return "\n".join([*parts, *(f"<p>{escape(text)}</p>" for text in notes if text)])
