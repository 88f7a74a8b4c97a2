"""Order in time: rows that go back, stand there twice, or lie too far apart."""

from typing import Any

import numpy as np
from pandas import DataFrame, DatetimeIndex, Index, Series

from ...errors import DataError
from ..tables import describe_rows, join_first
from .schema import PanelSchema


def put_in_order(
    raw: DataFrame, schema: PanelSchema, *, newest_first: bool, repeats: bool
) -> tuple[DataFrame, tuple[str, ...]]:
    """Reverse the rows of a unit that stand newest first, and leave out those that say the same.

    Args:
        raw: Times and values.
        schema: What is known of them.
        newest_first: Whether rows may be reversed.
        repeats: Whether rows may be left out.
    """
    said, times = list[str](), raw[schema.moment]
    if newest_first and times.is_monotonic_decreasing and times.iloc[0] > times.iloc[-1]:
        raw = raw.iloc[::-1]
        said.append("the rows stood newest first: they are reversed")
    if repeats and not times.is_unique and raw[schema.moment].is_monotonic_increasing:
        objects = [name for name in raw if raw[name].dtype == "object"]
        again = raw.astype(dict.fromkeys(objects, "str")).duplicated()
        if again.any():
            said.append(f"{again.sum()} of {len(raw)} rows left out, which repeat another one")
        raw = raw[~again]
    return raw, tuple(said)


def time_index(times: Series, schema: PanelSchema, where: str) -> Index:
    """The index of a unit's frame: never back in time, nor repeated.

    Raises:
        DataError: Times go back or are repeated; the message names the rows.
    """
    moment, first = schema.moment, schema.unit[0].replace(" ", "_")
    apart = f"add a column {first} if they are different {schema.words}"
    shown = times.dt.normalize() if schema.clock == "day" else times
    back = (shown < shown.shift()).to_numpy()
    if back.any():
        sort = f"sort the rows by {moment}, or {apart}"
        todo = "reverse the rows, which stand newest first" if back[1:].all() else sort
        raise DataError(
            f"{where}: the {moment}s go back in time at {describe_rows(shown, back)}. Expected "
            f"increasing {moment}s: {todo}"
        )
    repeated = shown.duplicated(keep=False).to_numpy()
    if repeated.any() and times[repeated].nunique() > shown[repeated].nunique():
        raise DataError(
            f"{where}: several rows a day, such as {describe_rows(times, repeated)}. Expected one "
            'row a day: resample intraday data, as in frame.resample("B").last().dropna()'
        )
    if repeated.any():
        raise DataError(
            f"{where}: duplicate {moment}s at {describe_rows(shown, repeated)}. Expected each "
            f"{moment} once: leave out the repeated rows, or {apart}"
        )
    index = Index(shown, name=schema.time[0])
    return index.as_unit("us") if isinstance(index, DatetimeIndex) else index


def check_gaps(times: Index, most: float | int | None, schema: PanelSchema, where: str) -> None:
    """Refuse distances of more than ``most`` days, seconds (of dates with times) or counts.

    Raises:
        DataError: There are some; the message says where.
    """
    if most is None:
        return
    unit = {"day": "days", "date": "seconds", "count": ""}[schema.clock]
    steps: Any = np.diff(times)
    if unit:
        steps = steps / np.timedelta64(1, "D" if unit == "days" else "s")
    gaps = np.flatnonzero(steps > most).tolist()
    if not gaps:
        return
    day = "%Y-%m-%d" if schema.clock == "day" else ""
    texts = [
        f"between {times[i]:{day}} and {times[i + 1]:{day}} ({f'{steps[i]:.0f} {unit}'.strip()})"
        for i in gaps
    ]
    missing, allowed = join_first(texts, limit=3), f"{most:g} {unit}".strip()
    raise DataError(
        f"{where}: no rows {missing}. Expected gaps of at most {allowed}: add the missing rows, "
        f"load one side of the gap only, or raise {f'max_gap_{unit}'.rstrip('_')}"
    )
