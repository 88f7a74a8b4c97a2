"""Materials: properties from composition, candidates beyond a target, and materials alike."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st
from pandas import DataFrame, isna

import qmann_materials as materials
from qmann_apps import _page as page

SAID = page.said(__file__)
SETS, FORMATS, ASKED = SAID["sets"], SAID["formats"], SAID["screen"]
SHIPPED = {name: SETS[name] for name in SAID["models"]}


@cache
def _columns(model: str) -> Any:
    """Conditions that a model reads, each with its words."""
    return materials.demo_materials(model).columns


def _under(model: str) -> dict[str, Any]:
    key, names = f"materials-{model}", SAID["conditions"]
    return {"conditions": page.choose_conditions(_columns(model), key, names)}


def _beyond(model: str) -> dict[str, Any]:
    """What candidates are to reach."""
    label, about = ASKED["target"]
    key: Any = {"key": f"materials-{model}-target", "bind": "query-params"}
    target = st.number_input(label, value=SAID["targets"][model], help=about, **key)
    label, about = ASKED["below"]
    below = st.toggle(label, help=about, key="materials-below", bind="query-params")
    label, about = ASKED["k"]
    k = st.slider(label, 1, 50, 10, help=about, key="materials-most", bind="query-params")
    return {"target": target, "below": below, "k": k}


def _screen(candidates: Any, model: str, **options: Any) -> Any:
    return materials.screen(candidates, property=model, **options)


def _hit(found: Mapping[Any, Any]) -> tuple[str, str, str]:
    """A material that was found: title, formula and remark."""
    measured = "" if isna(found["target"]) else f"measured {page.signed(found['target'])}, "
    title = found["name"] or found["formula"]
    return title, found["formula"], f"{measured}likeness {found['fidelity']:.2f}"


def _found(table: DataFrame) -> DataFrame:
    """With the formula as its name where it has none."""
    return table.assign(name=table["name"].where(table["name"].ne(""), table["formula"]))


def _splits(records: materials.Materials) -> dict[str, str]:
    """What a model can be tested on."""
    table, splits = records.table, dict(SAID["splits"])
    if table["part"].eq("test").any() or table["fold"].notna().any():
        splits["given"] = "As the data say"
    return splits


def _task(demo: str, _records: materials.Materials) -> Any:
    """That of a demo, which knows the unit."""
    return materials.TASKS.get(demo, materials.TASKS["property"])


def _read(file: Path, **columns: Any) -> materials.Materials:
    return materials.load_materials(file, known=False, **columns)


def _draw(text: str, **size: Any) -> str:
    """A formula, or a label that begins with one."""
    return materials.composition_svg(text.partition(", ")[0], **size)


def _asked(*fields: str) -> dict[str, page.Control]:
    return {field: page.Control(None, *SAID["about"][field]) for field in fields}


def _train(label: str, name: str, data: page.Data, *about: str, settle: Any = None) -> page.Train:
    return page.Train(
        label=label,
        task=materials.TASKS[name],
        data=data,
        things=MATERIALS,
        about=_asked("target", "formula_column", "conditions", *about),
        settle=settle,
        controls={"split": page.Control(_splits, "Test it")},
    )


MATERIALS = page.Things(
    name="material",
    column="formula",
    label="Formulas",
    help=SAID["formula"],
    examples=SAID["examples"],
    suffix=".txt",
    formats=FORMATS,
    read=_read,
    config=materials.MaterialsConfig,
    about=_asked("formula_column", "conditions"),
    draw=_draw,
    likeness="fidelity",
    terms=SAID["terms"],
    picture="Composition",
    legible=True,
)
MEASURED = page.Data(SETS, f"Materials with measured values: {FORMATS}", SAID["wanted"])
CLASSES = page.Data(SAID["phases"], f"Materials with classes: {FORMATS}", SAID["classes"])
LIBRARY = page.Data(SETS, FORMATS, SAID["library"])
QUESTIONS: dict[str, page.Train | page.Ask] = {
    "predict": page.Ask(
        label="Predict",
        things=MATERIALS,
        ask=materials.predict_property,
        models=SHIPPED,
        options=_under,
    ),
    "screen": page.Ask(
        label="Screen",
        things=MATERIALS,
        ask=_screen,
        models=SHIPPED,
        options=_beyond,
        terms=("expected improvement", "fidelity"),
        caption=SAID["screened"],
    ),
    "similar": page.Ask(
        label="Find",
        things=MATERIALS,
        ask=materials.similar_materials,
        library=page.Library(LIBRARY, materials.demo_materials, materials.load_materials),
        terms=("fidelity", "quantum memory"),
        caption=SAID["likeness"],
        hit=_hit,
        view=_found,
    ),
    "train": _train("Train", "property", MEASURED, "unit", settle=_task),
    "classes": _train("Classify", "classify", CLASSES),
}
page.show(page.Page(name="materials", questions=QUESTIONS, tasks=materials.TASKS, **SAID["page"]))
