"""Headings in other words, read as the columns that they mean."""

from pandas import DataFrame, MultiIndex
from pandas.api.types import is_numeric_dtype

from ..tables import join_first, plain_name, shorten
from .schema import PanelSchema


def translate(table: DataFrame, schema: PanelSchema) -> tuple[DataFrame, tuple[str, ...]]:
    """Rename the columns that a schema has other words for, and say so.

    Times are always renamed. Other columns are where one of them is the value: in a wide table they
    may be the names of units.
    """
    if not schema.translations or isinstance(table.columns, MultiIndex):
        return table, ()
    known, meant = set(schema.known(table.columns)), dict[int, str]()
    for i, label in enumerate(table.columns):
        name = schema.translations.get(plain_name(label))
        if name is not None and name not in known:
            meant[i] = name
            known.add(name)
    fields = {column.name for column in schema.columns} | {*schema.unit, *schema.ignored}
    named = fields | {*schema.time, *schema.aliases}
    unknown = [
        label
        for i, label in enumerate(table.columns)
        if i not in meant and plain_name(label) not in named and is_numeric_dtype(table.iloc[:, i])
    ]
    evident = known & (fields - {schema.value})
    if schema.value not in known or (unknown and not evident):
        meant = {i: name for i, name in meant.items() if name in schema.time}
    labels = [meant.get(i, label) for i, label in enumerate(table.columns)]
    said = [
        f"{shorten(repr(str(table.columns[i])), 30)} as {name}"
        for i, name in meant.items()
        if name not in schema.ignored
    ]
    note = f"headings are read: {join_first(said, limit=6)}"
    return table.set_axis(labels, axis="columns"), (note,) if said else ()
