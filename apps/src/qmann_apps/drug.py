"""Drug discovery: properties of molecules, molecules alike, and drug-likeness."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pandas import DataFrame, isna

import qmann_drug as drug
from qmann_apps import _page as page

SAID = page.said(__file__)
SETS, FORMATS = SAID["sets"], SAID["formats"]
LIBRARY = page.Data(SAID["approved"] | SETS, FORMATS, SAID["library"])
_UNITS = ((1.0, "mol/L"), (1e-3, "mmol/L"), (1e-6, "µmol/L"), (1e-9, "nmol/L"), (1e-12, "pmol/L"))
_SERIES = "N#Cc1cc(S(=O)(=O)Nc2{0})ccc1Oc1ccc(Cl)cc1-c1{1}"
_ASPIRIN = "CC(=O)Oc1ccccc1C(=O)O aspirin"


def _amount(row: Mapping[Any, Any]) -> str:
    """The value as a concentration, where it is the logarithm of one."""
    sign = {"log10 mol/L": 1, "pActivity": -1}.get(row.get("unit", ""))
    if sign is None:
        return ""
    amount = 10 ** (sign * row["value"])
    scale, unit = next((each for each in _UNITS if amount >= each[0]), _UNITS[-1])
    mass = f" ({row['mg/mL']:.2g} mg/mL)" if "mg/mL" in row else ""
    return f"; the value is about {float(f'{amount / scale:.2g}'):g} {unit}{mass}"


def _hit(found: Mapping[Any, Any]) -> tuple[str, str, str]:
    """A molecule that was found: title, structure and remark."""
    measured = "" if isna(found["target"]) else f"measured {page.signed(found['target'])}, "
    title = page.label(found["name"], found["smiles"])
    return title, found["smiles"], f"{measured}Tanimoto {found['Tanimoto']:.2f}"


def _alerts(table: DataFrame) -> DataFrame:
    """Says so where a molecule holds no group that disturbs assays."""
    fine = table["error"].eq("") & table["PAINS"].eq("")
    return table.assign(PAINS=table["PAINS"].mask(fine, "none"))


def _splits(molecules: drug.Molecules) -> dict[str, str]:
    """What a model can be tested on."""
    table = molecules.table
    there = {"given": table["part"].eq("test").any(), "time": table["year"].notna().any()}
    return {kind: text for kind, text in SAID["splits"].items() if there.get(kind, True)}


def _task(demo: str, molecules: drug.Molecules) -> Any:
    """Classes or numbers, as the targets are."""
    classes = molecules.counted["target"].dropna().isin((0, 1)).all()
    return drug.TASKS[demo if demo in SETS else "activity" if classes else "property"]


def _read(file: Path, smiles_column: str | None = None) -> drug.Molecules:
    return drug.load_molecules(file, known=False, smiles_column=smiles_column)


MOLECULES = page.Things(
    name="molecule",
    column="smiles",
    label="SMILES",
    help=SAID["smiles"],
    examples={
        "solubility": f"{_ASPIRIN}\nCn1c(=O)c2c(ncn2C)n(C)c1=O caffeine\n"
        "CC(C)Cc1ccc(C(C)C(=O)O)cc1 ibuprofen",
        "affinity": f"{_SERIES.format('nccs2', 'cc[nH]n1')} pyrazole\n"
        f"{_SERIES.format('ncns2', 'ccncc1')} pyridine\n{_ASPIRIN}",
    },
    suffix=".smi",
    formats=FORMATS,
    read=_read,
    config=drug.DrugConfig,
    about={"smiles_column": page.Control()},
    draw=drug.molecule_svg,
    likeness="Tanimoto",
    terms=SAID["terms"],
    logarithms=("log10 mol/L", "pActivity"),
    remark=_amount,
)
TRAIN = page.Train(
    label="Train",
    task=drug.TASKS["property"],
    data=page.Data(SETS, f"Molecules with measured values: {FORMATS}", SAID["wanted"]),
    things=MOLECULES,
    about={"target": page.Control(), "unit": page.Control()},
    settle=_task,
    controls={"split": page.Control(_splits, "Test it", SAID["hardest"])},
)
PREDICT = page.Ask(label="Predict", things=MOLECULES, ask=drug.predict_property, models=SETS)
SIMILAR = page.Ask(
    label="Find",
    things=MOLECULES,
    ask=drug.similar,
    library=page.Library(LIBRARY, drug.demo_molecules, drug.load_molecules),
    terms=("Tanimoto", "likeness", "quantum memory"),
    caption="As a simulated quantum memory ranks them; an exact search by Tanimoto stands beside.",
    hit=_hit,
)
LIKENESS = page.Ask(
    label="Check",
    things=MOLECULES,
    ask=drug.drug_likeness,
    terms=("QED", "rule of five", "synthesis", "PAINS"),
    caption="Computed by RDKit from the structure alone; nothing is learned here.",
    view=_alerts,
)
QUESTIONS: dict[str, page.Train | page.Ask] = {
    "predict": PREDICT,
    "train": TRAIN,
    "similar": SIMILAR,
    "likeness": LIKENESS,
}
LEAD = "Predict a property of molecules, train on your own, find similar ones, or check them."

page.show(
    page.Page(name="drug", lead=LEAD, questions=QUESTIONS, tasks=drug.TASKS, names=SAID["names"])
)
