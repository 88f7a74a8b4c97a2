"""Rows that ask a lookup, and where each answer stands."""

from pandas import DataFrame

from ..data.labelled import Labelled
from ..errors import DataError


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
