"""Reports on rows that no time orders: values with intervals, and the known cases behind them."""

import math
from base64 import b64encode
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import streamlit as st
from pandas import DataFrame, notna

from qmann_core.data import Labelled

from .charts import dots, frequencies
from .inputs import remember
from .results import explain, remarks, section
from .things import Things
from .words import called, plain, signed, small

_CARDS, _NOISY, _PICTURES = 6, 100, 300
_LARGE, _SMALL = (300, 190), (150, 90)  # pixels
_BARS = (("80 % from", "80 % to", 7), ("95 % from", "95 % to", 2))
_SETS = {"0 or 1": "either class", "0": "class 0", "1": "class 1", "neither": "neither class"}
_BADGES: dict[str, Any] = {
    "known": ("Among the known {}s", "check", "blue"),
    "inside": ("Like known {}s", "check", "green"),
    "outside": ("Unlike known {}s", "warning", "orange"),
}
_ENDS = {"lo": "from", "hi": "to"}
_COLUMNS = {f"{end}-{n}": f"{n} % {word}" for n in (80, 95) for end, word in _ENDS.items()}


def first_look(records: Labelled, things: Things, title: str, unit: str) -> None:
    """What the data say without any training."""
    known = records.measured()["target"]
    st.header(f"{plain(title)}: {len(known):,} measured {things.name}s", anchor=False)
    st.markdown("Press **Run** to train. Until then, what the data show without a model:")
    axis = f"{title}, {unit}".removesuffix(", ")
    chart = frequencies(known, axis, f"{things.name}s".capitalize())
    st.altair_chart(chart, alt=f"How often each value was measured: {axis}")
    remarks(records.notes)


def accuracy(fitted: Any, things: Things, title: str, unit: str) -> None:
    """How good a trained model is."""
    score = fitted.evaluation.scores[fitted.evaluation.model]
    if "MAE" in score:
        text = (
            f"it was typically off by **{error(score['MAE'], unit, things)}**, and "
            f"{score['coverage 80']:.0f} % of the measured values lay in its 80 % intervals"
        )
    else:
        text = f"it named the right class of **{100 * score['accuracy']:.0f} %**"
    st.header(f"A model of {plain(title)}", anchor=False)
    st.markdown(f"On {fitted.evaluation.n_test} rows that it had not seen, {text}.")


def error(size: float, unit: str, things: Things) -> str:
    """How far off values are, in words: of logarithms also as a factor."""
    if unit in things.logarithms:
        return f"{small(size)} log units (factor {10**size:.1f})"
    return f"{size:.2f} {plain(unit)}".strip()


def show(report: Any, asked: Labelled, things: Things, title: str) -> int:
    """What a report says of each row.

    Args:
        report: a task's report.
        asked: the rows.
        things: what they are.
        title: as Markdown.

    Returns:
        The place, among the rows that have an answer, of the one that is looked at.
    """
    known = report.table["measured"].notna() & report.table["measured"].ne("")
    rows = report.table.assign(name=labels(asked, report.table["row"]))
    rows["domain"] = rows["domain"].mask(known, "known")
    rows = rows.rename(columns={"probability": "value"})
    answered = rows[rows["error"].eq("")].reset_index(drop=True)
    section(title, "interval", "known cases", words=things.words)
    few = len(rows) <= _CARDS
    if few:
        _cards(rows, things)
    else:
        st.caption(f"{len(answered):,} of {len(rows):,} {things.name}s have a value.")
    if "unit" in rows and len(answered) > 1:
        _intervals(answered, things)
    if not few:
        _table(rows, things)
    place = 0
    if len(answered) > 1:
        names, key = answered["name"], f"{things.name}-shown"
        place = st.selectbox(
            "Show the evidence for", answered.index, format_func=names.get, key=key
        )
    if not few:
        _cards(answered[place : place + 1], things)
    return int(place)


def evidence(report: Any, asked: Labelled, things: Things, place: int) -> None:
    """The known things most like one row, with what was measured.

    Args:
        report: a task's report.
        asked: the rows.
        things: what they are.
        place: of the row among those that have an answer.
    """
    answered = report.table[report.table["error"].eq("")]
    row, cases = answered.iloc[place], _cases(report.evidence, answered, things, place)
    name, unit = labels(asked, [row["row"]])[0], row.get("unit", "")
    near = things.likeness
    title = f"What is known of similar {things.name}s"
    section(title, near, "quantum memory", words=things.words)
    if cases.empty:
        st.caption(f"No known {things.name} has anything in common with {plain(name, limit=60)}.")
        return
    st.caption(
        f"Measured {things.name}s most like {plain(name, limit=60)}, found by a simulated "
        "quantum memory, with their measured values."
    )
    gallery(
        (
            (
                value if isinstance(value, str) else signed(value),
                thing,
                ", ".join(filter(None, (unit, things.legible * thing, f"{near} {like:.2f}"))),
            )
            for value, thing, like in cases[["measured", "case", near]].itertuples(index=False)
        ),
        things,
    )


def _cases(evidence: DataFrame, answered: DataFrame, things: Things, place: int) -> DataFrame:
    """Those of one row, as many as weigh anything; rows of one name share theirs in order."""
    names = answered.get(things.name)
    if names is None:
        names = answered["name"].where(answered["name"].ne(""), answered[things.column])
    own = evidence[evidence[things.name].eq(names.iloc[place])]
    same = names.eq(names.iloc[place])
    n_cases, before = len(own) // int(same.sum()), int(same.iloc[:place].sum())
    return own[before * n_cases : (before + 1) * n_cases]


def errors(report: Any, asked: Labelled, things: Things) -> None:
    """How values move if the circuits make mistakes; folded, unless some were chosen."""
    key = f"{things.name}-noise"
    chosen = bool(st.session_state.get(key))
    with st.expander("Errors of a real quantum computer", expanded=chosen):
        _moved(report, asked, things, key)


def _moved(report: Any, asked: Labelled, things: Things, key: str) -> None:
    explain("errors", "circuit", "simulated", words=things.words)
    chance = "Chance of an error at each step of the circuit"
    percent = st.slider(chance, 0.0, 5.0, 0.0, 0.5, "%.1f %%", key=key, bind="query-params")
    if not percent:
        st.caption("Move the slider to see how far such errors would move the values above.")
        return
    rows = report.table[report.table["error"].eq("")][:_NOISY]
    some = replace(asked, table=asked.table[asked.table["row"].isin(rows["row"])])
    value = "value" if "value" in rows else "probability"
    with st.spinner("Simulating errors"):
        noisy = remember(
            "noisy",
            (report, percent),
            lambda: report.fitted.predict(some, noise=percent / 100, cases=1).table[value],
        )
    table = DataFrame({"Without errors": rows[value].to_numpy(), "With errors": noisy.to_numpy()})
    table["Change"] = table["With errors"] - table["Without errors"]
    table.insert(0, things.name.capitalize(), labels(asked, rows["row"]))
    most = f"{table['Change'].abs().max():.4f} {rows['unit'].max() if 'unit' in rows else ''}"
    said = f"At {percent:g} % the values move by at most **{plain(most)}**."
    st.markdown(f"{said} Their intervals were calibrated without errors.")
    forms = dict.fromkeys(table.columns[1:], st.column_config.NumberColumn(format="%+.4f"))
    st.dataframe(table, hide_index=True, column_config=forms, alt="Values with errors")


def gallery(cards: Iterable[tuple[str, str, str]], things: Things) -> None:
    """Small pictures.

    Args:
        cards: title, thing and remark of each.
        things: what they are.
    """
    with st.grid(5, min_column_width=125, border=True, gap="xsmall") as grid:
        for title, thing, remark in cards:
            with grid.cell():
                _picture(thing, title or thing, things, *(_SMALL if things.legible else _LARGE))
                st.markdown(f"**{plain(title, limit=40)}**")
                st.caption(plain(remark))


def table(frame: DataFrame, names: Mapping[str, str], things: Things) -> None:
    """An interactive table that begins with pictures.

    Args:
        frame: one thing in each row, and what to show of it.
        names: plain names of columns.
        things: what they are.
    """
    shown = frame.drop(columns=["row", things.column])
    shown = shown.loc[:, [not column.isin(("", math.nan)).all() for _, column in shown.items()]]
    shown = shown.rename(columns=lambda name: called(name, names))
    figure = st.column_config.NumberColumn(format="%.2f")
    config: dict[str, Any] = dict.fromkeys(shown.select_dtypes("float").columns, figure)
    pictured = len(frame) <= _PICTURES
    if pictured:
        drawn = [thing and _svg(thing, things, *_SMALL) for thing in frame[things.column]]
        coded = [
            svg and f"data:image/svg+xml;base64,{b64encode(svg.encode()).decode()}" for svg in drawn
        ]
        shown.insert(1, "Picture", coded)
        config["Picture"] = st.column_config.ImageColumn(width=120)
    height = 64 if pictured else None
    st.dataframe(
        shown, hide_index=True, column_config=config, alt=f"{things.name}s", row_height=height
    )


def label(name: str, thing: str) -> str:
    """What to call a row."""
    return name or (thing if len(thing) <= 40 else thing[:37] + "...") or "empty"


def labels(asked: Labelled, numbers: Iterable[int]) -> list[str]:
    """What to call rows, by their numbers."""
    rows = asked.table.set_index("row").loc[list(numbers)]
    return [label(*each) for each in zip(rows["name"], rows["given"], strict=True)]


def _cards(rows: DataFrame, things: Things) -> None:
    with st.grid(3, min_column_width=215, border=True) as grid:
        for row in rows.to_dict(orient="records"):
            with grid.cell():
                _card(row, things)


def _card(row: Mapping[Any, Any], things: Things) -> None:
    """One row: its picture, value, interval, and whether the model knows its kind."""
    name = plain(row["name"], limit=60)
    if row["error"]:
        st.markdown(f"**{name}**")
        st.badge(f"Row {row['row']} cannot be used", icon=":material/error:", color="red")
        st.caption(plain(row["error"]))
        return
    _picture(row[things.column], row["name"], things)
    if "unit" in row:
        value = f"{signed(row['value'])} {plain(row['unit'])}"
        low, high = signed(row["lo-80"]), signed(row["hi-80"])
        words = f"Between **{low}** and **{high}** with 80 % confidence"
    else:
        value = f"{100 * row['value']:.0f} % {plain(row.get('class', 'class 1'))}"
        inside = _SETS.get(row["classes 80 %"], row["classes 80 %"])
        words = f"{plain(inside[:1].upper() + inside[1:])} with 80 % confidence"
    st.metric(name, value)
    st.markdown(f"{words}{things.remark(row)}.")
    measured = row["measured"]
    if notna(measured) and measured != "":
        text = plain(measured) if isinstance(measured, str) else signed(measured)
        st.markdown(f"**Measured: {text}** {plain(row.get('unit', ''))}")
    if row.get("note"):
        st.caption(plain(row["note"]))
    text, icon, colour = _BADGES[row["domain"]]
    st.badge(text.format(things.name), icon=f":material/{icon}:", color=colour)


def _intervals(rows: DataFrame, things: Things) -> None:
    """A chart of values in order of size."""
    kinds = {name: _BADGES[name][0].format(things.name) for name in ("inside", "outside")}
    numbered = rows["name"] + " (row " + rows["row"].astype(str) + ")"
    names = rows["name"].mask(rows["name"].duplicated(keep=False), numbered)
    shown = rows.assign(name=names, kind=rows["domain"].replace("known", "inside").map(kinds))
    shown = shown.rename(columns=_COLUMNS).sort_values("value", ascending=False)
    fields = ["name", "kind", "value", *(end for *ends, _ in _BARS for end in ends)]
    chart = dots(shown[fields], list(kinds.values()), rows["unit"][0] or "Value", _BARS)
    st.altair_chart(chart, alt="Values with their intervals")
    st.caption("A dot is the value; the thick bar its 80 % interval, the thin one 95 %.")


def _table(rows: DataFrame, things: Things) -> None:
    """All rows, with what each is called first."""
    class_1 = "Probability" if "class" in rows else "Probability of class 1"
    unit = f"Value, {rows['unit'].max()}" if "unit" in rows else class_1
    known = rows["domain"].map({"known": "yes", "inside": "yes", "outside": "no"}).fillna("")
    same = ["unit", "domain", things.name]
    frame = rows.assign(known=known).drop(columns=same, errors="ignore")
    frame.insert(0, "name", frame.pop("name"))
    names = {"name": things.name.capitalize(), "value": unit, "known": "Like known"}
    table(frame, names, things)


def _picture(
    thing: str, name: str, things: Things, width: int = _LARGE[0], height: int = _LARGE[1]
) -> None:
    st.image(_svg(thing, things, width, height), width="stretch", alt=f"{things.picture} of {name}")


def _svg(thing: str, things: Things, width: int, height: int) -> str:
    dark = st.context.theme.type == "dark"
    return things.draw(thing, width=width, height=height, dark=dark)
