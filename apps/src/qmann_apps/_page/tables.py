"""Reports on rows of a table whose columns the model has settled: all of them, and one by hand."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st
from pandas import DataFrame

from .inputs import attempt
from .results import figures
from .words import called, plain

_BY_HAND = "Change what is known of this row, and see what the same model says."


def answers(
    table: DataFrame,
    names: Mapping[str, str],
    shares: Sequence[int] = (1,),
    form: str = "%.5g",
    alt: str = "All that are asked about",
) -> None:
    """Every row of an answer.

    Args:
        table: what each is about, and what is said of it.
        names: plain names of columns.
        shares: places of the columns that are probabilities, shown in percent.
        form: of other numbers.
        alt: what the table is.
    """
    shown = table.rename(columns=lambda name: called(name, names))
    number, percent = st.column_config.NumberColumn, list(shown.columns[list(shares)])
    forms: dict[str, Any] = {
        name: number(format="%.1f %%" if name in percent else form)
        for name in map(str, shown.select_dtypes("float"))
    }
    shown[percent] *= 100
    st.dataframe(shown, hide_index=True, column_config=forms, alt=alt)


def what_if(report: Any, row: int, records: Any, names: Mapping[str, str]) -> None:
    """A form of what the model reads of a row, and the probability where that is changed.

    Args:
        report: a task's, whose table has row and, in the second column, a probability.
        row: number of the row.
        records: that the report is on, with a ``table`` and what is read of it, ``to_frame``.
        names: plain names of columns.
    """
    read = records.to_frame().set_index("row").loc[row]
    given: dict[str, Any] = {}
    with st.expander("What if?"), st.form("what-if", border=False):
        st.caption(_BY_HAND)
        with st.grid(3, min_column_width=200):
            for name, words in report.fitted.config.application.columns.items():
                asked: Any = {"label": plain(name), "key": f"what-if-{row}-{name}"}
                value = None if read[name] != read[name] else read[name]
                if words is None:
                    given[name] = st.number_input(value=value, format="%.5g", **asked)
                else:
                    place = None if value is None else words.index(value)
                    given[name] = st.selectbox(options=words, index=place, **asked)
        if not st.form_submit_button("Predict"):
            return
        changed = records.table.loc[[row]].assign(**given)
        found = attempt(lambda: report.fitted.predict(changed).table.iloc[0, 1])
        if found is not None:
            before = report.table.set_index("row").loc[row].iloc[0]
            said = f"{100 * (found - before):+.1f} points from what it was"
            figures({called(report.table.columns[1], names): (f"{100 * found:.1f} %", said)})
