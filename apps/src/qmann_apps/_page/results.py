"""Results: evidence, the comparison with the classical twin, the circuit."""

import re
from collections.abc import Mapping
from typing import Any

import altair as alt
import streamlit as st
from pandas import DataFrame

from .charts import Chart
from .words import MODELS, WORDS, chance, inside, plain, renamed

_AFTER = re.compile(r"\+(\d+) d %")
_KINDS = ("This model", "Classical twin", "Other methods")


def section(title: str, *terms: str, words: Mapping[str, str] = WORDS) -> None:
    """A heading, with a line of ``words`` for each term that needs one."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(title, anchor=False, width="content")
        if terms:
            with st.popover("What is this?", type="tertiary", icon=":material/help:"):
                for term in terms:
                    st.markdown(f"**{term[:1].upper()}{term[1:]}.** {words[term]}")


def evidence(table: DataFrame, names: Mapping[str, str], caption: str) -> None:
    """Remembered cases: what they were, how alike they are, and what followed.

    Args:
        table: a report's evidence; columns without a name here or in ``names`` are left out.
        names: the domain's columns, by their names in the table.
        caption: what is shown.
    """
    section("Past cases most like this one", "quantum memory", "weight", "likeness")
    st.caption(caption)
    columns = {**names, "weight %": "Weight", "fidelity": "Likeness"}
    columns |= {str(c): _after(found[1]) for c in table if (found := _AFTER.match(str(c)))}
    shown = table[[c for c in columns if c in table]].rename(columns=columns)
    for name in shown.select_dtypes("number"):
        shown[name] = shown[name].round(3 if name == "Likeness" else 1) + 0  # + 0: no -0.0
    st.dataframe(shown, hide_index=True, column_config=_formats(shown), alt=caption)


def comparison(
    evaluation: Any, model: str, metrics: Mapping[str, str], methods: Mapping[str, str]
) -> None:
    """The model beside its classical twin and what an expert would use.

    Args:
        evaluation: the report's.
        model: the report's.
        metrics: plain names of the figures, the compared one among them.
        methods: plain names of the other methods.
    """
    section("Does the quantum part help?", "hybrid", "classical twin", "entanglement", "p-value")
    names = {**{name: name for name in evaluation.scores}, **methods, **MODELS}
    measure = metrics[evaluation.primary]
    words = {k: f"the {inside(v)}" for k, v in MODELS.items()}
    words |= {k: inside(v) for k, v in methods.items()}
    words[evaluation.primary] = f"the {inside(measure.split(',')[0])}"
    st.markdown(f"**{plain(renamed(evaluation.verdict, words))}**")
    st.caption(
        f"All methods saw the same data and were tested {plain(evaluation.extent)}. "
        f"A dot is the {inside(measure)}: lower is better. A bar is the 95 % interval of the "
        "difference from this model."
    )
    rows = _rows(evaluation, model, names)
    st.altair_chart(_dots(rows), alt=f"{measure} of every method")
    shown = rows[["method", "loss", "p"]].rename(
        columns={"method": "Method", "loss": "Error", "p": "p-value"}
    )
    figure = st.column_config.NumberColumn(format="%.4f", help=measure)
    st.dataframe(shown, hide_index=True, column_config={"Error": figure}, alt=measure)
    with st.expander("All figures"):
        frame = evaluation.to_frame().rename(index=names, columns=dict(metrics))
        st.dataframe(frame.T.reset_index(names="Figure"), hide_index=True)


def circuit(drawn: Any) -> None:
    """The circuit of the model, as text."""
    section("The circuit in the model", "circuit", "simulated")
    if drawn is None:
        st.caption("The classical twin holds no circuit.")
        return
    st.caption(
        f"{drawn.n_wires} quantum bits, simulated. Scroll sideways to see all of it; it is read "
        "from left to right."
    )
    st.code(drawn.draw(10_000), language=None)


def _after(days: str) -> str:
    return f"After {days} day{'s' if days != '1' else ''}"


def _formats(shown: DataFrame) -> dict[str, Any]:
    """How columns of numbers and dates are written."""
    config: dict[str, Any] = {}
    for name, values in shown.items():
        if values.dtype.kind == "M":
            config[str(name)] = st.column_config.DateColumn(format="D MMM YYYY")
        elif name == "Likeness":
            config[str(name)] = st.column_config.NumberColumn(format="%.3f")
        elif values.dtype.kind == "f":
            sign = "+" if str(name).startswith(("After", "Return")) else ""
            config[str(name)] = st.column_config.NumberColumn(format=f"%{sign}.1f %%")
    return config


def _rows(evaluation: Any, model: str, names: Mapping[str, str]) -> DataFrame:
    """A row for each method: its loss, and the interval of its difference from the model."""
    losses = {name: score[evaluation.primary] for name, score in evaluation.scores.items()}
    kinds = {"classical": _KINDS[1]}
    rows = [{"method": names[model], "loss": losses[model], "kind": _KINDS[0], "p": ""}]
    for against in evaluation.comparisons:
        low, high = against.interval
        rows.append(
            {
                "method": names[against.rival],
                "loss": losses[against.rival],
                "low": losses[model] - high,
                "high": losses[model] - low,
                "kind": kinds.get(against.rival, _KINDS[2]),
                "p": chance(against.adjusted),
            }
        )
    return DataFrame(rows)


def _dots(rows: DataFrame) -> Chart:
    """A dot for each method, and the bars."""
    colour = alt.Color("kind:N", scale=alt.Scale(domain=_KINDS), legend=None)
    axis = alt.Axis(labelLimit=170, labelOverlap=False, title=None)
    order = alt.Y("method:N", sort=list(rows["method"]), axis=axis)
    tips = [
        alt.Tooltip("method:N", title="Method"),
        alt.Tooltip("loss:Q", title="Error", format=".4f"),
        alt.Tooltip("p:N", title="p-value"),
    ]
    base = alt.Chart(rows).encode(y=order, color=colour, tooltip=tips)
    errors = alt.X("low:Q", scale=alt.Scale(zero=False, padding=12), axis=alt.Axis(tickCount=5))
    bars = base.mark_rule(strokeWidth=3, opacity=0.4).encode(x=errors.title("Error"), x2="high:Q")
    dots = base.mark_point(filled=True, size=110, opacity=1).encode(x="loss:Q")
    return alt.layer(bars, dots).properties(height=36 * len(rows) + 60)
