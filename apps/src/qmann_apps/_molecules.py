"""Molecules on a page: typed or uploaded, read once, drawn."""

import re
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, replace
from hashlib import blake2b
from pathlib import Path

import streamlit as st
from pandas import DataFrame
from streamlit.delta_generator import DeltaGenerator
from streamlit.runtime.uploaded_file_manager import UploadedFile

import qmann_drug as drug
from qmann_apps import _page as page
from qmann_core.data import read_table
from qmann_core.errors import DataError

MOST = 10_000
"""Molecules that a page works on at once."""

_SERIES = "N#Cc1cc(S(=O)(=O)Nc2{0})ccc1Oc1ccc(Cl)cc1-c1{1}"
EXAMPLES = {
    "drugs": "CC(=O)Oc1ccccc1C(=O)O aspirin\nCn1c(=O)c2c(ncn2C)n(C)c1=O caffeine\n"
    "CC(C)Cc1ccc(C(C)C(=O)O)cc1 ibuprofen",
    "series": f"{_SERIES.format('nccs2', 'cc[nH]n1')} pyrazole\n"
    f"{_SERIES.format('ncns2', 'ccncc1')} pyridine\n"
    "CC(=O)Oc1ccccc1C(=O)O aspirin",
}
_TYPED, _FILE, _REST = "Type or paste", "A file", "Rows without a value"
_LINK = 1500
_READERS = {
    ".smi": lambda _text: DataFrame({"name": [""]}),
    ".sdf": lambda text: DataFrame(
        [dict.fromkeys(re.findall(r"^>.*?<([^>\n]+)>", text, re.M), "")]
    ),
}


@dataclass(frozen=True)
class Asked:
    """Molecules that a person asks about; None as long as there are none."""

    records: drug.Molecules | None
    key: str = ""
    """Tells them from others."""
    shared: bool = False
    """Whether the page's address holds them."""


def choose(
    verb: str,
    examples: str,
    place: DeltaGenerator,
    rest: drug.Molecules | None = None,
    *,
    title: str = "Molecules",
) -> Asked:
    """A box for SMILES, or a file.

    Args:
        verb: on the button.
        examples: what stands in the box at first.
        place: where to say what is wrong.
        rest: offered too, if given: its rows without a measured value.
        title: above it.
    """
    options = [*([] if rest is None else [_REST]), _TYPED, _FILE]
    way = st.segmented_control(
        title,
        options,
        default=options[0],
        required=True,
        key="from" if rest is None else "rest",
        bind="query-params",
    )
    if rest is not None and way == _REST:
        unknown = rest.counted[rest.counted["target"].isna()]
        numbered = unknown.assign(row=range(1, len(unknown) + 1))  # as they are asked
        return Asked(replace(rest, table=numbered), _REST)
    asked = _upload(place) if way == _FILE else _box(EXAMPLES[examples], place)
    st.button(verb, type="primary", width="stretch", key="ask")
    return asked


def sharing(asked: Asked) -> str:
    """What to say of the page's address."""
    if asked.shared:
        return "To share this, copy the page's address: it opens with the same molecules."
    return "The molecules are not part of the page's address: a shared link opens without them."


def _box(examples: str, place: DeltaGenerator) -> Asked:
    typed = st.session_state.get("smiles")
    if typed in EXAMPLES.values() and typed != examples:
        st.session_state["smiles"] = examples
    shared = len(typed or "") <= _LINK
    text = st.text_area(
        "SMILES, one on each line",
        examples,
        height=150,
        max_chars=200_000,
        key="smiles",
        bind="query-params" if shared else None,
        persist_state="page",
        help="SMILES write a structure as one line of text; drawing programs export them. A name "
        "may follow after a blank.",
    )
    text = text or ""
    lines = [line.split(maxsplit=1) for line in text.splitlines() if line.strip()]
    if not lines:
        place.info("Nothing to work on yet: type a molecule, such as CCO for ethanol.")
        return Asked(None)
    frame = DataFrame(
        {"_smiles": [line[0] for line in lines], "_name": [" ".join(line[1:]) for line in lines]}
    )
    key = blake2b(text.encode(errors="replace"), digest_size=8).hexdigest()
    asked = _read(place, key, lambda: drug.load_molecules(frame, known=False), "your molecules")
    return replace(asked, shared=shared)


def _upload(place: DeltaGenerator) -> Asked:
    upload = st.file_uploader(
        "CSV, .smi, SDF (packed with gzip too) or Parquet",
        max_upload_size=page.MEGABYTES,
        key="molecules",
        help="One row for each molecule, with its SMILES in a column, or its structure in an SDF.",
    )
    if upload is None:
        place.info("Nothing to work on yet: choose a file with one row for each molecule.")
        return Asked(None)
    column = st.text_input(
        "Column of SMILES", placeholder="Found by itself", key=f"column-{upload.file_id}"
    )

    def load(file: Path) -> drug.Molecules:
        return drug.load_molecules(file, known=False, smiles_column=column or None)

    return _read(place, f"{upload.file_id} {column}", lambda: page.read(upload, load), upload.name)


def _read(place: DeltaGenerator, key: str, make: Callable[[], drug.Molecules], name: str) -> Asked:
    """Molecules, read once; the reason is shown where they cannot be."""
    with place, st.spinner("Reading"):
        records = page.attempt(lambda: page.remember("drug-asked", key, lambda: few(make())))
    return Asked(None if records is None else replace(records, source=name), key)


def few(records: drug.Molecules) -> drug.Molecules:
    """The molecules, unless they are more than a page can work on.

    Raises:
        DataError: they are more than ``MOST``.
    """
    if len(records.table) > MOST:
        raise DataError(
            f"got {len(records.table):,} molecules. Expected at most {MOST:,} on this page: leave "
            "some out, or use the command line (qmann-drug)"
        )
    return records


@st.cache_resource(show_spinner=False)
def _demo(name: str) -> drug.Molecules:
    """Demo data, read once for all sessions; nothing changes them."""
    return drug.demo_molecules(name)


def measured(source: page.Source, target: str | None) -> drug.Molecules:
    """Molecules with measured values.

    Raises:
        DataError: they cannot be read, or none has a value.
    """

    def load() -> drug.Molecules:
        if source.upload is None:
            return _demo(source.demo)
        found = page.read(source.upload, lambda place: drug.load_molecules(place, target=target))
        found = replace(few(found), source=source.upload.name)
        found.measured()
        return found

    return page.remember("drug-measured", f"{source.key} {target}", load)


def library(source: page.Source) -> drug.Molecules:
    """Molecules to search in, with measured values if they can be read.

    Raises:
        DataError: they cannot be read.
    """

    def read(place: Path) -> drug.Molecules:
        try:
            return drug.load_molecules(place)
        except DataError:
            return drug.load_molecules(place, known=False)

    def load() -> drug.Molecules:
        if source.upload is None:
            return _demo(source.demo)
        return replace(few(page.read(source.upload, read)), source=source.upload.name)

    with st.spinner("Reading the library"):
        return page.remember("drug-library", source.key, load)


def columns(upload: UploadedFile) -> list[str]:
    """Names of the columns of an uploaded file.

    Raises:
        DataError: it cannot be read.
    """

    def load() -> list[str]:
        table = page.read(upload, lambda place: read_table(place, readers=_READERS))
        return [str(name) for name in table.columns]

    return page.remember("drug-columns", upload.file_id, load)


def unreadable(records: drug.Molecules) -> None:
    """Why none of the molecules can be used."""
    rows = records.table.head(5)
    reasons = "\n".join(
        f"- Row {row}, {page.plain(given, limit=60) or 'empty'}: {page.plain(error)}"
        for row, given, error in zip(rows["row"], rows["given"], rows["error"], strict=True)
    )
    st.error(f"None of the {len(records.table)} rows holds a molecule:\n\n{reasons}")


def picture(smiles: str, name: str) -> None:
    """A structure, in the colours of the page."""
    drawn = drug.molecule_svg(smiles, width=300, height=190, dark=_dark())
    st.image(drawn, width="stretch", alt=f"Structure of {name}")


def thumbnail(smiles: str) -> str | None:
    """A structure for a cell of a table."""
    if not smiles:
        return None
    drawn = drug.molecule_svg(smiles, width=150, height=90, dark=_dark())
    return f"data:image/svg+xml;base64,{b64encode(drawn.encode()).decode()}"


def _dark() -> bool:
    return st.context.theme.type == "dark"
