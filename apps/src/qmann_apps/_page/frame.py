"""A whole page from what a domain says of it."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from qmann_apps import PAGES
from qmann_core.tasks import Report, fit
from qmann_core.tasks import answer as answer_task

from . import rows
from .answers import found_answer, rows_answer, series_answer, table_answer, told_answer
from .inputs import (
    Source,
    attempt,
    choose_effort,
    choose_field,
    choose_one,
    choose_source,
    describe_file,
    remember,
    segments,
    shared,
)
from .reuse import conditions, reuse
from .run import Listener, Run
from .spec import Ask, Library, Page, Reckon, Train
from .things import answer, choose_things, few
from .uploads import read, read_records
from .words import plain

_KEPT = 16  # answers on demo data
# Streamlit's words on charts are too pale; and the colour of buttons is too dark for text at night.
_LEGIBLE = """<style>@media (prefers-color-scheme: dark) {
[data-selected="true"] p, [data-testid="stSliderThumbValue"] p { color: #7db6ee; } }
@media (prefers-color-scheme: light) { svg text[fill="#808495"] { fill: #4f5b69; } }</style>"""
_SAVED = "saved"
"""The question of every page that asks a model of one's own."""


def show(page: Page) -> None:
    """The page."""
    st.title(PAGES[page.name][0], anchor=False)
    st.markdown(page.lead)
    controls, place = st.columns([1, 2.6], gap="large")
    with controls:
        labels = {name: question.label for name, question in page.questions.items()}
        labels[_SAVED] = "My model"
        name = segments("Question", labels, f"{page.name}-question")
        if name == _SAVED:
            reuse(page, place)
            return
        question = page.questions[name]
        if isinstance(question, Train):
            _train(page, name, question, place)
        elif isinstance(question, Reckon):
            _reckon(page, name, question, place)
        else:
            _ask(page, name, question, place)


def footer() -> None:
    """What holds for every page."""
    st.html(_LEGIBLE)
    st.divider()
    st.caption(
        "Circuits are simulated: no quantum computer is involved. Everything runs on the machine "
        "that serves this page; nothing is sent elsewhere, and an uploaded file is kept only while "
        "this tab is open. Not investment or medical advice."
    )


def _train(page: Page, name: str, question: Train, place: DeltaGenerator) -> None:
    source = choose_source(question.data, f"{page.name}-data")
    if source is None:
        place.info(question.data.wanted)
        return
    part, upload = type(question.task.preset("fast").application), source.upload
    said = describe_file(part, question.about, upload) if upload else {"demo": source.demo}
    said = {field: value for field, value in said.items() if field in part.model_fields}
    records = attempt(lambda: _records(page, question, source, said))
    if records is None:
        return
    task = question.settle(source.demo, records) if question.settle else question.task
    offered = task.preset("fast").application
    chosen = {
        field: choose_field(f"{page.name}-{name}-{field}", offered, asked, source, records)
        for field, asked in question.controls.items()
    }
    preset, twin, how = choose_effort(page.name)
    config: Any = attempt(lambda: task.configured(preset, **how, **said, **chosen))
    if config is None:
        return
    told = question.options(records) if question.options else {}
    choices = {"source": source.key, "twin": twin, "config": config, **told}
    run = Run(f"{page.name}-{name}", choices, shared=upload is None)
    records = task.records(records, config)

    asked = (task.name, name) if question.ask else (task.name,)
    key = None if upload else (*asked, config.model_dump_json(), twin, *told.values())
    answered = _answered()

    def compute(listener: Listener) -> Any:
        work: Any = question.ask or partial(fit if question.things else answer_task, task)
        how = {"twin": twin, "progress": listener, **told}
        found = answered.get(key) or work(records, config, **how)
        if key is not None:
            answered[key] = found
            for old in list(answered)[:-_KEPT]:
                del answered[old]
        return found, records

    run.go(compute)
    with place:
        if not run.show(lambda result: _trained(page, name, question, *result)):
            if question.look is not None:
                question.look(records, config.application)
            elif question.things is not None:
                title = records.target if upload else task.summary
                rows.first_look(records, question.things, title, config.application.unit)


@st.cache_resource
def _answered() -> dict[Any, Any]:
    """What was answered on demo data, for all sessions."""
    return {}


def _records(page: Page, question: Train, source: Source, said: Mapping[str, Any]) -> Any:
    """What was chosen, read once.

    Raises:
        DataError: it cannot be read, or there is nothing to learn from.
    """
    task, upload = question.task, source.upload
    config = task.configured("fast", **said)
    if upload is None:
        return shared((page.name, source.demo), lambda: task.records(None, config))

    def read_both(file: Any) -> Any:
        second = question.data.second
        if source.second is None or second is None:
            return task.records(file, config)

        def together(more: Any) -> Any:
            given: dict[str, Any] = {**said, second[0]: str(more)}
            return task.records(file, task.configured("fast", **given))

        return read(source.second, together)

    def load() -> Any:
        records = read_records(upload, read_both)
        if question.things is not None:
            few(records).measured()
        return records

    return remember("records", (source.key, said), load)


def _trained(page: Page, name: str, question: Train, result: Any, records: Any) -> None:
    """What was trained here: its report, or what it says of others."""
    things = question.things
    if question.ask is not None and question.tell is not None:
        told_answer(page, name, result, partial(question.tell, result, 0, records))
        return
    if things is None:
        key = f"{page.name}-{name}-shown"
        if question.tell is None:
            series_answer(page, question, result, key)
        else:
            table_answer(page, question, result, records, key)
        return
    application = result.config.application
    title = application.target or result.task.summary
    rows.accuracy(result, things, title, application.unit)
    st.subheader("Put it to use", anchor=False)
    rest = records if records.counted["target"].isna().any() else None
    asked = choose_things(things, "Predict", st.container(), application.demo, rest)
    under = conditions(application, f"{page.name}-{name}")
    report = answer(things, asked, (result, under), lambda rows: result.predict(rows, **under))
    if report is not None:
        rows_answer(page, things, report, asked, plain(title))


def _ask(page: Page, name: str, question: Ask, place: DeltaGenerator) -> None:
    things, models = question.things, question.models or {}
    more: tuple[Any, ...] = ()
    if models:
        labels = {k: label for k, (label, _) in models.items()}
        model = choose_one("Model", labels, f"{page.name}-{name}-model")
        st.caption(models[model][1])
        more = (model,)
    options = question.options(*more) if question.options else {}
    asked = choose_things(things, question.label, place, *more)
    if question.library is not None:
        more = _searched(page, question.library, place)
    with place:
        found = None
        if more or question.library is None:
            key = (name, *more, options)
            found = answer(things, asked, key, lambda rows: question.ask(rows, *more, **options))
        if isinstance(found, Report):
            rows_answer(page, things, found, asked, models[more[0]][0])
        elif found is not None:
            found_answer(page, question, found, asked)


def _reckon(page: Page, name: str, question: Reckon, place: DeltaGenerator) -> None:
    source = choose_source(question.library.data, f"{page.name}-{name}")
    records = _read(page, question.library, source, place)
    if records is None:
        return
    options = question.options(records)
    with place:
        found = attempt(lambda: question.ask(records, **options))
        if found is not None:
            told_answer(page, name, found, partial(question.tell, found, records))


def _searched(page: Page, library: Library, place: DeltaGenerator) -> tuple[Any, ...]:
    """What is searched, and how many hits are wanted; nothing until there is some."""
    source = choose_source(library.data, f"{page.name}-library")
    k = st.slider("How many of each", 1, 20, 4, key=f"{page.name}-k", bind="query-params")
    records = _read(page, library, source, place, few)
    return () if records is None else (records, k)


def _read(
    page: Page,
    library: Library,
    source: Source | None,
    place: DeltaGenerator,
    check: Callable[[Any], Any] = lambda records: records,
) -> Any:
    """What was chosen, read once; None until there is some."""
    if source is None:
        place.info(library.data.wanted)
        return None
    upload, demo = source.upload, source.demo
    if upload is None:
        return shared((page.name, demo), lambda: library.demo(demo))
    return attempt(
        lambda: remember(
            "library", (source.key,), lambda: check(read_records(upload, library.load))
        )
    )
