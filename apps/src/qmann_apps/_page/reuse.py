"""A trained model of one's own, from its ZIP: asked about other data, or on from its own."""

from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from qmann_core.errors import DataError
from qmann_core.tasks import Fitted, load_fitted
from qmann_core.tasks.packed import unpacked
from qmann_core.tasks.saved import saved_task

from .answers import rows_answer, series_answer, table_answer
from .inputs import attempt, choose_conditions, choose_file, remember, segments
from .spec import Page, Train
from .things import Things, answer, choose_things
from .uploads import read, read_records
from .words import plain

_OWN, _FILE = "On from its own data", "A file"
_ZIP = "Trained model (ZIP)"


def reuse(page: Page, place: DeltaGenerator) -> None:
    """Controls for the model, and what it says."""
    upload = choose_file(_ZIP, f"{page.name}-saved")
    if upload is None:
        place.info(
            "Choose the ZIP of a trained model: one that a page gave under Take it with you, or a "
            "packed folder that the command fit wrote."
        )
        return
    key = (upload.file_id,)
    loaded = attempt(
        lambda: remember("saved", key, lambda: read(upload, lambda file: _load(file, page)))
    )
    if loaded is None:
        return
    fitted, question = loaded
    evaluation = fitted.evaluation
    st.caption(f"{plain(fitted.summary)}: tested {plain(evaluation.extent)}.")
    if question.things is None:
        _series(page, question, fitted, place)
    else:
        _rows(page, question.things, fitted, place)


def conditions(application: Any, key: str) -> dict[str, Any]:
    """What rows that do not say are asked about under, as options of ``predict``; of few models."""
    columns = vars(application).get("columns") or {}
    at = tuple(f"{k}={value}" for k, value in choose_conditions(columns, key, {}).items())
    return {"at": at} if at else {}


def _load(file: Path, page: Page) -> tuple[Fitted, Train]:
    """The model, and the question that it answers.

    Raises:
        DataError: it holds no model, or one that no question of the page is about.
    """
    questions = [each for each in page.questions.values() if isinstance(each, Train)]
    known = {
        task: each
        for task in page.tasks
        for each in reversed(questions)
        if each.task.name == task or each.things
    }
    with unpacked(file) as folder:
        name = saved_task(folder)
        if name not in known:
            raise DataError(f"got a model of the task {name!r}: this page knows {', '.join(known)}")
        return load_fitted(page.tasks[name], folder), known[name]


def _series(page: Page, question: Train, fitted: Fitted, place: DeltaGenerator) -> None:
    ways = [*([_OWN] if fitted.data else []), _FILE]
    way = segments("Predict", dict(zip(ways, ways, strict=True)), f"{page.name}-way")
    upload = choose_file(question.data.formats, f"{page.name}-on") if way == _FILE else None
    if way == _FILE and upload is None:
        place.info("Choose a file with the columns that the model was trained on.")
        return

    def ask() -> Any:
        if upload is None:
            return fitted.predict(), None
        task, config = fitted.task, fitted.config
        records = read_records(upload, lambda file: task.unknown(file, config))
        return fitted.report(records), records

    key = (fitted, upload.file_id if upload else "")
    with place, st.spinner("Predicting"):
        found = attempt(lambda: remember("reused", key, ask))
        if found is not None and question.tell is None:
            series_answer(page, question, found[0], f"{page.name}-saved-shown")
        elif found is not None:
            report, records = found
            table_answer(page, question, report, records, f"{page.name}-saved-shown")


def _rows(page: Page, things: Things, fitted: Fitted, place: DeltaGenerator) -> None:
    application: Any = fitted.config.application
    under = conditions(application, f"{page.name}-saved")
    asked = choose_things(things, "Predict", place, application.demo)
    with place:
        report = answer(things, asked, (fitted, under), lambda rows: fitted.predict(rows, **under))
        if report is not None:
            rows_answer(page, things, report, asked, plain(application.target or fitted.summary))
