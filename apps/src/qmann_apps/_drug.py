"""Results of models of molecules: values with intervals, and the known molecules behind them."""

from typing import Any

import altair as alt
import streamlit as st
from pandas import DataFrame, Series

import qmann_drug as drug
from qmann_apps import _molecules as molecules
from qmann_apps import _page as page
from qmann_apps import _parts as parts

METRICS = {
    "squared error": "Mean squared error",
    "log loss": "Error of the probability (log loss)",
    "RMSE": "Root mean squared error",
    "MAE": "Mean absolute error",
}
METHODS = {
    "random forest": "Random forest",
    "kernel ridge": "Kernel ridge",
    "nearest neighbours": "Nearest neighbours",
    "mean": "Mean of all",
}
_CARDS, _NOISY = 6, 100
_SETS = {"0 or 1": "either class", "0": "class 0", "1": "class 1", "neither": "neither class"}
_UNITS = ((1.0, "mol/L"), (1e-3, "mmol/L"), (1e-6, "µmol/L"), (1e-9, "nmol/L"), (1e-12, "pmol/L"))


def first_look(data: drug.Molecules, unit: str) -> None:
    """What the data say without any training."""
    known = data.measured()
    st.subheader(f"{page.plain(data.target)}: {len(known):,} measured molecules", anchor=False)
    st.markdown("Press **Run** to train. Until then, what the data show without a model:")
    title = f"{data.target}, {unit}" if unit else str(data.target)
    bars = alt.Chart(DataFrame({"value": known["target"]})).mark_bar()
    bars = bars.encode(
        x=alt.X("value:Q", bin=alt.Bin(maxbins=40), title=title),
        y=alt.Y("count()", title="Molecules"),
    )
    st.altair_chart(bars.properties(height=260), alt=f"How often each value was measured: {title}")
    parts.notes(data.notes)


def accuracy(fitted: Any, data: drug.Molecules) -> None:
    """How good a trained model is."""
    score = fitted.evaluation.scores[fitted.variant]
    if "MAE" in score:
        unit = page.plain(fitted.config.application.unit)
        text = (
            f"it was **{score['MAE']:.2f}** {unit} off on average, and {score['coverage 80']:.0f} "
            "% of the measured values lay in its 80 % intervals."
        )
    else:
        text = f"it named the right class of **{100 * score['accuracy']:.0f} %**."
    st.subheader(f"A model of {page.plain(data.target)}", anchor=False)
    st.markdown(f"On {fitted.evaluation.n_test} molecules that it had not seen, {text}")


def show(report: Any, asked: drug.Molecules, title: str, key: str) -> None:
    """A report on molecules.

    Args:
        report: of qmann-drug.
        asked: the molecules.
        title: as Markdown.
        key: tells this report from others.
    """
    rows = _rows(report, asked)
    answered = rows[rows["error"].eq("")]
    parts.section(title, "interval", "known chemistry")
    place: int | None = 0
    if len(rows) <= _CARDS:
        _cards(rows)
        if len(answered) > 1:
            parts.intervals(answered)
            place = st.pills(
                "Show what is known of molecules like",
                range(len(answered)),
                default=0,
                required=True,
                format_func=lambda i: page.plain(answered["label"].iloc[i], limit=40),
                key=f"near-{key}",
            )
    else:
        st.caption(f"{len(answered):,} of {len(rows):,} molecules have a value.")
        parts.intervals(answered)
        st.caption("Choose a row to see its structure and the known molecules most like it.")
        row = rows.iloc[_pick(rows, key)]
        _cards(rows[rows["row"].eq(row["row"])])
        place = None if row["error"] else int((answered["row"] < row["row"]).sum())
    if place is not None:
        _evidence(report, answered.iloc[place], place, len(answered))
    if report.circuit is not None:
        _noise(report, asked, answered, key)
    page.comparison(report.evaluation, report.model, METRICS, METHODS)
    page.circuit(report.circuit)


def downloads(report: Any, name: str) -> None:
    """What can be taken away."""
    page.files(
        name,
        {
            "Report (HTML)": (".html", "text/html", lambda: page.html(report)),
            "Report (JSON)": (".json", "application/json", lambda: page.as_json(report)),
            "Table (CSV)": (".csv", "text/csv", lambda: page.csv(report.to_frame())),
            "Trained model (ZIP)": ("-model.zip", "application/zip", lambda: page.model(report)),
        },
    )


def _rows(report: Any, asked: drug.Molecules) -> DataFrame:
    """The report's table, with what each molecule is called, and values under one name."""
    given = asked.table.set_index("row")["given"].reindex(report.table["row"])
    names = [parts.label(*each) for each in zip(report.table["name"], given, strict=True)]
    measured = report.table["smiles"].isin(report.fitted.known.label)
    table: DataFrame = report.table.assign(label=names, measured=measured)
    return table.rename(columns={"probability": "value"})


def _cards(rows: DataFrame) -> None:
    with st.grid(3, min_column_width=215, border=True) as grid:
        for row in rows.to_dict(orient="records"):
            with grid.cell():
                _card(row)


def _card(row: dict[Any, Any]) -> None:
    """One molecule: its structure, value, interval, and whether the model knows its kind."""
    name = page.plain(row["label"], limit=60)
    if row["error"]:
        st.markdown(f"**{name}**")
        st.badge(f"Row {row['row']} cannot be used", icon=":material/error:", color="red")
        st.caption(page.plain(row["error"]))
        return
    molecules.picture(row["smiles"], row["label"])
    value, words = _said(row)
    st.metric(name, value)
    st.markdown(words)
    if row["measured"]:
        st.badge("Among the known molecules", icon=":material/check:", color="blue")
    elif row["domain"] == "inside":
        st.badge(parts.KNOWN["inside"], icon=":material/check:", color="green")
    else:
        st.badge(parts.KNOWN["outside"], icon=":material/warning:", color="orange")


def _said(row: dict[Any, Any]) -> tuple[str, str]:
    """Value and interval in words, as Markdown."""
    if "unit" not in row:
        classes = {str(k).split()[1]: _SETS[v] for k, v in row.items() if str(k)[:4] == "clas"}
        words = "; ".join(f"{text} with {level} % confidence" for level, text in classes.items())
        return f"{100 * row['value']:.0f} % class 1", words.capitalize()
    low, high = parts.number(row["lo-80"]), parts.number(row["hi-80"])
    words = f"Between **{low}** and **{high}** with 80 % confidence"
    return f"{parts.number(row['value'])} {page.plain(row['unit'])}", words + _amount(row)


def _amount(row: dict[Any, Any]) -> str:
    """The value as a concentration, where it is the logarithm of one."""
    sign = {"log10 mol/L": 1, "pActivity": -1}.get(row["unit"])
    if sign is None:
        return "."
    amount = 10 ** (sign * row["value"])
    scale, unit = next((each for each in _UNITS if amount >= each[0]), _UNITS[-1])
    return f"; the value is about {float(f'{amount / scale:.2g}'):g} {unit}."


def _pick(rows: DataFrame, key: str) -> int:
    """A table of all, and which row of it is chosen."""
    units = rows["unit"][rows["unit"].ne("")] if "unit" in rows else Series(dtype="str")
    value = "Probability of class 1" if "unit" not in rows else "Value"
    columns = {"label": "Molecule", "value": f"{value}, {units.iloc[0]}" if len(units) else value}
    for level in (80, 95):
        columns |= {f"lo-{level}": f"{level} % from", f"hi-{level}": f"{level} % to"}
        columns |= {f"classes {level} %": f"{level} % sure"}
    columns |= {"like": "Like known", "nearest": "Nearest known", "error": "Problem"}
    shown = rows.assign(like=rows["domain"].map({"inside": "yes", "outside": "no"}).fillna(""))
    event = parts.table(
        shown,
        columns,
        on_select="rerun",
        selection_mode="single-row",
        key=f"pick-{key}",
        height=380,
    )
    picked = event["selection"]["rows"]
    return picked[0] if picked else int(rows["error"].eq("").to_numpy().argmax())


def _evidence(report: Any, row: Series, place: int, n: int) -> None:
    """The known molecules most like one, with what was measured."""
    parts.section("What is known of similar molecules", "Tanimoto", "quantum memory")
    n_cases = len(report.evidence) // n
    cases = report.evidence.iloc[place * n_cases : (place + 1) * n_cases]
    unit = row.get("unit", "")
    st.caption(
        f"Measured molecules most like {page.plain(row['label'], limit=60)}, found by a simulated "
        "quantum memory of fingerprints, with their measured values."
    )
    parts.gallery(
        (
            parts.number(case["measured"]),
            case["case"],
            f"{unit}, Tanimoto {case['Tanimoto']:.2f}".removeprefix(", "),
        )
        for case in cases.to_dict(orient="records")
    )


def _noise(report: Any, asked: drug.Molecules, rows: DataFrame, key: str) -> None:
    """How the values move if the circuits make mistakes."""
    parts.section("Errors of a real quantum computer", "errors", "circuit", "simulated")
    percent = st.slider(
        "Chance of an error at each step of the circuit",
        0.0,
        5.0,
        0.0,
        0.5,
        format="%.1f %%",
        key="noise",
        bind="query-params",
    )
    if not percent:
        st.caption("Move the slider to see how far such errors would move the values above.")
        return
    first = asked.table[asked.table["row"].isin(rows["row"][:_NOISY])]
    some = drug.Molecules(first, asked.source, asked.target)
    with st.spinner("Simulating errors"):
        noisy = page.remember(
            "drug-noisy",
            f"{percent} {key}",
            lambda: report.fitted.predict(some, noise=percent / 100, evidence=1).table,
        )
    _moved(rows[:_NOISY], noisy.rename(columns={"probability": "value"}), percent)


def _moved(rows: DataFrame, noisy: DataFrame, percent: float) -> None:
    """Values without and with errors."""
    change = noisy["value"].to_numpy() - rows["value"].to_numpy()
    table = DataFrame(
        {
            "Molecule": rows["label"].to_numpy(),
            "Without errors": rows["value"].to_numpy(),
            "With errors": noisy["value"].to_numpy(),
            "Change": change,
        }
    )
    text = f"At {percent:g} % the values move by at most **{abs(change).max():.4f}**"
    if "unit" in rows:
        text += f" {page.plain(rows['unit'].iloc[0])}"
        wide = [(each["hi-80"].mean() - each["lo-80"].mean()) for each in (rows, noisy)]
        share = f"{100 * abs(wide[1] / wide[0] - 1):.1f} %"
        text += f"; the 80 % intervals become {share} "
        text += "wider" if wide[1] > wide[0] else "narrower"
        text += ", but do not rely on that: they were calibrated without errors"
    st.markdown(f"{text}.")
    figure = st.column_config.NumberColumn(format="%.4f")
    sign = st.column_config.NumberColumn(format="%+.4f")
    config = {"Without errors": figure, "With errors": figure, "Change": sign}
    st.dataframe(table, hide_index=True, column_config=config, alt="Values with errors")
