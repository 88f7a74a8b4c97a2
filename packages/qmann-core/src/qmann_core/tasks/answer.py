"""What a lookup gives back, and where each row of it stands."""

from dataclasses import dataclass
from typing import Any

import pandas as pd
from pandas import DataFrame

from ..data.labelled import Labelled
from ..data.tables import to_rows
from ..errors import DataError


@dataclass(frozen=True, kw_only=True)
class Answer:
    """An answer from the data alone: a table, figures about it, and what has to be said of both."""

    name: str
    """What the rows of the table are called in `to_dict`."""
    title: str
    table: DataFrame
    figures: DataFrame | None = None
    """A second, short table, such as how good the ranking in the first one is."""
    notes: tuple[str, ...] = ()

    @property
    def titled(self) -> tuple[tuple[str, DataFrame], ...]:
        """What is shown: the table and, where there are any, the figures, each with a title."""
        first = (self.title, self.table)
        return (first,) if self.figures is None else (first, ("Figures", self.figures))

    def to_frame(self) -> DataFrame:
        """The table."""
        return self.table

    def to_dict(self) -> dict[str, Any]:
        """Everything, ready for JSON; what is not there is None."""
        figures = {} if self.figures is None else {"figures": _plain(self.figures)}
        rows = {self.name: _plain(self.table)}
        return {"title": self.title, **rows, **figures, "notes": list(self.notes)}


def usable(records: Labelled, *, once: str | None = None) -> DataFrame:
    """The rows without an error.

    Args:
        records: where they stand.
        once: a column: of rows in which it is the same, only the one that counts.

    Raises:
        DataError: there are none.
    """
    table = records.table
    rows = table[table["error"].eq("")]
    if rows.empty:
        why = table["error"].iloc[0]
        raise DataError(
            f"{records.source}: none of {len(table)} rows can be used; the first: {why}"
        )
    return rows if once is None else records.counted.drop_duplicates(once)


def in_place(records: Labelled, found: DataFrame, asked: str) -> DataFrame:
    """What was found, in the order of the rows that asked; a bad row has only its error.

    Args:
        records: what was asked.
        found: its column ``row`` says for which row; there may be several of one.
        asked: what to call the column of names (of what came, where there is no name).
    """
    table = records.table
    names = table["name"].where(table["name"].ne(""), table["given"])
    counts = {name: "Int64" for name, column in found.items() if column.dtype.kind in "iu"}
    texts = {name: "" for name, column in found.items() if column.dtype.kind not in "iuf"}
    rows = table[["row"]].assign(**{asked: names}).merge(found.astype(counts), "left", on="row")
    return rows.fillna(texts).merge(table[["row", "error"]], on="row")


def _plain(frame: DataFrame) -> list[dict[str, Any]]:
    return [{k: None if pd.isna(v) else v for k, v in row.items()} for row in to_rows(frame)]
