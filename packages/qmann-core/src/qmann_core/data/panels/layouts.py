"""The layouts of panels, each split into one raw frame for each unit.

A raw frame has times in a column named by `PanelSchema.moment` and values, not yet checked, under
the names of the schema; its index counts the table's rows from 1 and names them in messages.
"""

import pandas as pd
from pandas import DataFrame, DatetimeIndex, Index, MultiIndex, PeriodIndex, RangeIndex, Series
from pandas.api.types import is_numeric_dtype

from ...errors import DataError
from ..tables import Column, Kind, convert, list_names, plain_name, validate, zone_of
from .schema import PanelSchema

_MOST_NAMES = 10_000  # of units in a table


def split_units(
    table: DataFrame, schema: PanelSchema, *, name: str, where: str
) -> tuple[dict[str, DataFrame], tuple[str, ...]]:
    """Recognise the layout of a table and split it; a unit that has no name gets ``name``.

    Returns:
        The raw frame of each unit, and what a reader must know of how the table was read.

    Raises:
        DataError: No column has times or values, a time cannot be read, or two columns have the
            same name.
    """
    if isinstance(table.index, MultiIndex):
        table = table.reset_index()  # times and units stacked, as a long table
    _refuse_twins(table.columns, where)
    times, values, notes = _times_and_values(table, schema, where)
    if values.empty:
        raise DataError(
            f"{where}: there is a {schema.moment} column and nothing else. Expected values beside "
            f"it: add a column of {schema.thing}s for each {schema.word}"
        )
    if isinstance(values.columns, MultiIndex):
        return _two_level(times, values, schema, where), notes
    fields = values.set_axis(schema.known(values.columns), axis="columns")
    present = set(fields.columns)
    unit = next((known for known in schema.unit if known in present), None)
    if unit is not None:
        return _long(times, fields, unit, schema, where), notes
    if schema.value is None or schema.value in present:
        return {name: fields.assign(**{schema.moment: times})}, notes
    if schema.beside and schema.beside <= present:
        raise _no_value(fields.columns, schema, where)
    return _wide(times, values, schema, where, notes)


def _wide(
    times: Series, values: DataFrame, schema: PanelSchema, where: str, notes: tuple[str, ...]
) -> tuple[dict[str, DataFrame], tuple[str, ...]]:
    ignored = [schema.is_ignored(column) for column in values.columns]
    if all(ignored):
        raise _no_value(values.columns, schema, where)
    if any(ignored):
        notes = (*notes, f"columns not used: {list_names(values.columns[ignored])}")
    columns = [i for i, skip in enumerate(ignored) if not skip]
    raw = {
        str(values.columns[i]): DataFrame(
            {schema.moment: times, schema.value or "": values.iloc[:, i]}
        )
        for i in columns
    }
    return raw, notes


def _two_level(
    times: Series, values: DataFrame, schema: PanelSchema, where: str
) -> dict[str, DataFrame]:
    names = [values.columns.get_level_values(k) for k in range(values.columns.nlevels)]
    levels = [schema.known(level) for level in names]
    required = {column.name for column in schema.columns if column.required}
    found = next((k for k, level in enumerate(levels) if required & set(level)), None)
    if found is None or len(levels) != 2:
        raise DataError(
            f"{where}: the columns have {len(levels)} levels, such as {values.columns[0]}. "
            f"Expected two, one of them with {' '.join(sorted(required)).title()} and the other "
            f"with the names of the {schema.words}: rename the columns"
        )
    fields, units = values.set_axis(levels[found], axis="columns"), names[1 - found]
    return {
        str(unit): fields.loc[:, units == unit].assign(**{schema.moment: times})
        for unit in units.unique()
    }


def _long(
    times: Series, fields: DataFrame, unit: str, schema: PanelSchema, where: str
) -> dict[str, DataFrame]:
    texts = validate(fields, (Column(unit, "text"),), where=where)[unit].str.strip()
    if schema.value is not None and schema.value not in fields:
        fields = fields.rename(columns={"y": schema.value})
        if schema.value not in fields:
            raise _no_value(fields.columns, schema, where)
    if texts.nunique() > _MOST_NAMES:
        raise DataError(
            f"{where}: column {unit!r} has {texts.nunique()} names of {schema.words}. Expected at "
            f"most {_MOST_NAMES}: choose the column that names them, or fewer rows"
        )
    raw = fields.drop(columns=unit).assign(**{schema.moment: times})
    return {str(name): part for name, part in raw.groupby(texts, sort=False)}


def _times_and_values(
    table: DataFrame, schema: PanelSchema, where: str
) -> tuple[Series, DataFrame, tuple[str, ...]]:
    """Parsed times and the other columns, both with rows counted from 1; and a note on zones."""
    position = _time_position(table, schema, where)
    raw = Series((table.index if position is None else table.iloc[:, position]).array)
    unnamed = [_flat(label).startswith("unnamed") for label in table.columns]
    values = table.iloc[:, [i for i, skip in enumerate(unnamed) if i != position and not skip]]
    if isinstance(table.columns, MultiIndex) and plain_name(raw.iloc[0]) in schema.time:
        raw, values = raw.iloc[1:], values.iloc[1:]  # the line "Date,," below two header lines
    rows = RangeIndex(1, len(raw) + 1)
    kind: Kind = "number" if schema.clock == "count" else "date"
    times = convert(Series(raw.array, index=rows), Column(schema.moment, kind), where)
    if kind == "number" and (times % 1 == 0).all():
        times = times.astype("int64")
    zone = "" if kind == "number" else zone_of(raw)
    note = f"times are those of their own time zone ({zone}), whose dates count"
    return times, values.set_axis(rows, axis="index"), (note,) if zone else ()


def _time_position(table: DataFrame, schema: PanelSchema, where: str) -> int | None:
    """Position of the column of times; None when the index holds them."""
    dates = schema.clock != "count"
    if plain_name(table.index.name) in schema.time:
        return None
    if dates and isinstance(table.index, DatetimeIndex | PeriodIndex):
        return None
    names = [plain_name(_flat(label)) for label in table.columns]
    # What pandas writes for an index without a name.
    nameless = names[0].startswith("unnamed") and not is_numeric_dtype(table.iloc[:, 0])
    below = isinstance(table.columns, MultiIndex) and plain_name(table.iloc[0, 0]) in schema.time
    if below or (dates and nameless):
        return 0
    for name in schema.time:
        if name in names:
            return names.index(name)
    if dates and not is_numeric_dtype(table.index):
        return None
    raise DataError(
        f"{where}: no {schema.moment} column among {list_names(table.columns)}. Expected "
        f"{'a DatetimeIndex or ' if dates else ''}a column named {_either(schema.time)} in a "
        "comma-separated table: rename it"
    )


def _refuse_twins(columns: Index, where: str) -> None:
    names = Index([_flat(label) for label in columns])
    missing = [not isinstance(label, tuple) and bool(pd.isna(label)) for label in columns]
    nameless = [i for i, name in enumerate(names) if name == "" or missing[i]]
    if nameless:
        raise DataError(
            f"{where}: column {nameless[0] + 1} has no name. Expected a name for each: give it "
            "one, or leave it out"
        )
    if names.has_duplicates:
        raise DataError(
            f"{where}: two columns are named {list_names(names[names.duplicated()][:1])} (letter "
            "case does not count). Expected each name once: rename or leave out one"
        )


def _no_value(columns: Index, schema: PanelSchema, where: str) -> DataError:
    return DataError(
        f"{where}: no {schema.thing} among the columns {list_names(columns)}. "
        f"Expected a column {schema.value} (or y in long format): rename or add it"
    )


def _flat(label: object) -> str:
    parts = label if isinstance(label, tuple) else (label,)
    return " ".join(str(part).strip() for part in parts if str(part)).lower()


def _either(names: tuple[str, ...]) -> str:
    return " or ".join(filter(None, (", ".join(names[:-1]), names[-1])))
