"""What a person chooses: data or a file of their own, fields of the configuration, the effort."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from qmann_core.config import ApplicationConfig
from qmann_core.data import read_table
from qmann_core.errors import ConfigError, DataError

from .uploads import MEGABYTES, read
from .words import MODELS, PRESETS, WORDS, called, plain

OWN = "own"
"""Stands for a file of one's own where there are demos."""

_TABLES = (".csv", ".csv.gz", ".tsv", ".xlsx", ".xpt", ".parquet")
_AT_ONCE = 8
_LASTING: Mapping[str, Any] = {"persist_state": "session"}  # what no address could say
_ALONE = "Found by itself"
_USUAL = "As most often"
_STEPS = 1000  # of a slider that can still be set exactly

Given = TypeVar("Given")


@dataclass(frozen=True)
class Data:
    """The data that a question can be asked of."""

    demos: Mapping[str, tuple[str, str]]
    """Name -> label, which stands in the page's address, and a line about the data."""
    formats: str
    """What a file may be."""
    wanted: str
    """What the file must hold; said until there is one."""
    second: tuple[str, str] | None = None
    """A field of the configuration that takes a second file, and what that may be."""
    real: bool = True
    """Whether the demos were measured."""


@dataclass(frozen=True)
class Source:
    """What a person chose: demo data by name, or a file of their own."""

    demo: str
    upload: UploadedFile | None = None
    second: UploadedFile | None = None

    @property
    def key(self) -> str:
        """Tells one source from another."""
        return "".join(each.file_id for each in (self.upload, self.second) if each) or self.demo


@dataclass(frozen=True)
class Control:
    """How a field of the configuration is asked for; what is left out the field says itself."""

    choices: Any = None
    """Values, or value -> label, or a function of the records that gives one of them."""
    label: str = ""
    help: str | None = None
    first: int = 3
    """How many of several choices are taken unless others are."""


def segments(label: str, options: Mapping[str, str], key: str, help: str | None = None) -> str:  # noqa: A002
    """One of a few, side by side; the first unless another is chosen."""
    chosen: str = st.segmented_control(
        label,
        list(options),
        default=next(iter(options)),
        required=True,
        wrap=True,
        format_func=options.__getitem__,
        key=key,
        bind="query-params",
        help=help,
    )
    return chosen


def choose_one(label: str, options: Mapping[str, Any], key: str, **more: Any) -> Any:
    """One of a list, which shows labels and stands in the page's address."""
    return st.selectbox(
        label, list(options), format_func=options.__getitem__, key=key, bind="query-params", **more
    )


def choose_source(data: Data, key: str) -> Source | None:
    """Demo data, or an upload; None until there is one."""
    labels = {**{name: label for name, (label, _) in data.demos.items()}, OWN: "A file of my own"}
    demo = choose_one("Data", labels, key)
    if demo != OWN:
        st.caption(data.demos[demo][1] + " Real data." * data.real)
        return Source(demo)
    upload = choose_file(data.formats, f"{key}-file")
    second = choose_file(data.second[1], f"{key}-{data.second[0]}") if data.second else None
    st.caption("The file is not part of this page's address: a shared link opens without it.")
    return Source(OWN, upload, second) if upload else None


def choose_file(formats: str, key: str) -> UploadedFile | None:
    """An upload, which stays chosen while other pages are looked at; None until there is one."""
    place = f"{key}-kept"

    def keep() -> None:
        st.session_state[place] = st.session_state[key]

    upload = st.file_uploader(formats, max_upload_size=MEGABYTES, key=key, on_change=keep)
    kept: UploadedFile | None = st.session_state.get(place)
    if upload is None and kept is not None:
        st.caption(f"{plain(kept.name)} is still chosen, from before. Another file replaces it.")
    return kept


def choose_effort(page: str) -> tuple[str, Any, dict[str, Any]]:
    """Preset, twin, and model and seed by name, which the questions of a page share."""
    effort = "Fast is a first look, standard and thorough learn more, and take longer."
    preset = segments("Effort", PRESETS, f"{page}-preset", effort)
    with st.expander("More options"):
        kinds = f"Hybrid: {WORDS['hybrid']} Entanglement: {WORDS['entanglement']} {WORDS['best']}"
        model = choose_one("Model", MODELS, f"{page}-twin", help=kinds)
        luck = "The same seed gives the same result; another one shows how much luck matters."
        key = f"{page}-seed"
        seed = st.number_input("Seed", 0, 9999, key=key, bind="query-params", help=luck)
    answers = model in ("hybrid", "best")
    return (
        preset,
        None if answers else model,
        {"model": model if answers else "hybrid", "seed": int(seed)},
    )


def choose_field(
    key: str, application: ApplicationConfig, asked: Control, source: Source, records: Any
) -> Any:
    """The value of a field of the configuration, asked for in the field's own words and bounds.

    Args:
        key: what to call it in the page's address, and its name after a hyphen.
        application: whose value is offered first.
        asked: how.
        source: where the records come from.
        records: on which the choices may depend.
    """
    field = key.rpartition("-")[2]
    schema, value = _schema(type(application), field), getattr(application, field)
    depends = callable(asked.choices)
    choices = asked.choices(records) if depends else asked.choices
    options = _words(schema, asked, f"{key}-{source.key}" if depends else key)
    options |= _LASTING if depends and source.upload else {"bind": "query-params"}
    if isinstance(choices, Mapping):
        index = [*choices, value].index(value) % len(choices)
        return st.selectbox(
            options=list(choices), index=index, format_func=choices.__getitem__, **options
        )
    if choices is not None and len(choices) > min(asked.first, 1):
        first = value or choices[: asked.first]
        most = {"max_selections": _AT_ONCE, "default": first}
        return tuple(st.multiselect(options=choices, **most, **options) or first)
    if choices is not None:
        return tuple(choices)
    if schema.get("type") == "boolean":
        return st.toggle(value=value, **options)
    return _choose_number(schema, value, options)


def choose_conditions(
    columns: Mapping[str, tuple[str, ...] | None], key: str, names: Mapping[str, str]
) -> dict[str, float | str]:
    """What rows that do not say are asked about under; those that are left out are not there.

    Args:
        columns: name -> its words, or None if it holds numbers.
        key: what to call each in the page's address, before its name.
        names: plain names of columns.
    """
    given: dict[str, Any] = {}
    for name, words in columns.items():
        options: dict[str, Any] = {"label": plain(called(name, names)), "placeholder": _USUAL}
        options |= {"key": f"{key}-{name}", "bind": "query-params"}
        if words is None:
            given[name] = st.number_input(value=None, step=1.0, **options)
        else:
            given[name] = st.selectbox(options=words, index=None, **options)
    return {name: value for name, value in given.items() if value is not None}


def describe_file(
    config: type[ApplicationConfig], fields: Mapping[str, Control], upload: UploadedFile
) -> dict[str, Any]:
    """What an uploaded file cannot say of itself: columns by their names, a unit.

    Args:
        config: the domain's part of the configuration.
        fields: of it, and how they are asked for; texts that may be null name a column,
            arrays several.
        upload: the file; columns of what is no table are typed.
    """
    columns: Any = None
    if upload.name.lower().endswith(_TABLES) and fields:
        columns = attempt(
            lambda: remember("columns", (upload.file_id,), lambda: read(upload, read_table).columns)
        )
    names = [] if columns is None else list(map(str, columns))
    said: dict[str, Any] = {}
    for field, asked in fields.items():
        schema = _schema(config, field)
        options = {**_words(schema, asked, f"{field}-{upload.file_id}"), **_LASTING}
        if "anyOf" in schema and schema["anyOf"][0]["type"] != "string":
            said[field] = _choose_number(schema, None, options)
        elif "anyOf" in schema:
            options |= {"placeholder": _ALONE, "accept_new_options": True}
            said[field] = st.selectbox(options=names, index=None, **options)
        elif schema["type"] == "array":
            options |= {"placeholder": "None", "accept_new_options": True}
            said[field] = tuple(st.multiselect(options=names, **options))
        else:
            said[field] = st.text_input(max_chars=20, **options)
    return said


def attempt(make: Callable[[], Given]) -> Given | None:
    """What ``make`` gives; where the data or the choices are to blame, the reason is shown."""
    try:
        return make()
    except (DataError, ConfigError) as error:
        st.error(plain(error), title="This cannot be used")
        return None


def remember(name: str, key: tuple[Any, ...], make: Callable[[], Given]) -> Given:
    """What ``make`` gave for this key, kept for this session alone.

    Args:
        name: of what is kept.
        key: what it follows from; data and models only count as the same if they are one object.
        make: makes it.
    """
    place = f"kept-{name}"
    kept = st.session_state.get(place)
    if kept is None or not all(map(_same, kept[0], key)):
        kept = st.session_state[place] = (key, make())
    value: Given = kept[1]
    return value


@st.cache_resource(show_spinner=False)
def shared(key: tuple[str, str], _make: Callable[[], Any]) -> Any:
    """What ``make`` gave for this key, kept for all sessions; nothing may change it."""
    del key
    return _make()


def _same(one: Any, other: Any) -> bool:
    return one is other or (isinstance(one, str | bytes | float | int | dict) and one == other)


def _choose_number(schema: Mapping[str, Any], value: Any, options: Mapping[str, Any]) -> Any:
    """A number within a field's bounds; empty where it may be null."""
    if "anyOf" in schema:
        kind = float if schema["anyOf"][0]["type"] == "number" else int
        given: Any = st.number_input(
            value=value, min_value=kind(0), placeholder=_ALONE, step=kind(1), **options
        )
        return given
    low, high = schema.get("minimum"), schema.get("maximum")
    short = low is not None and high is not None and high - low < _STEPS
    widget: Any = st.slider if short else st.number_input
    return widget(value=value, min_value=low, max_value=high, **options)


def _schema(config: type[ApplicationConfig], field: str) -> dict[str, Any]:
    """Words, type and bounds of a field."""
    schema: dict[str, Any] = config.model_json_schema()["properties"][field]
    return schema


def _words(schema: Mapping[str, Any], asked: Control, key: str) -> dict[str, Any]:
    """Label and help of a control: the first sentence of a field's description, and the rest."""
    first, _, rest = schema["description"].rstrip(".").partition(". ")
    return {"label": asked.label or first, "help": asked.help or rest or None, "key": key}
