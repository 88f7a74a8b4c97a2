"""Patients who are followed for a time: when the event came, or observation ended without it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from pandas import DataFrame, Index, Series

from qmann_core.data import (
    as_numbers,
    cells,
    describe_rows,
    find_column,
    installed_file,
    list_names,
    need_column,
)
from qmann_core.errors import ConfigError, DataError

from ..config import HealthConfig
from ..data import Patients, load_patients, two_classes

_PROCESS = (
    "a counting process, which is not supported. Expected one row for each patient, with what is "
    "known on entry, and the time from there to the event or the last stop"
)
_INTERVALS = (
    "times in intervals, which are not supported. Expected one time for each patient, such as the "
    "visit at which the event was found"
)
_OTHERS = {
    **dict.fromkeys((("start", "stop"), ("tstart", "tstop")), _PROCESS),
    **dict.fromkeys((("lower", "upper"), ("left", "right")), _INTERVALS),
}
_ALL_EVENTS = ("1", "true", "yes", "dead", "died")
_DEMO = "lifelines", "datasets/gbsg2.csv"
_ASKED = 5


@dataclass(frozen=True, eq=False)
class Followed(Patients):
    """Patients, checked by ``load_followed``: the target is the time, NaN where to be predicted."""

    event: Series | None = field(default=None, repr=False)
    """1 where the event came at that time, 0 where observation ended then; NaN as the target."""


def load_followed(
    source: Any,
    *,
    time: str | None = None,
    event: str | None = None,
    identifier: str | None = None,
    covariates: Sequence[str] = (),
    columns: Any = None,
    log1p: Sequence[str] = (),
    known: bool = True,
) -> Followed:
    """Read patients with right-censored times; those without time or event are to be predicted.

    Args:
        source: what `load_patients` takes.
        time: column of durations above 0, such as days from entry to the event or the last visit.
        event: column that says whether the event came then: 1 or 0, True or False, yes or no, dead
            or alive; or column=word where it is not plain, as "status=2".
        identifier: as of `load_patients`, and so are the others.
        covariates: columns to learn from.
        columns: what a model has settled to read.
        log1p: columns of which log(1 + x) will be read.
        known: False: whatever times there are, every row is to be predicted.

    Raises:
        DataError: as `load_patients`; durations that are dates, or not above 0; no event, or it is
            not plain which word means it; start and stop, intervals, several rows of a patient, or
            competing events, of which the message says what to do.
    """
    if isinstance(source, Followed):
        return source if known else replace(source, target=None, event=None)
    name, _, word = (event or "").partition("=")
    rest = {"columns": columns, "log1p": log1p, "identifier": identifier, "covariates": covariates}
    if not known:
        return Followed(**vars(load_patients(source, known=False, **rest)))
    if time is None or event is None:
        raise DataError(
            "got no column of times or of events: expected both, as time=days and event=status"
        )
    found = load_patients(source, apart=(time, name), known=False, **rest)
    table, where = found.table, found.source
    _check_kind(found, covariates or table.columns)
    flag = _events(table[need_column(table.columns, name, where=where)], word, where)
    duration = _durations(table[need_column(table.columns, time, where=where)], where)
    both = flag.notna() & duration.notna()
    half = int((flag.notna() ^ duration.notna()).sum())
    notes = (f"{half} rows have a time or an event, not both: they are predicted",) if half else ()
    if not flag[both].any():
        raise DataError(
            f"{where}: no event in {int(both.sum())} patients with a time, all are censored. "
            "Expected some with the event: check the column of events, or follow them longer"
        )
    return Followed(
        **{**vars(found), "target": duration.where(both), "notes": (*notes, *found.notes)},
        event=flag.where(both),
    )


def _check_kind(found: Patients, names: Iterable[str]) -> None:
    """Refuse tables of which the times are no single, right-censored ones."""
    for pair, kind in _OTHERS.items():
        if all(find_column(Index(list(names)), (each,)) for each in pair):
            raise DataError(
                f"{found.source}: columns {list_names(pair)} are {kind}; or name the columns to "
                "learn from (covariates=...), if these are no times"
            )
    if found.patient is not None:
        raise DataError(
            f"{found.source}: some patients have several rows. Expected one for each: keep the "
            "first, with the time from there to the first event or the end of observation"
        )


def _events(values: Series, word: str, where: str) -> Series:
    texts = cells(values)
    words = sorted(texts.dropna().unique())
    if len(words) > 2:
        raise DataError(
            f"{where}: column {str(values.name)!r} has {list_names(words)}: are these competing "
            "events? Censoring one of them would make the risk of the other too large. Expected "
            "two words: count any of the events as one, or leave out who had another"
        )
    if len(words) == 1:  # all are events, or none
        is_event = words[0].lower() in ((word.lower(),) if word else _ALL_EVENTS)
        return texts.notna().astype("float64").where(texts.notna()) * is_event
    said, _ = two_classes(values, word, where, "event")
    return said


def _durations(values: Series, where: str) -> Series:
    texts = cells(values)
    duration = as_numbers(texts.astype("object"))
    bad = texts.notna() & ~(np.isfinite(duration) & (duration > 0))
    if bad.any():
        raise DataError(
            f"{where}: column {str(values.name)!r} has no time above 0 at "
            f"{describe_rows(texts, bad.to_numpy())}. Expected durations, such as days: of dates, "
            "the end of observation less the entry; of 0, half a day, or leave the patient out"
        )
    return duration


def demo_followed() -> Followed:
    """686 women with breast cancer: days to recurrence or death, 299 events (GBSG2, lifelines).

    The outcomes of the last five are hidden, to be predicted (doi:10.1200/JCO.1994.12.10.2086).
    """
    install = '"qmann-health[data]"'
    table: DataFrame = pd.read_csv(installed_file(*_DEMO, about="the demo", install=install))
    table[["time", "cens"]] = table[["time", "cens"]].astype(float)
    table.loc[len(table) - _ASKED :, ["time", "cens"]] = np.nan
    return replace(load_followed(table, time="time", event="cens"), source="GBSG2")


def read_followed(source: Any, application: HealthConfig, *, known: bool = True) -> Followed:
    """What a source holds, as a run is configured; the demo where there is none."""
    application.refuse("survival", "target", "threshold", "sensitivity", "specificity")
    if application.split == "time":
        raise ConfigError("got split=time, where time is that to the event: set another split")
    if source is None:
        return demo_followed()
    return load_followed(
        source,
        time=application.time,
        event=application.event,
        identifier=application.identifier,
        covariates=application.covariates,
        columns=application.columns,
        log1p=application.log1p,
        known=known,
    )


def read_unknown(source: Any, application: HealthConfig) -> Followed:
    """What a source holds that is to be predicted."""
    return read_followed(source, application, known=False)
