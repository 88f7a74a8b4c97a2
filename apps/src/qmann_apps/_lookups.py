"""Results without a model: molecules alike, and drug-likeness."""

from typing import Any

import streamlit as st
from pandas import isna

import qmann_drug as drug
from qmann_apps import _page as page
from qmann_apps import _parts as parts

_SIMILAR = {
    "query": "Asked",
    "name": "Found",
    "rank": "Rank",
    "Tanimoto": "Tanimoto",
    "fidelity": "Likeness",
    "rank by Tanimoto": "Rank by Tanimoto",
    "target": "Measured",
    "smiles": "SMILES",
    "error": "Problem",
}
_LIKENESS = {
    "molecule": "Molecule",
    "QED": "QED",
    "violations": "Rules broken",
    "SA": "Synthesis",
    "PAINS": "PAINS",
    "weight": "Weight",
    "logP": "logP",
    "donors": "Donors",
    "acceptors": "Acceptors",
    "error": "Problem",
}


def alike(answer: Any, asked: drug.Molecules, library: str) -> None:
    """The molecules of a library most like those asked about."""
    table, rows = answer.table, asked.table.set_index("row")
    parts.section("The most similar molecules", "Tanimoto", "likeness", "quantum memory")
    st.caption(
        f"In {page.plain(library)}, as a simulated quantum memory ranks them; an exact search by "
        "Tanimoto likeness stands beside it."
    )
    chosen = rows.index[0]
    if len(rows) > 1:
        names = {i: parts.label(r["name"], r["given"]) for i, r in rows.iterrows()}
        chosen = st.selectbox("Like", list(names), format_func=names.__getitem__, key="like")
    if rows["error"][chosen]:
        st.warning(page.plain(rows["error"][chosen]))
    else:
        found = table[table["row"].eq(chosen)].to_dict(orient="records")
        own = rows.loc[chosen]
        first = (parts.label(own["name"], own["smiles"]), own["smiles"], "asked about")
        parts.gallery([first, *map(_hit, found)])
    with st.expander("All of them as a table"):
        parts.table(table, _SIMILAR)
    _close(answer, "qmann-similar")


def likeness(answer: Any) -> None:
    """What medicinal chemists look at first."""
    parts.section("Drug-likeness", "QED", "rule of five", "synthesis", "PAINS")
    st.caption("Computed by RDKit from the structure alone; nothing is learned here.")
    fine = answer.table["error"].eq("") & answer.table["PAINS"].eq("")
    parts.table(answer.table.assign(PAINS=answer.table["PAINS"].mask(fine, "none")), _LIKENESS)
    _close(answer, "qmann-drug-likeness")


def _hit(found: dict[Any, Any]) -> tuple[str, str, str]:
    measured = "" if isna(found["target"]) else f"measured {parts.number(found['target'])}, "
    title = parts.label(found["name"], found["smiles"])
    return title, found["smiles"], f"{measured}Tanimoto {found['Tanimoto']:.2f}"


def _close(answer: Any, name: str) -> None:
    parts.notes(answer.notes)
    page.files(
        name,
        {
            "Table (CSV)": (".csv", "text/csv", lambda: page.csv(answer.to_frame())),
            "Everything (JSON)": (".json", "application/json", lambda: page.as_json(answer)),
        },
    )
