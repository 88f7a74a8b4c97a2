"""Drug discovery: properties of molecules, molecules alike, and drug-likeness."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

import qmann_drug as drug
from qmann_apps import _drug as results
from qmann_apps import _lookups as lookups
from qmann_apps import _molecules as molecules
from qmann_apps import _page as page

QUESTIONS = {"predict": "Predict", "train": "Train", "similar": "Find", "likeness": "Check"}
PROPERTIES = {
    "solubility": (
        "Solubility in water",
        "Logarithm of the saturated concentration in mol/L. Learned from 1,273 measured molecules.",
    ),
    "hydration": (
        "Free energy of hydration",
        "Energy of passing from gas into water, kcal/mol. Learned from 642 measured molecules.",
    ),
    "affinity": (
        "Affinity in one series",
        "pActivity: 9 is active at 1 nmol/L. For the aryl sulfonamides of CHEMBL2321810 alone.",
    ),
}
SETS = {
    "solubility": (
        "Solubility",
        "1,292 molecules, log10 mol/L, with a fixed test part.",
        "log10 mol/L",
    ),
    "hydration": ("Hydration", "642 small molecules of FreeSolv, kcal/mol.", "kcal/mol"),
    "affinity": ("Affinity", "1,017 molecules of one series of ChEMBL, pActivity.", "pActivity"),
}
LIBRARIES = {
    "approved": ("Approved drugs", "2,628 approved drugs of ChEMBL."),
    **{name: texts[:2] for name, texts in SETS.items()},
}
SPLITS = {
    "given": "On the part that the data mark as test",
    "scaffold": "On molecules with other ring systems",
    "random": "On molecules drawn at random",
    "time": "On the newest molecules",
}
FORMATS = "CSV, .smi, SDF (packed with gzip too) or Parquet"


def main() -> None:
    """The page."""
    controls, place = page.heading(
        "Drug discovery",
        "Predict a property of molecules, train on measurements of your own, find similar ones, or "
        "check how drug-like they are.",
    )
    with controls:
        question = page.choose_task(QUESTIONS)
    {"predict": _predict, "train": _train, "similar": _similar, "likeness": _likeness}[question](
        controls, place
    )


def _predict(controls: DeltaGenerator, place: DeltaGenerator) -> None:
    """A property by a trained model."""
    with controls:
        name = st.selectbox(
            "Property",
            list(PROPERTIES),
            format_func=lambda name: PROPERTIES[name][0],
            key="property",
            bind="query-params",
        )
        st.caption(PROPERTIES[name][1])
        asked = molecules.choose("Predict", "series" if name == "affinity" else "drugs", place)
    with place:
        label, chosen = PROPERTIES[name][0], f"{name} {asked.key}"
        report = _answer(asked, chosen, lambda records: drug.predict_property(records, name))
        if report is not None and asked.records is not None:
            results.show(report, asked.records, label, chosen)
            results.downloads(report, f"qmann-{name}")
            st.caption(molecules.sharing(asked))


def _train(controls: DeltaGenerator, place: DeltaGenerator) -> None:
    """A model of one's own."""
    with controls:
        demos = {name: texts[:2] for name, texts in SETS.items()}
        source = page.choose_source(demos, f"Molecules with measured values: {FORMATS}")
        if source.missing:
            place.info(
                "Choose a file with one row for each molecule: its SMILES (or its structure, in an "
                "SDF), and the measured value; empty where it is unknown. At least 60 measured."
            )
            return
        target, unit = _column(source)
        data = page.attempt(lambda: molecules.measured(source, target))
        if data is None:
            return
        if not source.own:
            data = replace(data, target=SETS[source.demo][0])
        parts = set(SPLITS) - ({"given"} if not data.table["part"].eq("test").any() else set())
        parts -= {"time"} if data.table["year"].isna().all() else set()
        split = st.selectbox(
            "Test it",
            [kind for kind in SPLITS if kind in parts],
            format_func=SPLITS.__getitem__,
            key=f"test-{source.demo}",
            bind="query-params",
            help="What a model knows shows only on molecules that it was not trained on. Molecules "
            "with other ring systems (scaffolds) are the hardest test.",
        )
        preset, model, seed = page.choose_effort()
        options: dict[str, Any] = {
            "unit": unit,
            "split": split,
            "preset": preset,
            "model": model,
            "seed": seed,
        }
        choices = {"task": "train", "source": source.key, "target": target, **options}
        run = page.Run("drug", choices, shared=not source.own)
    with place:
        if not run.show(lambda outcome: _trained(outcome, data)):
            results.first_look(data, unit)
    run.go(lambda listener: drug.fit_property(data, progress=listener, **options))


def _column(source: page.Source) -> tuple[str | None, str]:
    """Which column holds the values, and their unit."""
    if (upload := source.upload) is None:
        return None, SETS[source.demo][2]
    columns = page.attempt(lambda: molecules.columns(upload)) or []
    target = st.selectbox(
        "Measured values",
        columns,
        index=None,
        placeholder="The only column of numbers",
        key=f"target-{source.key}",
        help="The column to learn: numbers, or 0 and 1 for two classes.",
    )
    return target, st.text_input("Unit", key=f"unit-{source.key}", max_chars=20)


def _trained(outcome: page.Outcome, data: drug.Molecules) -> None:
    """A model that was trained here, put to use."""
    fitted, unknown = outcome.report, data.counted["target"].isna().any()
    results.accuracy(fitted, data)
    st.subheader("Put it to use", anchor=False)
    series = outcome.choices["source"] == "affinity"
    asked = molecules.choose(
        "Predict", "series" if series else "drugs", st.container(), data if unknown else None
    )
    chosen = f"{outcome.choices} {outcome.seconds} {asked.key}"
    report = _answer(asked, chosen, fitted.predict)
    if report is not None and asked.records is not None:
        results.show(report, asked.records, page.plain(data.target), chosen)
        results.downloads(report, "qmann-trained")


def _similar(controls: DeltaGenerator, place: DeltaGenerator) -> None:
    """The molecules of a library most like some."""
    with controls:
        asked = molecules.choose("Find", "drugs", place, title="Molecules to look for")
        source = page.choose_source(LIBRARIES, f"A library: {FORMATS}")
        k = st.slider("How many of each", 1, 20, 4, key="k", bind="query-params")
    with place:
        if source.missing:
            st.info("Choose a file with the molecules to search in: one row for each.")
            return
        library = None
        if asked.records is not None:
            library = page.attempt(lambda: molecules.library(source))
        if library is not None:
            answer = _answer(
                asked, f"{source.key} {k} {asked.key}", lambda r: drug.similar(r, library, k)
            )
            if answer is not None and asked.records is not None:
                name = source.upload.name if source.upload else LIBRARIES[source.demo][0]
                lookups.alike(answer, asked.records, name)


def _likeness(controls: DeltaGenerator, place: DeltaGenerator) -> None:
    """What medicinal chemists look at first."""
    with controls:
        asked = molecules.choose("Check", "drugs", place)
    with place:
        answer = _answer(asked, asked.key, drug.drug_likeness)
        if answer is not None:
            lookups.likeness(answer)


def _answer(asked: molecules.Asked, key: str, ask: Callable[[drug.Molecules], Any]) -> Any:
    """What ``ask`` says of the molecules; None, with the reason shown, if it has nothing to say."""
    records = asked.records
    if records is None:
        return None
    if not records.table["error"].eq("").any():
        molecules.unreadable(records)
        return None
    with st.spinner(f"Working on {len(records.table):,} molecules"):
        return page.attempt(
            lambda: page.remember(
                "drug-answer", f"{st.session_state['task']} {key}", lambda: ask(records)
            )
        )


main()
