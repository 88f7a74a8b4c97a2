"""Answers, each in the same order: answer, track record, evidence, files, and what lies behind."""

from collections.abc import Callable
from typing import Any

import streamlit as st
from pandas import Series

from . import rows
from .downloads import downloads
from .record import advice, record
from .results import circuit, comparison, evidence, remarks, section
from .series import choose_series
from .spec import Ask, Page, Train
from .things import Things
from .words import plain

_FEW = 6


def series_answer(page: Page, question: Train, report: Any, key: str) -> None:
    """A report on series, one of them at a time.

    Args:
        page: what the domain says.
        question: that was asked.
        report: a task's.
        key: of the choice of a series.
    """
    view = choose_series(report, key)
    tables = [report.best_table, report.table] if report.advice else []
    ends = [table[table["unique_id"] == view.name].tail(1) for table in tables]
    advice(report, ends, page.names)
    if question.draw is not None:
        question.draw(view)
    else:
        st.header(plain(report.title), anchor=False)
        st.pyplot(report.plot())
        st.dataframe(view.rows, hide_index=True)
    remarks(report.notes)
    record(report, page.names, "", view.name)
    if view.cases is not None:
        evidence(view.cases, page.names, "What the model takes for similar, and what followed.")
    _close(page, report)


def table_answer(page: Page, question: Train, report: Any, records: Any, key: str) -> None:
    """A report on a table, one answer at a time where a column says what each is about.

    Args:
        page: what the domain says.
        question: that was asked.
        report: a task's.
        records: that it is on.
        key: of the choice of an answer.
    """
    each, chosen = question.each, 0
    ranked = report.table.sort_values(question.first) if question.first else report.table
    of_each = ranked.get(each, Series(dtype=int))
    of_each = of_each.drop_duplicates()
    names = [f"Row {one}" if each == "row" else str(one) for one in of_each]
    if len(names) > 1:
        lasting: Any = {"key": key, "persist_state": "session"}
        chosen = st.selectbox("Show", range(len(names)), format_func=names.__getitem__, **lasting)
    one = of_each.iloc[chosen] if names else 0
    tables = [report.best_table, report.table] if report.advice else []
    alone = [table[table[each] == one].tail(1) if names else table[:_FEW] for table in tables]
    advice(report, alone, page.names)
    assert question.tell is not None
    question.tell(report, one, records)
    remarks(report.notes)
    record(report, page.names, "", draw=question.record)
    if report.evidence is not None:
        of_one = report.evidence.iloc[:, 0].isin([one, f"row {one}"])
        evidence(report.evidence[of_one].iloc[:, 1:], page.names, f"{report.EVIDENCE}.")
    _close(page, report)


def rows_answer(page: Page, things: Things, report: Any, asked: Any, title: str) -> None:
    """A report on rows.

    Args:
        page: what the domain says.
        things: what the rows are.
        report: a task's.
        asked: the rows.
        title: as Markdown.
    """
    tables = [report.best_table, report.table] if report.advice else []
    advice(report, [table[table["error"].eq("")].head(_FEW) for table in tables], page.names)
    place = rows.show(report, asked, things, title)
    remarks(report.notes)
    unit = report.fitted.config.application.unit
    record(report, page.names, unit)
    if "MAE" in report.metrics:
        st.markdown(f"Typically off by **{rows.error(report.metrics['MAE'], unit, things)}**.")
    rows.evidence(report, asked, things, place)
    _close(page, report, lambda: rows.errors(report, asked, things))


def found_answer(page: Page, question: Ask, found: Any, asked: Any) -> None:
    """An answer without a model: a picture of each hit of one row, and the table."""
    things = question.things
    section(plain(found.title), *question.terms, words=things.words)
    st.caption(question.caption)
    if question.hit is not None:
        numbers = asked.table["row"].tolist()
        names = dict(zip(numbers, rows.labels(asked, numbers), strict=True))
        key = f"{things.name}-like"
        one = st.selectbox("Like", numbers, format_func=names.__getitem__, key=key)
        hits = found.table[found.table["row"].eq(one) & found.table["error"].eq("")]
        cards = [question.hit(hit) for hit in hits.to_dict(orient="records")]
        own = asked.table.set_index("row").loc[one, things.column]
        rows.gallery([(names[one], own, "asked about"), *cards] if cards else [], things)
    rows.table(question.view(found.table), page.names, things)
    remarks(found.notes)
    downloads(found, f"qmann-{page.name}")


def told_answer(page: Page, name: str, found: Any, tell: Callable[[], None]) -> None:
    """An answer that is no report.

    Args:
        page: what the domain says.
        name: of the question.
        found: the answer.
        tell: shows it.
    """
    tell()
    remarks(found.notes)
    downloads(found, f"qmann-{page.name}-{name}")


def _close(page: Page, report: Any, errors: Any = None) -> None:
    """What stands below every report."""
    downloads(report, f"qmann-{report.fitted.task.name}")
    with st.expander("Does the quantum part help?"):
        comparison(report.evaluation, page.names)
    with st.expander("The circuit in the model"):
        circuit(report.circuit)
    if errors is not None and report.circuit is not None:
        errors()
