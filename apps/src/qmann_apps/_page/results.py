"""What every report has: notes, cases, the comparison with the classical twin, the circuit."""

import re
from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

import streamlit as st
from pandas import DataFrame

from .charts import dots
from .words import MODELS, WORDS, called, chance, inside, plain, renamed

AFTER = re.compile(r"\+(\d+) d %")
"""A column of the change in percent after some days."""

_KINDS = ("This model", "Classical twin", "Other methods")


def section(title: str, *terms: str, words: Mapping[str, str] = WORDS) -> None:
    """A heading, with a line of ``words`` for each term that needs one."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.header(title, anchor=False, width="content")
        if terms:
            explain(*terms, words=words)


def explain(*terms: str, words: Mapping[str, str] = WORDS) -> None:
    """A button that opens a line of ``words`` for each term."""
    with st.popover("What is this?", type="tertiary", icon=":material/help:"):
        for term in terms:
            st.markdown(f"**{term[:1].upper()}{term[1:]}.** {words[term]}")


def figures(cards: Mapping[str, tuple[str, str]]) -> None:
    """Large figures side by side.

    Args:
        cards: label -> value, and a remark or "".
    """
    with st.grid(len(cards), min_column_width=150):
        for label, (value, remark) in cards.items():
            grey: dict[str, Any] = {"delta_color": "off", "delta_arrow": "off"}
            st.metric(label, value, remark or None, border=True, **grey)


def remarks(texts: Iterable[str]) -> None:
    """What has to be said of the data or the result."""
    for text in texts:
        st.caption(f"Note: {plain(text)}")


def evidence(table: DataFrame, names: Mapping[str, str], caption: str) -> None:
    """Remembered cases: what they were, how alike they are, and what followed.

    Args:
        table: a report's evidence; columns without a name here or in ``names`` are left out.
        names: the domain's columns, by their names in the table.
        caption: what is shown.
    """
    section("Past cases most like this one", "quantum memory", "weight", "likeness")
    st.caption(caption)
    columns = {"date": "Day", **names, "weight %": "Weight", "fidelity": "Likeness"}
    columns |= {str(c): _after(found[1]) for c in table if (found := AFTER.match(str(c)))}
    shown = table[[c for c in columns if c in table]].rename(columns=columns)
    number, day = st.column_config.NumberColumn, st.column_config.DateColumn
    config: dict[str, Any] = {"Day": day(format="D MMM YYYY")}
    shares = [name for source, name in columns.items() if source.endswith("%")]
    for name in map(str, shown.select_dtypes("number")):
        sign = "+" if name.startswith(("After", "Return")) else ""
        form, digits = (f"%{sign}.1f %%", 1) if name in shares else ("%.5g", 3)
        form = "%.3f" if name == "Likeness" else form
        config[name] = number(format=form)
        shown[name] = shown[name].round(digits) + 0  # + 0: no -0.0
    st.dataframe(shown, hide_index=True, column_config=config, alt=caption)


def comparison(evaluation: Any, names: Mapping[str, str]) -> None:
    """The model beside its classical twin and what an expert would use.

    Args:
        evaluation: the report's.
        names: plain names of figures and methods; others are called as they are.
    """
    explain("hybrid", "classical twin", "entanglement", "p-value")
    methods = {name: called(name, names) for name in evaluation.scores} | MODELS
    measure = called(evaluation.primary, names)
    words = {k: f"the {inside(v)}" if k in MODELS else inside(v) for k, v in methods.items()}
    words[evaluation.primary] = f"the {inside(measure.split(',')[0])}"
    st.markdown(f"**{plain(renamed(evaluation.verdict, words))}**")
    for text in evaluation.carried:
        st.markdown(plain(renamed(text, words)))
    st.caption(
        f"All methods saw the same data and were tested {plain(evaluation.extent)}. "
        f"A dot is the {inside(measure)}: lower is better. A bar is the 95 % interval of the "
        "difference from this model."
    )
    rows = _rows(evaluation, methods)
    st.altair_chart(dots(rows, _KINDS, "Error", [("low", "high", 3)]), alt=measure)
    shown = rows[["name", "value", "p-value"]].rename(columns={"name": "Method", "value": "Error"})
    figure = {"Error": st.column_config.NumberColumn(format="%.4f", help=measure)}
    st.dataframe(shown, hide_index=True, column_config=figure, alt=measure)
    frame = evaluation.to_frame().rename(index=methods, columns=lambda c: called(c, names))
    st.caption("All figures:")
    st.dataframe(frame.round(4).T.reset_index(names="Figure"), hide_index=True, alt="All figures")


def circuit(drawn: Any) -> None:
    """The circuit of the model, as text."""
    explain("circuit", "simulated")
    if drawn is None:
        st.caption("No circuit has a say in this model.")
        return
    st.caption(
        f"{drawn.n_wires} quantum bits, simulated. Scroll sideways to see all of it; it is read "
        "from left to right."
    )
    style = "overflow-x:auto;font-size:0.8rem;margin:0"
    text = escape(drawn.draw(10_000))
    st.html(f'<pre tabindex="0" aria-label="Circuit" style="{style}">{text}</pre>')


def _after(days: str) -> str:
    return f"After {days} day{'s' if days != '1' else ''}"


def _rows(evaluation: Any, names: Mapping[str, str]) -> DataFrame:
    """A row for each method: its loss, and the interval of its difference from the model."""
    model = evaluation.model
    kinds = {"classical": _KINDS[1], model: _KINDS[0]}
    tests = {test.rival: test for test in evaluation.comparisons}
    own = evaluation.scores[model][evaluation.primary]
    rows = []
    for name, score in evaluation.scores.items():
        row = {"name": names[name], "value": score[evaluation.primary], "p-value": ""}
        if name in tests:
            low, high = (own - end for end in reversed(tests[name].interval))
            row |= {"low": low, "high": high, "p-value": chance(tests[name].adjusted)}
        rows.append(row | {"kind": kinds.get(name, _KINDS[2])})
    return DataFrame(rows)
