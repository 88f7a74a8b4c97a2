"""Rows that no time orders, such as molecules: typed or uploaded, read once."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from qmann_core.config import ApplicationConfig
from qmann_core.data import Labelled
from qmann_core.errors import DataError

from .inputs import (
    Control,
    attempt,
    choose_file,
    describe_file,
    remember,
    segments,
)
from .run import come_into_view
from .uploads import read_bytes, read_records
from .words import WORDS, plain

MOST = 10_000
"""Rows that a page works on at once."""

_TYPED, _FILE, _REST = "Type or paste", "A file", "Rows without a value"
_LINK = 1500

Rows = TypeVar("Rows", bound=Labelled)


@dataclass(frozen=True, kw_only=True)
class Things:
    """What a domain's rows are, and how a person gives them."""

    name: str
    """What a row is, in one word."""
    column: str
    """Column of a report's table that holds it."""
    label: str
    """Of the box to type in."""
    help: str
    """How to type one, with an example."""
    examples: Mapping[str, str]
    """Model or demo -> what stands in the box at first; the first also where it has none."""
    suffix: str
    """Of a file that holds what is typed."""
    formats: str
    """What a file may be."""
    read: Callable[..., Labelled]
    """File, and fields of ``about`` by name -> rows to be answered."""
    config: type[ApplicationConfig]
    """The domain's part of the configuration."""
    about: Mapping[str, Control]
    """Its fields that describe a file of rows to be answered."""
    draw: Callable[..., str]
    """A row's thing, ``width``, ``height`` and ``dark`` -> its picture, as SVG."""
    likeness: str
    """Column of a report's evidence that says how alike a known case is."""
    terms: Mapping[str, str]
    """What is said beside each term of the domain."""
    logarithms: tuple[str, ...] = ()
    """Units whose values are logarithms to the base 10."""
    remark: Callable[[Mapping[Any, Any]], str] = lambda _row: ""
    """A row of a report -> what else to say of its value."""
    picture: str = "Structure"
    """What ``draw`` draws."""
    legible: bool = False
    """Whether it can be read as text, which then stands beside known cases and smaller pictures."""

    @property
    def words(self) -> dict[str, str]:
        """What is said beside each term."""
        return {**WORDS, **self.terms}


def choose_things(
    things: Things, verb: str, place: DeltaGenerator, example: str = "", rest: Any = None
) -> Any:
    """Rows that are typed or come in a file; None as long as there are none.

    Args:
        things: what is asked about.
        verb: on the button.
        place: where to say what is wrong.
        example: which of the examples stands in the box at first.
        rest: offered too, if given: its rows without a measured value.
    """
    ways = [*([] if rest is None else [_REST]), _TYPED, _FILE]
    key = f"{things.name}-{'from' if rest is None else 'rest'}"
    way = segments(f"{things.name.capitalize()}s", dict(zip(ways, ways, strict=True)), key)
    if way == _REST:
        return remember("rest", (rest,), lambda: _unknown(rest))
    asked = _upload(things, place) if way == _FILE else _box(things, place, example)
    if st.button(verb, type="primary", width="stretch", key=f"{things.name}-ask"):
        with place:
            come_into_view()
    return asked


def few(records: Rows) -> Rows:
    """The rows, unless they are more than a page can work on.

    Raises:
        DataError: they are more than ``MOST``.
    """
    if len(records.table) > MOST:
        raise DataError(
            f"got {len(records.table):,} rows. Expected at most {MOST:,} on this page: leave some "
            "out, or use the command line"
        )
    return records


def answer(things: Things, asked: Any, key: tuple[Any, ...], ask: Callable[[Any], Any]) -> Any:
    """What ``ask`` says of the rows; None, with the reason shown, if it has nothing to say.

    Args:
        things: what the rows are.
        asked: the rows, or None.
        key: tells what is asked from other questions.
        ask: rows -> report or answer.
    """
    if asked is None:
        return None
    if asked.table["error"].eq("").any():
        with st.spinner(f"Working on {len(asked.table):,} {things.name}s"):
            return attempt(lambda: remember("answer", (*key, asked), lambda: ask(asked)))
    rows = asked.table.head(5)
    reasons = zip(rows["row"], rows["given"], rows["error"], strict=True)
    lines = [
        f"- Row {row}, {plain(given, limit=60) or 'empty'}: {plain(error)}"
        for row, given, error in reasons
    ]
    none = f"None of the {len(asked.table)} rows holds a {things.name}:"
    st.error("\n".join([none, "", *lines]))
    return None


def _unknown(rest: Labelled) -> Labelled:
    """The rows without a measured value, numbered as they are asked."""
    unknown = rest.counted[rest.counted["target"].isna()]
    return replace(rest, table=unknown.assign(row=range(1, len(unknown) + 1)))


def _box(things: Things, place: DeltaGenerator, example: str) -> Any:
    examples, key = things.examples, things.column
    first = examples.get(example, next(iter(examples.values())))
    typed = st.session_state.get(key) or ""
    if typed in examples.values() and typed != first:
        st.session_state[key] = first
    shared = len(typed) <= _LINK
    text = st.text_area(
        f"{things.label}, one on each line",
        first,
        height=150,
        max_chars=200_000,
        key=key,
        bind="query-params" if shared else None,
        persist_state="session",
        help=things.help,
    )
    _share(things, shared)
    content = (text or "").encode(errors="replace")
    if content.strip():
        name = f"typed{things.suffix}"
        return _read(place, (content,), lambda: read_bytes(content, name, things.read))
    place.info(f"Nothing to work on yet. {things.help}")
    return None


def _upload(things: Things, place: DeltaGenerator) -> Any:
    upload = choose_file(things.formats, f"{things.name}-file")
    _share(things, False)
    if upload is None:
        place.info(f"Nothing to work on yet: choose a file with one row for each {things.name}.")
        return None
    said = describe_file(things.config, things.about, upload)
    key = (upload.file_id, said)
    return _read(place, key, lambda: read_records(upload, lambda file: things.read(file, **said)))


def _read(place: DeltaGenerator, key: tuple[Any, ...], make: Callable[[], Labelled]) -> Any:
    """Rows, read once; the reason is shown where they cannot be."""
    with place, st.spinner("Reading"):
        return attempt(lambda: remember("asked", key, lambda: few(make())))


def _share(things: Things, shared: bool) -> None:
    if shared:
        st.caption(f"A link to this page's address opens with the same {things.name}s.")
    else:
        st.caption(f"The {things.name}s are not part of the address: a link opens without them.")
