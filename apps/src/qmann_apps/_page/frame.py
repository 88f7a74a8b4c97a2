"""A whole page from what a domain says of it."""

from collections.abc import Mapping
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from qmann_apps import PAGES
from qmann_core.tasks import Report, fit
from qmann_core.tasks import answer as answer_task

from . import rows
from .downloads import downloads
from .inputs import (
    Source,
    attempt,
    choose_effort,
    choose_field,
    choose_one,
    choose_source,
    describe_file,
    read_records,
    remember,
    segments,
    shared,
)
from .results import circuit, comparison, evidence, remarks, section
from .run import Listener, Run
from .series import choose_series
from .spec import Ask, Library, Page, Train
from .things import Things, answer, choose_things, few
from .words import plain


def show(page: Page) -> None:
    """The page."""
    st.title(PAGES[page.name][0], anchor=False)
    st.markdown(page.lead)
    controls, place = st.columns([1, 2.6], gap="large")
    with controls:
        labels = {name: question.label for name, question in page.questions.items()}
        name = segments("Question", labels, "task")
        question = page.questions[name]
        if isinstance(question, Train):
            _train(page, name, question, place)
        else:
            _ask(page, name, question, place)


def footer() -> None:
    """What holds for every page."""
    st.divider()
    st.caption(
        "Circuits are simulated: no quantum computer is involved. Everything runs on the machine "
        "that serves this page; nothing is sent elsewhere, and an uploaded file is kept only while "
        "the page is open. Not investment or medical advice."
    )


def _train(page: Page, name: str, question: Train, place: DeltaGenerator) -> None:
    source = choose_source(question.data)
    if source is None:
        place.info(question.data.wanted)
        return
    part, upload = type(question.task.preset("fast").application), source.upload
    said = describe_file(part, question.about, upload) if upload else {"demo": source.demo}
    records = attempt(lambda: _records(page, question, source, said))
    if records is None:
        return
    task = question.settle(source.demo, records) if question.settle else question.task
    offered = task.preset("fast").application
    chosen = {
        field: choose_field(f"{name}-{field}", offered, asked, source, records)
        for field, asked in question.controls.items()
    }
    preset, twin, seed = choose_effort()
    config: Any = task.configured(preset, seed=seed, **said, **chosen)
    choices = {"question": name, "source": source.key, "twin": twin, "config": config}
    run = Run(page.name, choices, shared=upload is None)
    records = task.records(records, config)
    with place:
        if not run.show(lambda outcome: _trained(page, question, outcome.result, records)):
            if question.look is not None:
                question.look(records, config.application)
            elif question.things is not None:
                title = records.target if upload else task.summary
                rows.first_look(records, question.things, title, config.application.unit)

    def compute(listener: Listener) -> Any:
        work = fit if question.things else answer_task
        return work(task, records, config, twin, progress=listener)

    run.go(compute)


def _records(page: Page, question: Train, source: Source, said: Mapping[str, Any]) -> Any:
    """What was chosen, read once.

    Raises:
        DataError: it cannot be read, or there is nothing to learn from.
    """
    task, upload = question.task, source.upload
    config = task.configured("fast", **said)
    if upload is None:
        return shared((page.name, source.demo), lambda: task.records(None, config))

    def load() -> Any:
        records = read_records(upload, lambda file: task.records(file, config))
        if question.things is not None:
            few(records).measured()
        return records

    return remember("records", (source.key, said), load)


def _trained(page: Page, question: Train, result: Any, records: Any) -> None:
    """What was trained here: its report, or what it says of others."""
    things = question.things
    if things is None:
        _series(page, question, result)
        return
    application = result.config.application
    title = application.target or result.task.summary
    rows.accuracy(result, title, application.unit)
    st.subheader("Put it to use", anchor=False)
    rest = records if records.counted["target"].isna().any() else None
    asked = choose_things(things, "Predict", st.container(), application.demo, rest)
    report = answer(things, asked, (result,), result.predict)
    if report is not None:
        _rows(page, things, report, asked, plain(title))


def _series(page: Page, question: Train, report: Any) -> None:
    """A report on series, one of them at a time."""
    view = choose_series(report)
    if question.draw is not None:
        question.draw(view)
    else:
        st.subheader(plain(report.title), anchor=False)
        st.pyplot(report.plot())
        st.dataframe(view.rows, hide_index=True)
    remarks(report.notes)
    if view.cases is not None:
        evidence(view.cases, page.names, "What the model takes for similar, and what followed.")
    _close(page, report)


def _rows(page: Page, things: Things, report: Any, asked: Any, title: str) -> None:
    """A report on rows."""
    rows.show(report, asked, things, title)
    remarks(report.notes)
    if report.circuit is not None:
        rows.errors(report, asked, things)
    _close(page, report)


def _close(page: Page, report: Any) -> None:
    """What stands below every report."""
    comparison(report.evaluation, page.names)
    circuit(report.circuit)
    downloads(report, f"qmann-{report.fitted.task.name}")


def _ask(page: Page, name: str, question: Ask, place: DeltaGenerator) -> None:
    things, models = question.things, question.models or {}
    more: tuple[Any, ...] = ()
    if models:
        model = choose_one("Model", {k: label for k, (label, _) in models.items()}, "property")
        st.caption(models[model][1])
        more = (model,)
    asked = choose_things(things, question.label, place, *more)
    if question.library is not None:
        more = _library(page, question.library, place)
    with place:
        found = None
        if more or question.library is None:
            found = answer(things, asked, (name, *more), lambda rows: question.ask(rows, *more))
        if isinstance(found, Report):
            _rows(page, things, found, asked, models[more[0]][0])
        elif found is not None:
            _found(page, question, found, asked)


def _library(page: Page, library: Library, place: DeltaGenerator) -> tuple[Any, ...]:
    """What is searched, read once, and how many hits are wanted; nothing until there is some."""
    source = choose_source(library.data)
    k = st.slider("How many of each", 1, 20, 4, key="k", bind="query-params")
    if source is None:
        place.info(library.data.wanted)
        return ()
    upload, demo = source.upload, source.demo
    if upload is None:
        return shared((page.name, demo), lambda: library.demo(demo)), k
    records = attempt(
        lambda: remember("library", (source.key,), lambda: few(read_records(upload, library.load)))
    )
    return () if records is None else (records, k)


def _found(page: Page, question: Ask, found: Any, asked: Any) -> None:
    """An answer on rows: a picture of each hit of one of them, and the table."""
    things = question.things
    section(plain(found.title), *question.terms, words=things.words)
    st.caption(question.caption)
    if question.hit is not None:
        numbers = asked.table["row"].tolist()
        names = dict(zip(numbers, rows.labels(asked, numbers), strict=True))
        one = st.selectbox("Like", numbers, format_func=names.__getitem__, key="like")
        hits = found.table[found.table["row"].eq(one) & found.table["error"].eq("")]
        cards = [question.hit(hit) for hit in hits.to_dict(orient="records")]
        own = asked.table.set_index("row").loc[one, things.column]
        rows.gallery([(names[one], own, "asked about"), *cards] if cards else [], things)
    rows.table(question.view(found.table), page.names, things)
    remarks(found.notes)
    downloads(found, f"qmann-{page.name}")
