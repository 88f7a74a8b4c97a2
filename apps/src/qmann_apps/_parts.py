"""Parts of the results on molecules: headings with their terms, tables, pictures, downloads."""

from collections.abc import Iterable, Mapping
from typing import Any

import altair as alt
import streamlit as st
from pandas import DataFrame, Series

from qmann_apps import _molecules as molecules
from qmann_apps import _page as page
from qmann_apps._page.words import WORDS

TERMS = WORDS | {
    "interval": "The range that holds the measured value in so many of 100 cases. Its width comes "
    "from how far off the model was on molecules that it had not seen (a conformal interval).",
    "known chemistry": "Whether some known molecule is alike, with a Tanimoto likeness of 0.3 or "
    "more. Where none is, the model has to guess, and its interval may be too narrow.",
    "Tanimoto": "The share of structural pieces (Morgan fingerprints) that two molecules have in "
    "common: 1 is all, 0 is none.",
    "errors": "Real quantum computers make mistakes at every step. Here they are simulated: with "
    "this chance, a step of the circuit scrambles the quantum bits that it touches (depolarising "
    "noise). Good machines of today are near 0.1 to 1 %.",
    "QED": "Quantitative estimate of drug-likeness, from 0 to 1: how usual size, polarity, rings "
    "and groups of the molecule are among oral drugs (Bickerton 2012).",
    "rule of five": "Lipinski's rules for oral drugs: weight at most 500, logP at most 5, at most "
    "5 hydrogen-bond donors and 10 acceptors. The column counts how many are broken.",
    "synthesis": "Synthetic accessibility: 1 is easy to make, 10 is hard (Ertl 2009).",
    "PAINS": "Groups that are known to disturb assays, so that a hit may be false (Baell 2010).",
}
"""What is said beside each term."""

KNOWN = {"inside": "Like known molecules", "outside": "Unlike known molecules"}
"""The domain of known chemistry in words."""

_THUMBNAILS, _LINES = 300, 25
_ZOOM = alt.Scale(zero=False, padding=12)


def section(title: str, *terms: str) -> None:
    """A heading, with a line for each term that needs one."""
    page.section(title, *terms, words=TERMS)


def label(name: str, smiles: str) -> str:
    """What to call a molecule."""
    return name or (smiles if len(smiles) <= 40 else smiles[:37] + "...") or "empty"


def number(value: float) -> str:
    """A value with its sign as it is printed."""
    return f"{value:.2f}".replace("-", "\N{MINUS SIGN}")


def gallery(cards: Iterable[tuple[str, str, str]]) -> None:
    """Small pictures.

    Args:
        cards: title, SMILES and a remark of each.
    """
    with st.grid(5, min_column_width=125, border=True, gap="xsmall") as grid:
        for title, smiles, remark in cards:
            with grid.cell():
                molecules.picture(smiles, title or smiles)
                st.markdown(f"**{page.plain(title, limit=40)}**")
                st.caption(page.plain(remark))


def notes(texts: Iterable[str]) -> None:
    """What has to be said of the data, for those who ask."""
    if lines := [f"- {page.plain(text)}" for text in texts]:
        with st.expander("Notes"):
            st.markdown("\n".join(lines))


def table(frame: DataFrame, columns: Mapping[str, str], **options: Any) -> Any:
    """An interactive table that begins with the structures.

    Args:
        frame: one molecule in each row.
        columns: what to show, and what to call it.
        options: of ``st.dataframe``.
    """
    shown = frame[[name for name in columns if name in frame]].rename(columns=columns)
    shown = shown.loc[:, [c for c in shown if not shown[c].isin(("",)).all()]]
    config: dict[str, Any] = {
        name: st.column_config.NumberColumn(format="%.2f")
        for name in shown.select_dtypes("float").columns
    }
    if len(frame) <= _THUMBNAILS:
        pictures = frame["smiles"].map(molecules.thumbnail)
        shown.insert(1, "Structure", pictures)
        config["Structure"] = st.column_config.ImageColumn(width=120)
        options["row_height"] = 64
    return st.dataframe(
        shown, hide_index=True, column_config=config, alt="Molecules and results", **options
    )


def intervals(rows: DataFrame) -> None:
    """A chart of values: by name, or in order of size where there are many; none of classes.

    Args:
        rows: label, row, value, unit, domain, and ends of the 80 % and 95 % intervals.
    """
    if "unit" not in rows:
        return
    few = len(rows) <= _LINES
    shown = rows.assign(known=rows["domain"].map(KNOWN), label=_once(rows))
    shown = shown.rename(columns={f"{e}-{n}": f"{e}{n}" for e in ("lo", "hi") for n in (80, 95)})
    shown = shown.sort_values("value", ascending=False).assign(rank=range(1, len(rows) + 1))
    kinds = [text for text in KNOWN.values() if text in set(shown["known"])]
    legend = alt.Legend(
        orient="top", title=None, labelLimit=0, columns=1, symbolOpacity=1, values=kinds
    )
    scale = alt.Scale(domain=list(KNOWN.values()))
    colour = alt.Color("known:N", scale=scale, legend=legend if len(kinds) > 1 else None)
    fields = ["label", "known", "rank", "value", "lo80", "hi80", "lo95", "hi95"]
    base = alt.Chart(shown[fields]).encode(color=colour, tooltip=_tips())
    chart = _lying(base, rows["unit"].iloc[0]) if few else _standing(base, rows["unit"].iloc[0])
    st.altair_chart(chart, alt="Values with their intervals")
    st.caption("A dot is the value; the thick bar its 80 % interval, the thin one 95 %.")


def _lying(base: alt.Chart, unit: str) -> alt.LayerChart | alt.FacetChart:
    """A line for each molecule."""
    names = alt.Axis(title=None, labelLimit=150, labelOverlap=False)
    base = base.encode(y=alt.Y("label:N", sort=None, axis=names))
    axis = alt.Axis(title=unit or "Value", tickCount=6)
    layers = [
        base.mark_rule(strokeWidth=width, opacity=opacity).encode(
            x=alt.X(f"lo{level}:Q", axis=axis, scale=_ZOOM), x2=f"hi{level}:Q"
        )
        for level, width, opacity in ((95, 2, 0.35), (80, 7, 0.45))
    ]
    dots = base.mark_point(filled=True, opacity=1, size=90).encode(x="value:Q")
    return alt.layer(*layers, dots).properties(height=alt.Step(30))


def _standing(base: alt.Chart, unit: str) -> alt.LayerChart | alt.FacetChart:
    """A place for each molecule."""
    ranks = alt.Scale(nice=False)
    base = base.encode(x=alt.X("rank:Q", title="Molecules, largest value first", scale=ranks))
    axis = alt.Axis(title=unit or "Value", tickCount=6)
    layers = [
        base.mark_rule(strokeWidth=width, opacity=0.4).encode(
            y=alt.Y(f"lo{level}:Q", axis=axis, scale=_ZOOM), y2=f"hi{level}:Q"
        )
        for level, width in ((95, 1), (80, 3))
    ]
    dots = base.mark_point(filled=True, opacity=1, size=14).encode(y="value:Q")
    return alt.layer(*layers, dots).properties(height=320)


def _tips() -> list[alt.Tooltip]:
    numbers = (("value", "Value"), ("lo80", "80 % from"), ("hi80", "80 % to"))
    return [
        alt.Tooltip("label:N", title="Molecule"),
        alt.Tooltip("known:N", title=" "),
        *(alt.Tooltip(f"{field}:Q", title=text, format=".2f") for field, text in numbers),
    ]


def _once(rows: DataFrame) -> Series:
    """Names, each of them once."""
    twice = rows["label"].duplicated(keep=False)
    numbered = rows["label"] + " (row " + rows["row"].astype(str) + ")"
    return rows["label"].mask(twice, numbered)
